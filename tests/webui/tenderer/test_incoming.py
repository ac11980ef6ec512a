"""Uploads on their way: pieces in order, held to the manifest, never a private key, nothing left."""

import hashlib
import io
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bidding.envelope.age.header import VERSION_LINE
from bidding.envelope.bid.manifest import Entry, Manifest
from bidding.envelope.bid.object import PART, Meter
from monitor.clock import SystemClock
from monitor.refusal import Conflict, Invalid, NotFound
from webui.deed.upload.aside import Taken
from webui.deed.upload.incoming import Gap, Incoming
from webui.deed.upload.piece import Changed, Checksum

NOW = datetime(2026, 5, 1, tzinfo=UTC)
SECRET_KEY = b"# bid: x\nAGE-SECRET-KEY-1QQQQ\n"
PEM = b"-----BEGIN PRIVATE KEY-----\nMC4CAQAw\n-----END PRIVATE KEY-----\n"
CAPSULE = b'{"a capsule": "of any kind"}'
LETTER = VERSION_LINE + bytes(100)
BIG = VERSION_LINE + bytes(range(256)) * (
    PART // 256
)  # a part, and as much of a second as the line


def a_manifest(letter: bytes = LETTER, attachment: bytes = BIG) -> Manifest:
    return Manifest(
        "00" * 32, "tender", "lot", "bid", 1,
        (an_entry("letter.age", letter), an_entry("att-001.age", attachment)),
        hashlib.sha256(CAPSULE).hexdigest(), "00" * 32, "00" * 32,
    )  # fmt: skip


def an_entry(name: str, data: bytes) -> Entry:
    meter = Meter()
    meter.write(data)
    return Entry(name, meter.measured())


@pytest.fixture
def incoming(tmp_path: Path) -> Incoming:
    made = Incoming(tmp_path / "incoming")
    made.plan("a/1", a_manifest())
    return made


def begin(incoming: Incoming, name: str = "letter.age", data: bytes = LETTER) -> None:
    assert incoming.prepare("a/1", name, len(data)) == 0


def take(incoming: Incoming, at: int, data: bytes, name: str = "letter.age") -> int:
    return incoming.take("a/1", name, at, io.BytesIO(data))


def hand_in(incoming: Incoming, upload: str = "a/1") -> None:
    with incoming.handed_in(upload):
        pass


def test_pieces_make_the_object_again(incoming: Incoming) -> None:
    begin(incoming)
    assert take(incoming, 0, LETTER[:5]) == 5
    assert take(incoming, 5, LETTER[5:]) == len(LETTER)
    assert incoming.standing("a/1", "letter.age") == (len(LETTER), len(LETTER))
    assert incoming.held("a/1") == {"letter.age": len(LETTER)}
    with incoming.handed_in("a/1") as objects, objects["letter.age"]() as source:
        assert source.read() == LETTER
    assert incoming.held("a/1") == {}


def test_what_is_begun_twice_is_gone_on_with(incoming: Incoming) -> None:
    begin(incoming)
    take(incoming, 0, LETTER[:50])
    assert incoming.prepare("a/1", "letter.age", len(LETTER)) == 50


def test_what_a_new_manifest_does_not_name_is_gone(incoming: Incoming, tmp_path: Path) -> None:
    begin(incoming)
    take(incoming, 0, LETTER)
    begin(incoming, "att-001.age", BIG)
    take(incoming, 0, BIG[:50], "att-001.age")
    other = Manifest(
        "00" * 32, "tender", "lot", "bid", 2, (an_entry("letter.age", LETTER),),
        hashlib.sha256(CAPSULE).hexdigest(), "00" * 32, "00" * 32,
    )  # fmt: skip
    incoming.plan("a/1", other)
    assert incoming.held("a/1") == {"letter.age": len(LETTER)}
    held = [path.name for path in (tmp_path / "incoming").rglob("*") if path.is_file()]
    assert not [name for name in held if name.startswith("att-")]


def test_a_piece_out_of_place_is_told_where_to_go_on(incoming: Incoming) -> None:
    begin(incoming)
    take(incoming, 0, LETTER[:3])
    for at in (0, 1, 4, 10**12):
        with pytest.raises(Gap) as gap:
            take(incoming, at, b"x")
        assert gap.value.held == 3


