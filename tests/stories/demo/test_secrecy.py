"""What the demo's artefacts, words and logs may not hold, and what the full archive must."""

import base64
import json
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.stories.demo.run import Played
from webui.demo.cast import credit_code
from webui.demo.plan import fiction

NEVER_READ = {"late", "unsealed", "withdraws"}
OPENED = [rival for rival in fiction().rivals if rival.manner not in NEVER_READ]
UNREAD = [rival for rival in fiction().rivals if rival.manner in NEVER_READ]
SECRET = b"AGE-SECRET-KEY-1"


def members(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def records(files: dict[str, bytes]) -> list[dict[str, Any]]:
    """Every record that a bag opens."""
    lines = map(json.loads, files["data/records/openings.jsonl"].splitlines())
    return [json.loads(base64.b64decode(line["body"])) for line in lines if "body" in line]


def everything(files: dict[str, bytes]) -> bytes:
    """All that a reader of the bag can find: each file, each record decoded, each inner zip."""
    opened = json.dumps(records(files), ensure_ascii=False).encode()
    inner = [body for name, body in files.items() if name.endswith(".zip")]
    assert all(SECRET not in body for body in inner)
    return b"\n".join([*files.values(), opened])


@pytest.fixture(scope="module")
def archive(played: Played) -> dict[str, bytes]:
    return members(played.out / "archive.zip")


@pytest.fixture(scope="module")
def public(played: Played) -> dict[str, bytes]:
    return members(played.out / "public.zip")


def test_the_archive_keeps_a_key_for_every_bid_that_was_opened(archive: dict[str, bytes]) -> None:
    keys = [body for name, body in archive.items() if name.endswith("/identity.txt")]
    assert len(keys) == len(set(keys)) == len(OPENED) == 6
    assert all(key.startswith(SECRET) for key in keys)


def test_the_archive_keeps_the_sheets_of_every_expert(archive: dict[str, bytes]) -> None:
    sheets = [one for one in records(archive) if one["action"] == "evaluation.score"]
    assert list(Counter(one["actor"]["id"] for one in sheets).values()) == [6] * 5
    assert all(set(one["facts"]["points"]) == {"technical", "record"} for one in sheets)
    assert any(name.startswith("data/documents/evaluation/report-") for name in archive)


def test_the_public_bag_holds_no_key_and_nothing_of_what_it_withholds(
    archive: dict[str, bytes], public: dict[str, bytes]
) -> None:
    shown = everything(public)
    assert SECRET not in shown
    listed = json.loads(archive["data/manifest.json"])
    assert archive["data/manifest.json"] == public["data/manifest.json"]
    withheld = sum(not one["public"] for one in listed)
    assert withheld == sum(name.startswith("data/withheld/") for name in public) > 50
    for name in set(archive) - set(public):
        assert archive[name] not in shown, name
        assert archive[name][:64] not in shown, name
    assert not [name for name in public if name.startswith("data/bids/")]


def test_the_public_bag_holds_no_line_of_any_tenderers_files(
    played: Played, archive: dict[str, bytes], public: dict[str, bytes]
) -> None:
    shown = everything(public)
    plain = sorted((played.out / "platform" / "stand-ins" / "tenderers").glob("*/plain-*/*.txt"))
    assert len(plain) >= 2 * len(OPENED)
    for path in plain:
        for line in path.read_bytes().splitlines():
            assert line not in shown, path
    assert b"attachments" in everything(archive)
    assert b"attachments" not in shown


def test_no_sheet_and_no_score_of_one_expert_is_public(public: dict[str, bytes]) -> None:
    actions = {one["action"] for one in records(public)}
    assert "evaluation.report" in actions
    assert not actions & {"evaluation.score", "evaluation.sign", "panel.check_in"}
    shown = everything(public)
    for word in (b'"points"', b"quality_points", b"dissents_by"):
        assert word not in shown


def test_no_payer_and_no_account_is_public(
    archive: dict[str, bytes], public: dict[str, bytes]
) -> None:
    shown, kept = everything(public), everything(archive)
    numbers = {
        one["facts"]["number"] for one in records(archive) if one["action"] == "deposit.open"
    }
    assert len(numbers) == 8
    announced = next(one for one in records(public) if "last" in one["facts"])["facts"]
    for number in numbers - {announced["first"], announced["last"]}:  # the block's ends are public
        assert number.encode() in kept
        assert number.encode() not in shown
    for rival in fiction().rivals:
        assert f"1399{credit_code(rival.name)[-10:]}".encode() not in shown
    assert not [one for one in records(public) if "payer" in one["facts"]]
    assert not [name for name in public if name.endswith(".beancount")]


def test_a_tenderer_whose_bid_was_never_read_is_named_nowhere(
    archive: dict[str, bytes], public: dict[str, bytes]
) -> None:
    shown, kept = everything(public), everything(archive)
    for rival in OPENED:
        assert rival.name.encode() in shown  # the opening record names them: the grep can find
    for rival in UNREAD:
        for word in (rival.name, credit_code(rival.name)):
            assert word.encode() not in shown
            assert word.encode() not in kept


def secrets_of(played: Played) -> Iterator[str]:
    """Every password, key and identity of the platform and of the stand-ins."""
    stand_ins = played.out / "platform" / "stand-ins"
    kept = [*(played.data / "secrets").iterdir(), *stand_ins.rglob("*.key")]
    kept += [*stand_ins.rglob("identity.txt"), *stand_ins.rglob("signer.pem")]
    for path in kept:
        try:
            yield from map(str.strip, path.read_text("ascii").splitlines())
        except UnicodeDecodeError:
            yield path.read_bytes().hex()
            yield base64.b64encode(path.read_bytes()).decode()
    for name, body in members(played.out / "archive.zip").items():
        if name.endswith("/identity.txt"):
            yield body.decode().strip()


def test_no_secret_is_printed_logged_or_on_a_command_line(played: Played) -> None:
    found = {word for word in secrets_of(played) if len(word) >= 16 and "-----" not in word}
    assert len(found) > 20
    places = {
        path.name: path.read_text("utf-8", errors="replace") for path in played.data.glob("*.log")
    }
    assert "ready to accept connections" in places["postgres.log"]
    places |= {"stdout": played.printed, "stderr": played.errors}
    places["ps"] = "\n".join(played.commands)
    for place, text in places.items():
        assert [word[:6] for word in found if word in text] == [], place
        assert "AGE-SECRET-KEY" not in text, place


def test_the_command_lines_were_looked_at(played: Played) -> None:
    if not Path("/proc/self/stat").exists():
        pytest.skip("no /proc on this system")
    seen = "\n".join(played.commands)
    assert "webui.cli demo" in seen
    assert re.search(r"postgres .*-D ", seen)
    assert "valkey" in seen


def test_the_servers_logs_name_no_tenderer_and_no_price(played: Played) -> None:
    logs = "".join(path.read_text("utf-8") for path in played.data.glob("*.log"))
    words = {word for rival in fiction().rivals for word in (rival.name, credit_code(rival.name))}
    words |= {str(rival.price_fen) for rival in fiction().rivals}
    assert [word for word in words if word in logs] == []
