"""The verify page: what is true passes, one changed byte fails, and nothing is uploaded."""

import gzip
import json
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from monitor.log.checkpoint import Checkpoint, sign_checkpoint
from monitor.log.tile import TileStore
from monitor.log.tree import root_from
from monitor.record.disclosure import VISITOR, openings
from monitor.runtime.settings import Settings
from tests.browser.conftest import Addresses, Opened
from tests.served import Served
from webui.cli.export import write_log
from webui.house import House, log_folder, log_key
from webui.page.answer.asset import assets


@pytest.fixture
def dropped(
    open_page: Opened, addresses: Addresses
) -> Callable[[str, bytes], tuple[Page, list[str]]]:
    """Give a file to the page; return the page and the states of its lines."""

    def drop(name: str, data: bytes) -> tuple[Page, list[str]]:
        page = open_page(addresses.of("verify"))
        page.wait_for_selector("[data-drop]:not([hidden])")
        sent: list[str] = []
        page.on("request", lambda request: sent.append(request.method))
        page.set_input_files("#file", {"name": name, "mimeType": "text/plain", "buffer": data})
        page.wait_for_selector(".results article li")
        page.wait_for_timeout(300)
        assert "POST" not in sent
        return page, page.locator(".results li b").all_inner_texts()

    return drop


Dropped = Callable[[str, bytes], tuple[Page, list[str]]]


def get(page_url: str) -> bytes:
    with urllib.request.urlopen(page_url) as answer:  # noqa: S310 - our own address
        data: bytes = answer.read()
        return data


def bent(data: bytes, at: bytes) -> bytes:
    """Change the byte after the first place of `at` to another of the same kind."""
    place = data.index(at) + len(at)
    return data[:place] + (b"1" if data[place : place + 1] != b"1" else b"2") + data[place + 1 :]


def test_the_checkpoint_passes_and_a_changed_one_fails(
    dropped: Dropped, addresses: Addresses
) -> None:
    note = get(f"{addresses.url}/log/checkpoint")
    assert dropped("checkpoint", note)[1] == ["通过", "通过"]
    lines = note.split(b"\n")
    lines[1] = str(int(lines[1]) + 1).encode()
    assert dropped("checkpoint", b"\n".join(lines))[1] == ["未通过", "未通过"]


def test_a_record_and_its_proof_pass_and_a_changed_body_fails(
    dropped: Dropped, addresses: Addresses
) -> None:
    record = get(f"{addresses.url}/api/v1/records/{addresses.record}")
    assert dropped("record.json", record)[1] == ["通过"] * 3
    assert dropped("record.json", bent(record, b'"salt":"'))[1] == ["通过", "通过", "未通过"]
    proof = get(f"{addresses.url}/record/{addresses.record}.tlog-proof")
    assert dropped("one.tlog-proof", proof)[1] == ["通过"] * 3
    assert "未通过" in dropped("one.tlog-proof", bent(proof, b"extra "))[1]
    assert "未通过" in dropped("one.tlog-proof", bent(proof, b"index "))[1]


def test_lines_of_a_log_export_pass_and_a_changed_one_fails(dropped: Dropped, house: House) -> None:
    with house.platform.read() as session:
        lines = [each.line() for each in openings(session, VISITOR, 500)][:3]
    assert dropped("openings.jsonl", b"".join(lines))[1] == ["通过"] * 9
    lines[1] = bent(lines[1], b'"salt":"')
    assert dropped("openings.jsonl", b"".join(lines))[1].count("未通过") == 1


def test_a_receipt_passes_and_a_changed_one_fails(dropped: Dropped, receipts: Path) -> None:
    data = next(iter(sorted(receipts.glob("*.json")))).read_bytes()
    page, states = dropped("receipt.json", data)
    assert states == ["通过"] * 5
    file = json.loads(data)
    file["receipt"] = file["receipt"].replace('"version":1', '"version":2')
    assert "未通过" in dropped("receipt.json", json.dumps(file).encode())[1]
    expect(page.locator(".results")).to_contain_text("，北京时间 2026-")


