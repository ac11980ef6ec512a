"""The evidence in an archive: records opened or blind, proofs, gatherings, cosigned checkpoint."""

import base64
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from monitor.log.checkpoint import Policy


@dataclass(frozen=True, slots=True)
class Leaf:
    """One record of the project and its place in the log.

    hashes is the inclusion path to the checkpoint (RFC 6962 §2.1.1). salt and body are empty when
    the opening was erased or is not given. seq is None for an act that had no public number.
    """

    index: int
    record_id: str
    seq: int | None
    commitment: bytes
    hashes: tuple[bytes, ...]
    salt: bytes
    body: bytes
    public: bool

    def blind(self) -> "Leaf":
        """Return the same leaf without its opening."""
        return replace(self, salt=b"", body=b"")


@dataclass(frozen=True, slots=True)
class Evidence:
    """The leaves of one project, the cosigned checkpoint (C2SP signed note) and the keys.

    keys is a C2SP tlog-policy: lines `log VKEY`, `witness NAME VKEY`, `group NAME K NAME...`,
    `quorum NAME`.
    """

    leaves: tuple[Leaf, ...]
    checkpoint: bytes
    keys: str

    def custody(self) -> dict[str, bytes]:
        """Return the members for the full bag: every opening that still exists."""
        return _members(self, self.leaves)

    def public(self) -> dict[str, bytes]:
        """Return the members for the public bag: openings that the public may have."""
        return _members(self, [leaf if leaf.public else leaf.blind() for leaf in self.leaves])


def keys_of(policy: Policy) -> str:
    """Write a policy as the C2SP tlog-policy text that Evidence.keys wants."""
    names = [f"w{number}" for number in range(1, len(policy.witnesses) + 1)]
    pairs = zip(names, policy.witnesses, strict=True)
    lines = [f"log {policy.log}", *(f"witness {name} {vkey}" for name, vkey in pairs)]
    if policy.quorum:
        lines.append(" ".join(["group", "quorum-group", str(policy.quorum), *names]))
    lines.append("quorum quorum-group" if policy.quorum else "quorum none")
    return "\n".join(lines) + "\n"


def _members(evidence: Evidence, leaves: Sequence[Leaf]) -> dict[str, bytes]:
    ordered = sorted(leaves, key=lambda leaf: leaf.index)
    return {
        "records/openings.jsonl": _lines(map(_opening, ordered)),
        "records/gatherings.json": _json(_gatherings(ordered)),
        "log/proofs.jsonl": _lines(map(_proof, ordered)),
        "log/checkpoint": evidence.checkpoint,
        "log/vkeys.txt": evidence.keys.encode(),
    }


def _opening(leaf: Leaf) -> dict[str, object]:
    if not leaf.salt:
        return {"index": leaf.index, "commitment": leaf.commitment.hex()}
    body = base64.b64encode(leaf.body).decode()
    line: dict[str, object] = {"index": leaf.index, "salt": leaf.salt.hex(), "body": body}
    return line if leaf.seq is None else line | {"seq": leaf.seq}


def _proof(leaf: Leaf) -> dict[str, object]:
    return {"index": leaf.index, "hashes": [base64.b64encode(h).decode() for h in leaf.hashes]}


def _gatherings(leaves: Sequence[Leaf]) -> dict[str, list[int]]:
    """Say which leaves each gathering act bound: the secret ones before it, ids sort by time."""
    gathering = [leaf for leaf in leaves if leaf.body and "gathers" in json.loads(leaf.body)]
    return {
        str(act.index): [
            leaf.index for leaf in leaves if leaf.seq is None and leaf.record_id < act.record_id
        ]
        for act in gathering
    }


def _lines(rows: Iterable[dict[str, object]]) -> bytes:
    return b"".join(_json(row) + b"\n" for row in rows)


def _json(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
