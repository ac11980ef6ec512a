"""Room on the disk: nobody promises what another was promised, and who began goes on."""

import errno
import hashlib
import io
import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from bidding.envelope.age.header import VERSION_LINE
from bidding.envelope.bid.manifest import Entry, Manifest
from bidding.envelope.bid.object import LONGEST_DOCUMENT, PART, Meter
from webui.deed.upload import room
from webui.deed.upload.incoming import Incoming
from webui.deed.upload.room import COPIES, RESERVE, Full, require_room

LETTER = VERSION_LINE + bytes(PART)
ONE = COPIES * (len(LETTER) + LONGEST_DOCUMENT)
"""What one promise may still need: the letter and a capsule, here and in the store."""


@pytest.fixture
def manifest() -> Manifest:
    meter = Meter()
    meter.write(LETTER)
    entries = (Entry("letter.age", meter.measured()),)
    return Manifest(
        "00" * 32, "tender", "lot", "bid", 1, entries, hashlib.sha256(b"{}").hexdigest(),
        "00" * 32, "00" * 32,
    )  # fmt: skip


@pytest.fixture
def incoming(tmp_path: Path) -> Incoming:
    return Incoming(tmp_path / "incoming")


def free(monkeypatch: pytest.MonkeyPatch, spare: int) -> None:
    """Let the disk have that much beside the reserve."""
    told = SimpleNamespace(free=RESERVE + spare)
    monkeypatch.setattr(room, "shutil", SimpleNamespace(disk_usage=lambda _: told))


def test_what_several_promise_is_added_up_and_who_was_let_in_goes_on(
    incoming: Incoming, manifest: Manifest, monkeypatch: pytest.MonkeyPatch
) -> None:
    free(monkeypatch, 2 * ONE)
    incoming.plan("a/1", manifest)
    incoming.plan("b/1", manifest)
    with pytest.raises(Full, match="no room for this upload just now"):
        incoming.plan("c/1", manifest)
    assert not (incoming.folder / "c").exists(), "who is refused leaves nothing"
    incoming.prepare("a/1", "letter.age", len(LETTER))
    half = len(LETTER) // 2
    assert incoming.take("a/1", "letter.age", 0, io.BytesIO(LETTER[:half])) == half
    free(monkeypatch, 2 * ONE - half)  # the disk holds it now: it is not counted twice
    incoming.plan("a/1", manifest)
    with pytest.raises(Full):
        incoming.plan("c/1", manifest)
    assert incoming.take("a/1", "letter.age", half, io.BytesIO(LETTER[half:])) == len(LETTER)
    with incoming.handed_in("b/1"):
        pass
    free(monkeypatch, 2 * ONE - len(LETTER))
    incoming.plan("c/1", manifest)


def test_the_reserve_stays_free(
    incoming: Incoming, manifest: Manifest, monkeypatch: pytest.MonkeyPatch
) -> None:
    free(monkeypatch, ONE - 1)
    with pytest.raises(Full):
        incoming.plan("a/1", manifest)
    free(monkeypatch, ONE)
    incoming.plan("a/1", manifest)


def test_a_bid_in_one_form_takes_no_room_that_was_promised(
    incoming: Incoming, manifest: Manifest, monkeypatch: pytest.MonkeyPatch
) -> None:
    free(monkeypatch, ONE + COPIES * 100)
    incoming.plan("a/1", manifest)
    require_room(incoming.folder, 100)
    with pytest.raises(Full):
        require_room(incoming.folder, 101)


def test_a_disk_that_others_filled_stops_an_upload_where_it_stands(
    incoming: Incoming, manifest: Manifest
) -> None:
    incoming.plan("a/1", manifest)
    incoming.prepare("a/1", "letter.age", len(LETTER))
    incoming.take("a/1", "letter.age", 0, io.BytesIO(LETTER[:100]))

    class Filling(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(Full):
        incoming.take("a/1", "letter.age", 100, Filling())
    assert incoming.held("a/1") == {"letter.age": 100}
    assert incoming.take("a/1", "letter.age", 100, io.BytesIO(LETTER[100:])) == len(LETTER)