def test_a_part_that_is_not_the_manifests_is_dropped_and_no_other(incoming: Incoming) -> None:
    begin(incoming, "att-001.age", BIG)
    with pytest.raises(Changed) as changed:
        take(incoming, 0, BIG[: PART - 1] + b"!", "att-001.age")
    assert changed.value.held == 0
    assert take(incoming, 0, BIG[: PART + 5], "att-001.age") == PART + 5
    with pytest.raises(Changed) as changed:
        take(incoming, PART + 5, BIG[PART + 5 : -1] + b"!", "att-001.age")
    assert changed.value.held == PART
    assert take(incoming, PART, BIG[PART:], "att-001.age") == len(BIG)


def test_a_piece_with_a_wrong_checksum_is_dropped(incoming: Incoming) -> None:
    begin(incoming)
    take(incoming, 0, LETTER[:10])
    wrong = Checksum(hashlib.sha256(), b"x" * 32)
    with pytest.raises(Changed) as changed:
        incoming.take("a/1", "letter.age", 10, io.BytesIO(LETTER[10:20]), wrong)
    assert changed.value.held == incoming.held("a/1")["letter.age"] == 10
    right = Checksum(hashlib.sha256(), hashlib.sha256(LETTER[10:20]).digest())
    assert incoming.take("a/1", "letter.age", 10, io.BytesIO(LETTER[10:20]), right) == 20


