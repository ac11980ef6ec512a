"""A thief: what can be computed of a draw from what lies in one place and from all that is public."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from experts.draw import seed
from experts.draw.curve import vrf


def everything_in(folder: Path) -> bytes:
    """All that a thief finds there: keys, papers, pools."""
    return b"\0".join(f.read_bytes() for f in sorted(folder.rglob("*")) if f.is_file())


def proofs_in(found: bytes) -> Iterator[bytes]:
    """Every stretch that could be a proof or an output, as hex or as bytes of a key."""
    for text in set(re.findall(rb"[0-9a-f]{160}|[0-9a-f]{128}|[0-9a-f]{64}", found)):
        yield bytes.fromhex(text.decode())


def outputs(found: bytes, keys: Iterable[bytes], alpha: bytes) -> set[bytes]:
    """What a thief can use for one holder's output: each find itself, and what its keys prove."""
    finds = set(proofs_in(found))
    for proof in [part for part in finds if len(part) == vrf.PROOF_BYTES]:
        try:
            finds.add(vrf.proof_to_hash(proof))
        except vrf.VrfError:
            continue
    return finds | {vrf.proof_to_hash(vrf.prove(key, alpha)) for key in keys}


def computes(beta: bytes, k: int, found: bytes, keys: Iterable[bytes], wanted: bytes) -> bool:
    """Whether these finds and keys give the seed of round k, whose published hash is `wanted`.

    The hash of a seed is public, so a thief sees at once whether a guess is right.
    """
    alpha = seed.alpha(beta, k)
    own, finds = outputs(b"", keys, alpha), outputs(found, keys, alpha)
    return any(
        seed.seed_commitment(seed.seed(beta, k, *pair)) == wanted
        for mine in own
        for other in finds
        for pair in ((mine, other), (other, mine))
    )
