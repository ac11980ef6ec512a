"""Uploads on their way: blocks in order, once each, never a private key, and nothing left behind."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitor.refusal import Invalid
from webui.deed.incoming import BLOCK, Gap, Incoming

NOW = datetime(2026, 5, 1, tzinfo=UTC)
SECRET_KEY = b"# bid: x\nAGE-SECRET-KEY-1QQQQ\n"
PEM = b"-----BEGIN PRIVATE KEY-----\nMC4CAQAw\n-----END PRIVATE KEY-----\n"


@pytest.fixture
def incoming(tmp_path: Path) -> Incoming:
    return Incoming(tmp_path / "incoming")


def test_blocks_make_the_object_again(incoming: Incoming) -> None:
    assert incoming.append("a", "letter.age", 0, b"one") == 3
    assert incoming.append("a", "letter.age", 3, b"two") == 6
    assert incoming.held("a") == {"letter.age": 6}
    with incoming.objects("a")["letter.age"]() as source:
        assert source.read() == b"onetwo"


def test_a_block_that_comes_twice_is_one(incoming: Incoming) -> None:
    for _ in range(2):
        assert incoming.append("a", "letter.age", 0, b"one") == 3
    with pytest.raises(Gap) as gap:
        incoming.append("a", "letter.age", 0, b"two")
    assert gap.value.held == 3


def test_a_block_out_of_place_is_told_where_to_go_on(incoming: Incoming) -> None:
    incoming.append("a", "letter.age", 0, b"one")
    for at in (1, 4, 10**12):
        with pytest.raises(Gap) as gap:
            incoming.append("a", "letter.age", at, b"x")
        assert gap.value.held == 3


@pytest.mark.parametrize("name", ["capsule.json", "letter.age"])
@pytest.mark.parametrize("data", [SECRET_KEY, PEM])
def test_a_private_key_is_never_kept(incoming: Incoming, name: str, data: bytes) -> None:
    with pytest.raises(Invalid, match="private key"):
        incoming.append("a", name, 0, data)
    assert not incoming.folder.exists()


@pytest.mark.parametrize(
    "name",
    ["manifest.json", "sealed-1.identity.txt", "att-1.age", "../letter.age", "letter.age\n", "a" * 999],
)  # fmt: skip
def test_only_files_of_a_sealed_bid_are_kept(incoming: Incoming, name: str) -> None:
    with pytest.raises(Invalid, match="no file of a sealed bid") as refusal:
        incoming.append("a", name, 0, b"x")
    assert len(refusal.value.message) < 200
    assert not incoming.folder.exists()


def test_what_nobody_goes_on_with_is_taken_away_after_a_day(incoming: Incoming) -> None:
    for upload, age in (("old", 25), ("new", 1)):
        incoming.append(upload, "letter.age", 0, b"x")
        then = (NOW - timedelta(hours=age)).timestamp()
        os.utime(incoming.folder / upload / "letter.age", (then, then))
    incoming.sweep(NOW)
    assert incoming.held("old") == {}
    assert incoming.held("new") == {"letter.age": 1}
    incoming.discard("new")
    incoming.discard("new")
    assert list(incoming.folder.iterdir()) == []


def test_an_upload_has_an_end(incoming: Incoming, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webui.deed.incoming.MOST", BLOCK + 1)
    incoming.append("a", "letter.age", 0, bytes(BLOCK))
    with pytest.raises(Invalid, match="at most"):
        incoming.append("a", "capsule.json", 0, b"xx")