def test_other_keys_refuse_what_these_have_signed(open_page: Opened, addresses: Addresses) -> None:
    page = open_page(addresses.of("verify"))
    page.wait_for_selector("[data-drop]:not([hidden])")
    keys = page.locator("#policy").input_value()
    page.locator("#policy").fill(keys.replace("quorum quorum-group", "quorum nobody"))
    note = get(f"{addresses.url}/log/checkpoint")
    page.set_input_files("#file", {"name": "a", "mimeType": "text/plain", "buffer": note})
    page.wait_for_selector(".results li")
    page.locator("#policy").fill("nonsense")
    page.set_input_files("#file", {"name": "b", "mimeType": "text/plain", "buffer": note})
    expect(page.locator(".results article").first).to_contain_text("公钥无法识别")


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"PK\x03\x04", b"null", b'"x"', b"[1]", b"\xff\xfe\n\n"]
)
def test_a_file_of_no_known_kind_is_told_as_not_checked(dropped: Dropped, data: bytes) -> None:
    assert dropped("x", data)[1] == ["未查"]


def export_of(house: House, settings: Settings, folder: Path) -> Path:
    write_log(settings, house.platform, folder, VISITOR)
    return folder


def checked(page: Page, lines: int) -> list[str]:
    """The states of the lines of the newest check, once there are that many."""
    card = page.locator(".results article").first
    expect(card.locator("li")).to_have_count(lines, timeout=60_000)
    return card.locator("li b").all_inner_texts()


def test_a_stretch_of_the_sites_log_and_a_whole_export_are_hashed_again(
    open_page: Opened, addresses: Addresses, house: House, served: Served, tmp_path: Path
) -> None:
    page = open_page(addresses.of("verify"))
    page.wait_for_selector("[data-log]:not([hidden])")
    page.fill("#from", "250")
    page.fill("#to", "300")
    page.click("[data-range] button")
    assert checked(page, 3) == ["通过"] * 3
    page.fill("#from", "999999999")
    page.click("[data-range] button")
    assert checked(page, 3) == ["通过", "通过", "未通过"]
    folder = export_of(house, served.settings, tmp_path / "log")
    page.set_input_files("#folder", folder)
    assert checked(page, 4) == ["通过"] * 4
    bundle = folder / "tile" / "entries" / "000"
    data = bytearray(bundle.read_bytes())
    data[40 * 34 + 9] ^= 1
    bundle.write_bytes(data)
    page.set_input_files("#folder", folder)
    assert checked(page, 4)[2] == "未通过"
    bundle.unlink()
    page.set_input_files("#folder", folder)
    assert checked(page, 3)[2] == "未通过"


def test_a_later_checkpoint_must_extend_an_earlier_one(
    open_page: Opened, addresses: Addresses, served: Served
) -> None:
    settings = served.settings
    key, tiles = log_key(settings), TileStore(log_folder(settings))
    note = get(f"{addresses.url}/log/checkpoint").decode()
    size = int(note.split("\n")[1])
    root = root_from(tiles.hash_reader(size), 300)
    good, bad = (
        sign_checkpoint(Checkpoint(key.name, 300, each), key) for each in (root, root[::-1])
    )
    page = open_page(addresses.of("verify"))
    page.wait_for_selector("[data-drop]:not([hidden])")
    for text, lines in ((note, 2), (good, 3), (bad, 4)):
        page.set_input_files(
            "#file", {"name": "c", "mimeType": "text/plain", "buffer": text.encode()}
        )
        checked(page, lines)
    told = page.locator(".results article")
    expect(told.nth(1)).to_contain_text(f"{size} 条的日志延续 300 条的日志")
    expect(told.first).to_contain_text("日志分叉")
    expect(told.first.locator("li b").nth(2)).to_have_text("未通过")
    names = ("proof.js", "tree.js", "verify.js", "page.js")
    assert sum(len(gzip.compress(assets()[name], 9)) for name in names) <= 15 * 1024
