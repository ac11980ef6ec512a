"""A witness cosigns only what extends what it saw; every attack on that is tried here."""

import base64
import shutil
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from threading import Barrier

import pytest

from monitor.log.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from monitor.log.note import (
    Kind,
    MalformedKey,
    Signature,
    SigningKey,
    add_signatures,
    sign,
    split_note,
)
from monitor.log.tree import EMPTY_ROOT, consistency_proof, root
from monitor.log.witness.witness import (
    AddCheckpoint,
    BadRequest,
    DamagedMemory,
    Inconsistent,
    Stale,
    UnknownOrigin,
    Untrusted,
    Witness,
    WitnessRefusal,
)
from tests.monitor.log.forked import FORKED, HASHES, KEY, LOG, POLICY, head

NOW = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
OTHER = SigningKey("other.example/log", Kind.ED25519, b"o" * 32)


def _proof(old: int, new: int, hashes: list[bytes] = HASHES) -> list[bytes]:
    return consistency_proof(hashes, old, new)


@pytest.fixture
def witness(tmp_path: Path) -> Witness:
    return Witness.create(tmp_path / "w1", KEY, [LOG.verifier, OTHER.verifier])


@pytest.fixture
def seen(witness: Witness) -> Witness:
    """A witness that has cosigned the tree of ten."""
    witness.add_checkpoint(0, [], head(10), NOW)
    return witness


def _cosigned(note: str, line: str) -> str:
    return add_signatures(note, [Signature.parse(line)])


def test_a_first_and_a_growing_checkpoint_are_cosigned(witness: Witness) -> None:
    first = witness.add_checkpoint(0, [], head(10), NOW)
    assert open_checkpoint(_cosigned(head(10), first), POLICY).cosignatures[0].time == NOW
    later = NOW + timedelta(seconds=10)
    second = witness.add_checkpoint(10, _proof(10, 25), head(25), later)
    signed = open_checkpoint(_cosigned(head(25), second), POLICY)
    assert (signed.checkpoint.size, signed.cosignatures[0].time) == (25, later)


def test_the_same_size_again_is_cosigned_anew(seen: Witness) -> None:
    line = seen.add_checkpoint(10, [], head(10), NOW + timedelta(hours=1))
    assert line != ""
    assert open_checkpoint(_cosigned(head(10), line), POLICY).checkpoint.size == 10


def test_what_it_remembers_is_served_with_both_signatures_and_survives_a_restart(
    seen: Witness, tmp_path: Path
) -> None:
    folder = tmp_path / "w1"
    again = Witness(folder, KEY, [LOG.verifier, OTHER.verifier])
    note = again.latest(LOG.name)
    assert note is not None
    assert open_checkpoint(note, POLICY).checkpoint.size == 10
    served = folder / sha256(LOG.name.encode()).hexdigest() / "checkpoint"
    assert served.read_text() == note
    assert again.latest(OTHER.name) is None
    with pytest.raises(Stale):
        again.add_checkpoint(0, [], head(12), NOW)


def test_foreign_signature_lines_are_not_kept(witness: Witness) -> None:
    stranger = SigningKey("stranger.example", Kind.ED25519, b"s" * 32)
    body, _ = split_note(head(10))
    witness.add_checkpoint(0, [], sign(body, stranger, LOG), NOW)
    assert "stranger" not in (witness.latest(LOG.name) or "")


def test_an_unknown_origin_is_404(seen: Witness) -> None:
    stranger = SigningKey("stranger.example", Kind.ED25519, b"s" * 32)
    note = sign_checkpoint(Checkpoint(stranger.name, 10, root(HASHES[:10])), stranger)
    with pytest.raises(UnknownOrigin) as caught:
        seen.add_checkpoint(0, [], note, NOW)
    assert caught.value.status == 404
    with pytest.raises(UnknownOrigin):
        seen.latest(stranger.name)


def test_a_missing_or_failing_or_borrowed_signature_is_403(seen: Witness) -> None:
    body, signatures = split_note(head(25))
    broken = Signature(LOG.name, LOG.verifier.key_id, bytes(64))
    impostor = SigningKey(LOG.name, Kind.ED25519, b"x" * 32)
    for note in [
        sign(body, OTHER),
        sign(body, impostor),
        f"{body}\n{broken.line()}",
        f"{body}\n{signatures[0].line()}{broken.line()}",
        head(25).replace("\n25\n", "\n26\n"),
    ]:
        with pytest.raises(Untrusted) as caught:
            seen.add_checkpoint(10, _proof(10, 25), note, NOW)
        assert caught.value.status == 403


def test_an_old_size_above_the_checkpoint_is_400(seen: Witness) -> None:
    with pytest.raises(BadRequest) as caught:
        seen.add_checkpoint(10, [], head(9), NOW)
    assert caught.value.status == 400


def test_a_wrong_old_size_is_409_and_tells_the_right_one(seen: Witness) -> None:
    for old in (0, 9, 11):
        with pytest.raises(Stale) as caught:
            seen.add_checkpoint(old, [], head(25), NOW)
        assert (caught.value.status, caught.value.size, caught.value.body) == (409, 10, "10\n")
        assert caught.value.content_type == "text/x.tlog.size"


def test_a_rollback_is_refused(seen: Witness) -> None:
    for old, proof in [(0, []), (5, []), (5, _proof(5, 5))]:
        with pytest.raises(Stale):
            seen.add_checkpoint(old, proof, head(5), NOW)