def test_two_cannot_write_to_one_object_at_once(incoming: Incoming) -> None:
    begin(incoming)

    class Slow(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            with pytest.raises(Taken):
                take(incoming, 0, LETTER)
            return super().read(size)

    assert incoming.take("a/1", "letter.age", 0, Slow(LETTER)) == len(LETTER)


def test_nothing_comes_or_changes_while_it_is_handed_in(incoming: Incoming) -> None:
    begin(incoming)
    take(incoming, 0, LETTER[:5])
    with incoming.handed_in("a/1") as objects:
        with pytest.raises(NotFound):
            take(incoming, 5, LETTER[5:])
        with pytest.raises(NotFound):
            incoming.drop("a/1", "letter.age")
        with pytest.raises(Conflict):
            begin(incoming)
        with pytest.raises(Taken):
            incoming.plan("a/1", a_manifest())
        with pytest.raises(Taken):
            hand_in(incoming)
        with objects["letter.age"]() as source:
            assert source.read() == LETTER[:5]


def test_what_is_being_written_is_not_handed_in(incoming: Incoming) -> None:
    begin(incoming)

    class Slow(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            with pytest.raises(Taken):
                hand_in(incoming)
            return super().read(size)

    assert incoming.take("a/1", "letter.age", 0, Slow(LETTER)) == len(LETTER)
    hand_in(incoming)


def test_what_could_not_be_handed_in_lies_where_it_lay(incoming: Incoming) -> None:
    begin(incoming)
    take(incoming, 0, LETTER[:5])
    with pytest.raises(ZeroDivisionError), incoming.handed_in("a/1"):
        raise ZeroDivisionError
    assert take(incoming, 5, LETTER[5:]) == len(LETTER)


HAND_IN_AND_DIE = """
import os, pathlib, sys
from webui.deed.upload.incoming import Incoming
with Incoming(pathlib.Path(sys.argv[1])).handed_in("a/1"):
    os.kill(os.getpid(), 9)
"""


@pytest.mark.parametrize("again", ["planned", "handed in"])
def test_what_somebody_died_with_is_not_sent_again(incoming: Incoming, again: str) -> None:
    begin(incoming)
    take(incoming, 0, LETTER)
    died = subprocess.run([sys.executable, "-c", HAND_IN_AND_DIE, incoming.folder], check=False)
    assert died.returncode == -signal.SIGKILL
    assert incoming.held("a/1") == {}
    if again == "planned":
        incoming.plan("a/1", a_manifest())
        assert incoming.held("a/1") == {"letter.age": len(LETTER)}
    with incoming.handed_in("a/1") as objects:
        assert set(objects) == {"letter.age"}


@pytest.mark.parametrize("data", [SECRET_KEY, PEM])
def test_a_private_key_is_never_kept(incoming: Incoming, data: bytes) -> None:
    begin(incoming, "capsule.json", data)
    with pytest.raises(Invalid, match="private key"):
        take(incoming, 0, data, "capsule.json")
    begin(incoming)
    with pytest.raises(Invalid, match="not sealed"):
        take(incoming, 0, b"%PDF-1.7 a plain file")
    assert incoming.held("a/1") == {"capsule.json": 0, "letter.age": 0}


def test_a_key_across_two_pieces_is_found_too(incoming: Incoming) -> None:
    begin(incoming, "capsule.json", CAPSULE)

    class Drops(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            return super().read(3)

    with pytest.raises(Invalid, match="private key"):
        incoming.take("a/1", "capsule.json", 0, Drops(b"..AGE-SECRET-KEY-1X"))
    assert incoming.held("a/1") == {"capsule.json": 0}


@pytest.mark.parametrize(
    "name",
    ["manifest.json", "sealed-1.identity.txt", "att-1.age", "../letter.age", "letter.age\n", "a" * 999],
)  # fmt: skip
def test_only_files_of_a_sealed_bid_are_begun(incoming: Incoming, name: str) -> None:
    with pytest.raises(Invalid, match="no file of a sealed bid") as refusal:
        incoming.prepare("a/1", name, 1)
    assert len(refusal.value.message) < 200
    assert incoming.held("a/1") == {}


def test_nothing_comes_before_its_manifest_nor_beside_it(incoming: Incoming) -> None:
    with pytest.raises(Conflict, match="manifest first"):
        incoming.prepare("a/2", "letter.age", 1)
    with pytest.raises(Invalid, match="not in the manifest"):
        incoming.prepare("a/1", "att-002.age", 1)
    for name, length in (("letter.age", 1), ("capsule.json", 0), ("capsule.json", 5 << 20)):
        with pytest.raises(Invalid, match="not the manifest's length"):
            incoming.prepare("a/1", name, length)
    with pytest.raises(NotFound):
        take(incoming, 0, LETTER)
    begin(incoming)
    with pytest.raises(Invalid, match="more than was promised"):
        take(incoming, 0, LETTER + b"x")
    assert incoming.held("a/1") == {"letter.age": 0}
    incoming.drop("a/1", "letter.age")
    with pytest.raises(NotFound):
        incoming.drop("a/1", "letter.age")


def test_what_nobody_goes_on_with_is_taken_away_after_a_day(incoming: Incoming) -> None:
    for upload, age in (("old/1", 25), ("new/1", 1)):
        incoming.plan(upload, a_manifest())
        incoming.prepare(upload, "letter.age", len(LETTER))
        incoming.take(upload, "letter.age", 0, io.BytesIO(LETTER[:1]))
        then = (NOW - timedelta(hours=age)).timestamp()
        folder = incoming.folder / upload
        for path in (*folder.iterdir(), folder):
            os.utime(path, (then, then))
    hand_in(incoming, "a/1")
    incoming.sweep(NOW)
    assert incoming.held("old/1") == {}
    assert incoming.held("new/1") == {"letter.age": 1}
    hand_in(incoming, "new/1")
    hand_in(incoming, "new/1")
    assert list(incoming.folder.iterdir()) == []


def test_what_goes_while_it_is_swept_is_passed_over(
    incoming: Incoming, monkeypatch: pytest.MonkeyPatch
) -> None:
    walked = list(os.walk(incoming.folder))
    hand_in(incoming, "a/1")  # handed in by another, between the listing and the look
    monkeypatch.setattr("webui.deed.upload.incoming.os.walk", lambda _: iter(walked))
    incoming.sweep(NOW)
    (incoming.folder / "b" / "1").mkdir(parents=True)  # begun at this moment: nothing in it yet
    monkeypatch.undo()
    incoming.sweep(SystemClock().now())
    assert (incoming.folder / "b" / "1").is_dir()


@pytest.mark.parametrize("name", ["plan", "letter.told", "..", "letter.age\0", "x" * 300])
def test_what_lies_beside_the_objects_is_out_of_reach(incoming: Incoming, name: str) -> None:
    begin(incoming)
    for attempt in (
        lambda: incoming.standing("a/1", name),
        lambda: incoming.drop("a/1", name),
        lambda: take(incoming, 0, b"{", name),
    ):
        with pytest.raises(NotFound):
            attempt()
    assert take(incoming, 0, LETTER) == len(LETTER)


def test_a_tenderer_has_a_quota_over_all_that_is_on_its_way(
    incoming: Incoming, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webui.deed.upload.incoming.MOST", 2 * len(BIG))
    incoming.plan("a/1", a_manifest())  # the same again is no second one
    with pytest.raises(Invalid, match="at most"):
        incoming.plan("a/2", a_manifest())
    incoming.plan("b/2", a_manifest())
