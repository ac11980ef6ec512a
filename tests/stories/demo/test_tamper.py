"""Every artefact of the demo with one byte changed: it fails, and the item is named."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest
from cryptography.x509 import load_pem_x509_certificates

from tests.stories.demo.run import Played
from tests.webui.outcome import member_at, offsets
from trading.archive.canonical_zip import canonical_zip, read_canonical
from webui.artefact.keys import read_keys
from webui.artefact.line import Line, State
from webui.artefact.recognition import check_path
from webui.artefact.trust import Trust

ZIPS = ["archive.zip", "public.zip", "draw.zip"]


@pytest.fixture(scope="module")
def trust(played: Played) -> Trust:
    """Keys and root certificate from elsewhere."""
    keys = read_keys((played.out / "log" / "keys.txt").read_text("utf-8"))
    return Trust(keys, tuple(load_pem_x509_certificates((played.out / "roots.pem").read_bytes())))


def failures(path: Path, trust: Trust) -> list[Line]:
    return [line for line in check_path(path, trust) if line.state is State.FAILED]


def named(found: list[Line]) -> str:
    return " ".join(f"{line.item} {line.text}" for line in found)


def bent(path: Path, count: int) -> Iterator[int]:
    """Change one byte of the file at `count` places in turn; at the end it is whole again."""
    whole = path.read_bytes()
    for offset, difference in offsets(path.name, len(whole), count):
        changed = bytearray(whole)
        changed[offset] ^= difference
        path.write_bytes(changed)
        yield offset
    path.write_bytes(whole)


@pytest.mark.parametrize("name", ZIPS)
def test_two_hundred_changed_bytes_of_a_zip_fail_and_name_the_member(
    played: Played, tmp_path: Path, trust: Trust, name: str
) -> None:
    path, whole = tmp_path / name, (played.out / name).read_bytes()
    shutil.copy(played.out / name, path)
    assert failures(path, trust) == []
    for offset in bent(path, 200):
        found = failures(path, trust)
        assert found, f"byte {offset} may be changed unseen"
        assert found[0].item.startswith(name)
        hit = member_at(whole, offset)
        assert hit == "zip directory" or hit in named(found), offset


def item_of(name: str, member: str) -> str:
    """How a failure names a member: a draw's by its step, a list of lists by what it lists."""
    if name != "draw.zip":
        return "manifest-sha" if member.startswith("tagmanifest") else member
    return {"rounds/00.json": "round 0", "rounds/01.json": "round 1"}.get(
        member, PurePosixPath(member).stem
    )


@pytest.mark.parametrize("name", ZIPS)
def test_a_changed_byte_in_a_zip_made_whole_again_fails_and_names_the_member(
    played: Played, tmp_path: Path, trust: Trust, name: str
) -> None:
    """The attacker writes a sound canonical zip: only what the members say can give it away."""
    path, members = tmp_path / name, read_canonical((played.out / name).read_bytes())
    for number, (member, body) in enumerate(members.items()):
        changed = bytearray(body)
        changed[len(body) * number // len(members)] ^= 1
        path.write_bytes(canonical_zip({**members, member: bytes(changed)}))
        told = named(failures(path, trust))
        assert told.startswith(name), member
        assert item_of(name, member) in told, member


def test_every_changed_byte_of_the_checkpoint_fails(copy: Path, trust: Trust) -> None:
    path = copy / "log" / "checkpoint"
    whole = path.read_bytes()
    for offset in range(len(whole)):
        path.write_bytes(whole[:offset] + bytes([whole[offset] ^ 1]) + whole[offset + 1 :])
        assert "log/checkpoint" in named(failures(copy / "log", trust)), offset


def test_a_changed_byte_of_any_tile_or_opening_fails_and_names_file_or_leaf(
    copy: Path, trust: Trust
) -> None:
    log = copy / "log"
    files = [path for path in (log / "tile").rglob("*") if path.is_file()]
    assert len(files) >= 7
    for path in files:
        name = path.relative_to(copy).as_posix()
        for offset in bent(path, 12):
            told = named(failures(log, trust))
            leaf = f"log/leaf {leaf_at(name, offset)} "
            assert name.removeprefix("log/") in told or leaf in told, (name, offset)
    for offset in bent(log / "openings.jsonl", 12):
        assert "log/leaf " in (told := named(failures(log, trust))) or "openings" in told, offset


def leaf_at(name: str, offset: int) -> int:
    """The leaf whose entry holds that byte of a bundle: two bytes of length and 32 of its own."""
    place, _, bundle = name.partition("/entries/")
    return 256 * int(bundle[:3]) + offset // 34 if place == "log/tile" else -1


def test_a_changed_byte_of_a_receipt_fails_and_names_it(copy: Path, trust: Trust) -> None:
    receipts = sorted((copy / "receipts").iterdir())
    assert len(receipts) == 10
    for path in receipts:
        for offset in bent(path, 12):
            assert path.name in named(failures(path, trust)), offset


def test_a_receipts_signature_spelt_otherwise_fails(copy: Path, trust: Trust) -> None:
    """Not one of its letters is bent by chance above: here each is written large in turn."""
    path = min((copy / "receipts").iterdir())
    whole = path.read_bytes()
    [signature] = re.finditer(rb"[0-9a-f]{128}", whole)
    letters = [o for o in range(*signature.span()) if whole[o : o + 1].isalpha()]
    assert len(letters) > 20
    for offset in letters:
        path.write_bytes(whole[:offset] + whole[offset : offset + 1].upper() + whole[offset + 1 :])
        assert path.name in named(failures(path, trust)), offset


@pytest.mark.parametrize("name", ["opening-record.json", "ledger.beancount"])
def test_a_changed_byte_of_a_loose_document_fails_and_names_it(
    copy: Path, trust: Trust, name: str
) -> None:
    assert failures(copy / name, trust) == []
    for offset in bent(copy / name, 40):
        assert named(failures(copy / name, trust)).startswith(name), offset


def test_a_changed_byte_of_what_the_notices_signature_covers_fails_and_names_it(
    copy: Path, trust: Trust
) -> None:
    path = copy / "award-notice.pdf"
    told = {o: named(failures(path, trust)) for o in bent(path, 40)}
    assert {words[: len(path.name)] for words in told.values()} == {path.name}


def test_a_changed_byte_of_any_bid_object_fails_and_names_it(copy: Path, trust: Trust) -> None:
    bid = copy / "bid"
    assert failures(bid, trust) == []
    for path in sorted(bid.iterdir()):
        for offset in bent(path, 8):
            told = named(failures(bid, trust))
            assert told.startswith("bid"), (path.name, offset)
            # the capsule belongs to the manifest, under whose name it may be told
            assert path.stem.replace("capsule", "manifest") in told, (path.name, offset)


def test_one_change_anywhere_fails_the_whole_folder(copy: Path, trust: Trust) -> None:
    path = copy / "receipts" / sorted(one.name for one in (copy / "receipts").iterdir())[3]
    assert failures(copy, trust) == []
    for _ in bent(path, 1):
        assert {line.item for line in failures(copy, trust)} == {path.name}
