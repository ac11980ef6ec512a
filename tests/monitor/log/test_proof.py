"""The offline proof of a leaf: written, read, verified, altered."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.log.checkpoint import Checkpoint, NotWitnessed, Policy, cosign, sign_checkpoint
from monitor.log.note import Kind, MalformedNote, NoteError, SigningKey, add_signatures
from monitor.log.proof import LogProof
from monitor.log.tree import BadProof, BadTree, leaf_hash, memory_reader, root

NOW = datetime(2026, 3, 1, tzinfo=UTC)
LOG = SigningKey("centre.example/log/2026", Kind.ED25519, b"l" * 32)
WITNESSES = [SigningKey(f"w{n}.example", Kind.COSIGNATURE, bytes([n]) * 32) for n in (1, 2, 3)]
POLICY = Policy(LOG.verifier, tuple(key.verifier for key in WITNESSES), 2)
ENTRIES = [number.to_bytes(32) for number in range(77)]
HASHES = [leaf_hash(entry) for entry in ENTRIES]
HEAD = Checkpoint(LOG.name, 77, root(HASHES))
COSIGNED = add_signatures(
    sign_checkpoint(HEAD, LOG), [cosign(HEAD, key, NOW) for key in WITNESSES[:2]]
)


def _proof(index: int, extra: bytes | None = None) -> LogProof:
    return LogProof.build(memory_reader(HASHES), index, 77, COSIGNED, extra)


@pytest.mark.parametrize("index", [0, 1, 63, 64, 76])
def test_a_proof_read_from_its_text_verifies_offline(index: int) -> None:
    proof = LogProof.parse(_proof(index).encode())
    assert proof == _proof(index)
    signed = proof.verify(ENTRIES[index], POLICY)
    assert signed.checkpoint == HEAD
    assert len(signed.cosignatures) == 2


def test_the_text_is_that_of_the_specification() -> None:
    lines = _proof(64, b"context").encode().split("\n")
    assert lines[:3] == ["c2sp.org/tlog-proof@v1", "extra Y29udGV4dA==", "index 64"]
    assert lines[lines.index("") + 1] == LOG.name


def test_a_tree_of_one_leaf_has_a_proof_without_path() -> None:
    note = sign_checkpoint(Checkpoint(LOG.name, 1, HASHES[0]), LOG)
    proof = LogProof.build(memory_reader(HASHES[:1]), 0, 1, note)
    LogProof.parse(proof.encode()).verify(ENTRIES[0], Policy(LOG.verifier))


def test_a_proof_of_another_entry_or_place_fails() -> None:
    proof = _proof(5)
    with pytest.raises(BadProof):
        proof.verify(ENTRIES[6], POLICY)
    with pytest.raises(BadProof):
        LogProof(6, proof.path, proof.checkpoint).verify(ENTRIES[5], POLICY)
    with pytest.raises(BadTree):
        LogProof(77, proof.path, proof.checkpoint).verify(ENTRIES[5], POLICY)


def test_a_proof_with_too_few_witnesses_fails() -> None:
    alone = LogProof(5, _proof(5).path, sign_checkpoint(HEAD, LOG))
    with pytest.raises(NotWitnessed):
        alone.verify(ENTRIES[5], POLICY)


WHOLE = _proof(5).encode().encode()


@given(st.integers(0, len(WHOLE) * 8 - 1))
@settings(max_examples=300, deadline=None)
def test_no_flipped_bit_of_a_proof_is_accepted(bit: int) -> None:
    altered = bytearray(WHOLE)
    altered[bit // 8] ^= 1 << (bit % 8)
    with pytest.raises((NoteError, BadProof, BadTree, UnicodeDecodeError)):
        LogProof.parse(bytes(altered).decode()).verify(ENTRIES[5], POLICY)


LINES = WHOLE.decode().split("\n")


@pytest.mark.parametrize("place", range(2, LINES.index("")))
def test_dropping_doubling_or_swapping_a_path_line_fails(place: int) -> None:
    dropped = LINES[:place] + LINES[place + 1 :]
    doubled = [*LINES[:place], LINES[place], *LINES[place:]]
    swapped = [*LINES[: place - 1], LINES[place], LINES[place - 1], *LINES[place + 1 :]]
    for lines in (dropped, doubled, swapped):
        with pytest.raises((NoteError, BadProof)):
            LogProof.parse("\n".join(lines)).verify(ENTRIES[5], POLICY)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "c2sp.org/tlog-proof@v1\n",
        "c2sp.org/tlog-proof@v1\n\n",
        "c2sp.org/tlog-proof@v2\nindex 0\n\n",
        "c2sp.org/tlog-proof@v1\nindex 00\n\n",
        "c2sp.org/tlog-proof@v1\nindex -1\n\n",
        "c2sp.org/tlog-proof@v1\nindex 0\nAAAA\n\n",
        "c2sp.org/tlog-proof@v1\nindex 0\nextra AAAA\n\n",
        "c2sp.org/tlog-proof@v1\nextra %\nindex 0\n\n",
        "c2sp.org/tlog-proof@v1\nindex 0"
        + "\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" * 64
        + "\n\n",
    ],
)
def test_malformed_proofs_are_refused(text: str) -> None:
    with pytest.raises(MalformedNote):
        LogProof.parse(text)