@pytest.mark.parametrize(
    ("size", "proof"),
    [
        (10, []),
        (25, _proof(10, 25, FORKED)),
        (25, _proof(10, 25)),
        (25, []),
    ],
)
def test_a_fork_is_422(seen: Witness, size: int, proof: list[bytes]) -> None:
    with pytest.raises(Inconsistent) as caught:
        seen.add_checkpoint(10, proof, head(size, FORKED), NOW)
    assert caught.value.status == 422
    assert "\n10\n" in (seen.latest(LOG.name) or "")


def test_a_bad_proof_of_an_honest_tree_is_422(seen: Witness) -> None:
    good = _proof(10, 25)
    for proof in [[], good[:-1], [*good, bytes(32)], good[::-1], [b"short"], _proof(9, 25)]:
        with pytest.raises(Inconsistent):
            seen.add_checkpoint(10, proof, head(25), NOW)
    with pytest.raises(Inconsistent):
        seen.add_checkpoint(10, [bytes(32)], head(10), NOW)


def test_the_rules_of_size_zero(witness: Witness) -> None:
    empty = sign_checkpoint(Checkpoint(LOG.name, 0, EMPTY_ROOT), LOG)
    lying = sign_checkpoint(Checkpoint(LOG.name, 0, HASHES[0]), LOG)
    with pytest.raises(Inconsistent, match="empty tree"):
        witness.add_checkpoint(0, [], lying, NOW)
    with pytest.raises(Inconsistent, match="must be empty"):
        witness.add_checkpoint(0, [bytes(32)], head(10), NOW)
    witness.add_checkpoint(0, [], empty, NOW)
    with pytest.raises(Inconsistent, match="must be empty"):
        witness.add_checkpoint(0, [bytes(32)], empty, NOW)
    witness.add_checkpoint(0, [], head(10), NOW)
    with pytest.raises(Stale):
        witness.add_checkpoint(0, [], empty, NOW)


def test_of_many_racing_requests_one_wins_and_the_tree_never_shrinks(
    seen: Witness, tmp_path: Path
) -> None:
    requests = [AddCheckpoint(10, tuple(_proof(10, size)), head(size)) for size in range(20, 52)]
    twin = Witness(tmp_path / "w1", KEY, [LOG.verifier])  # a second process on the same folder
    start = Barrier(8)

    def ask(share: int) -> list[str]:
        won = []
        start.wait()
        for request in requests[share::8]:
            with suppress(Stale):
                won.append((seen, twin)[share % 2].handle(request.encode().encode(), NOW))
        return won

    with ThreadPoolExecutor(8) as pool:
        won = [line for lines in pool.map(ask, range(8)) for line in lines]
    assert len(won) == 1
    assert won[0] in (seen.latest(LOG.name) or "")


def test_it_remembers_before_it_replies(seen: Witness, tmp_path: Path) -> None:
    folder = tmp_path / "w1" / sha256(LOG.name.encode()).hexdigest()
    shutil.rmtree(folder)
    folder.write_text("a file where the folder should be")
    with pytest.raises(FileExistsError):
        seen.add_checkpoint(0, [], head(25), NOW)


def test_an_altered_memory_stops_the_witness(seen: Witness, tmp_path: Path) -> None:
    path = tmp_path / "w1" / sha256(LOG.name.encode()).hexdigest() / "checkpoint"
    rolled_back = path.read_text().replace("\n10\n", "\n5\n")
    for altered in [rolled_back, head(5), "", head(10)]:
        path.write_text(altered)
        with pytest.raises(DamagedMemory) as caught:
            seen.add_checkpoint(5, _proof(5, 25), head(25), NOW)
        assert caught.value.status == 500


def test_a_lost_folder_is_not_taken_for_a_new_witness(tmp_path: Path) -> None:
    with pytest.raises(DamagedMemory):
        Witness(tmp_path / "not-mounted", KEY, [LOG.verifier])
    Witness.create(tmp_path / "w1", KEY, [LOG.verifier])
    stranger = SigningKey("w2.example", Kind.COSIGNATURE, b"2" * 32)
    with pytest.raises(DamagedMemory):
        Witness(tmp_path / "w1", stranger, [LOG.verifier])
    with pytest.raises(DamagedMemory, match="in use"):
        Witness.create(tmp_path / "w1", KEY, [LOG.verifier])


def test_a_witness_needs_a_witness_key(tmp_path: Path) -> None:
    with pytest.raises(MalformedKey):
        Witness.create(tmp_path / "w", OTHER, [LOG.verifier])


def test_a_request_body_is_read_back_and_answered(seen: Witness) -> None:
    request = AddCheckpoint(10, tuple(_proof(10, 25)), head(25))
    assert AddCheckpoint.parse(request.encode().encode()) == request
    line = seen.handle(request.encode().encode(), NOW)
    assert line.startswith("— w1.example ")
    assert line.endswith("\n")
    open_checkpoint(_cosigned(head(25), line), POLICY)


HASH = base64.b64encode(bytes(32)).decode()


@pytest.mark.parametrize(
    "first",
    [
        "",
        "old",
        "old ",
        "old 010",
        "old -1",
        "new 10",
        "old 10\nAAAA",
        "old 10\n" + "\n".join([HASH] * 64),
        "old 10\n" + HASH[:-1],
    ],
)
def test_malformed_requests_are_400(seen: Witness, first: str) -> None:
    for body in [f"{first}\n\n{head(10)}".encode(), first.encode(), b"\xff"]:
        with pytest.raises(WitnessRefusal) as caught:
            seen.handle(body, NOW)
        assert caught.value.status == 400


def test_an_unreadable_or_extended_checkpoint_is_400(seen: Witness) -> None:
    body, _ = split_note(head(25))
    for note in ["", "text", sign(body + "extension\n", LOG)]:
        with pytest.raises(BadRequest):
            seen.add_checkpoint(10, _proof(10, 25), note, NOW)
