"""A log of 64 leaves with its witness, and the same log with another leaf at place 7."""

from monitor.log.checkpoint import Checkpoint, Policy, sign_checkpoint
from monitor.log.note import Kind, SigningKey
from monitor.log.tree import leaf_hash, root

LOG = SigningKey("centre.example/log/2026", Kind.ED25519, b"l" * 32)
KEY = SigningKey("w1.example", Kind.COSIGNATURE, b"w" * 32)
HASHES = [leaf_hash(b"%d" % number) for number in range(64)]
FORKED = [*HASHES[:7], leaf_hash(b"forged"), *HASHES[8:]]
POLICY = Policy(LOG.verifier, (KEY.verifier,), 1)


def head(size: int, hashes: list[bytes] = HASHES) -> str:
    """A checkpoint of the first leaves, signed by the log."""
    return sign_checkpoint(Checkpoint(LOG.name, size, root(hashes[:size])), LOG)
