"""index.html of a bag: what it says first, which commands it gives, and that it fits a phone."""

import base64
import html
import io
import json
import re
import shlex
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from tests.trading.archive.conftest import act
from trading.archive.canonical_zip import read_canonical
from trading.archive.page import index_page
from trading.archive.volume import Volume
from webui.cli import gate

MARK = "演示 DEMO — 无效"
PHONE = 390


def page(zipped: bytes) -> str:
    return read_canonical(zipped)["data/index.html"].decode()


def openings(*bodies: dict[str, object]) -> bytes:
    rows = [
        {"index": index, "body": base64.b64encode(json.dumps(body).encode()).decode()}
        for index, body in enumerate(bodies)
    ]
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def test_the_page_begins_with_who_won_for_how_much_and_when(volume: Volume) -> None:
    facts = {"winner": "甲<公司>", "uscc": "91X", "price": "1208000000"}
    told = openings(
        act(1, "notice.publish", 1), act(2, "award.issue", 2, outcome={"refused": "x"}, facts={}),
        act(3, "award.issue", 3, facts=facts),
    )  # fmt: skip
    text = index_page(volume, frozenset(), told).decode()
    head = text[: text.index("不靠我们核验")]
    for said in ("甲&lt;公司&gt;（91X）", "¥12,080,000.00 人民币壹仟贰佰零捌万元整",
                 "2026-03-16 09:03:00", "2041-03-16", "某某体育公园 &lt;工程&gt;"):  # fmt: skip
        assert said in head
    assert "2026-03-16 09:02:00" not in head
    assert "无中标记录" in index_page(volume, frozenset(), b"").decode()


def test_times_are_beijing_time_to_the_second(public: bytes) -> None:
    text = page(public)
    assert "2026-03-16 09:08:00" in text
    assert "T01:08" not in text
    assert "北京时间 / Beijing time" in text


def test_an_action_has_its_chinese_name_beside_the_raw_one(volume: Volume) -> None:
    named = replace(volume, actions={"notice.publish": "发布公告"})
    assert "发布公告 <code>notice.publish</code>" in page(named.public_zip())
    assert "<td><code>bid.upload</code></td>" in page(named.custody_zip())


def test_what_is_withheld_folds_away_under_its_count(public: bytes, custody: bytes) -> None:
    text = page(public)
    assert text.count("<details>") == 1
    assert "另有 7 份不公开" in text
    assert text.index("<details>") > text.index("documents/notice/notice.txt")
    assert "<details>" not in page(custody)


@pytest.mark.parametrize("kind", ["custody", "public"])
def test_every_command_names_only_files_that_are_there(
    kind: str, tmp_path: Path, custody: bytes, public: bytes
) -> None:
    data = {"custody": custody, "public": public}[kind]
    zipfile.ZipFile(io.BytesIO(data)).extractall(tmp_path)
    commands = re.findall(r"<dd><code>(.*?)</code></dd>", page(data))
    assert len(commands) == {"custody": 6, "public": 4}[kind]
    for command in commands:
        for part in shlex.split(html.unescape(command)):
            assert "/" not in part or (tmp_path / part).is_file(), command


def test_the_command_for_the_verifier_inside_works_as_it_is_printed(
    tmp_path: Path, public: bytes
) -> None:
    zipfile.ZipFile(io.BytesIO(public)).extractall(tmp_path)
    bare = [sys.executable, "-I", "-S", "data/verify.py"]
    for command in ([*bare, "."], bare):
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, ""), done.stdout
    (tmp_path / "data/documents/notice/notice.txt").write_text("changed")
    done = subprocess.run(
        [*bare[:3], str(tmp_path / bare[3])], cwd="/", capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "data/documents/notice/notice.txt: sha256" in done.stdout


def test_the_verifier_inside_explains_itself_in_both_languages(
    tmp_path: Path, public: bytes
) -> None:
    (tmp_path / "verify.py").write_bytes(read_canonical(public)["data/verify.py"])
    command = [sys.executable, "-I", "-S", "verify.py", "--help"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert "不给则核验本文件所在的包" in done.stdout
    assert "Exit status: 0" in done.stdout


@pytest.mark.parametrize("kind", ["custody", "public"])
def test_a_demos_bag_says_so_on_its_page_and_its_label_and_a_real_one_does_not(
    kind: str, volume: Volume
) -> None:
    def packed(mark: str) -> dict[str, bytes]:
        made = replace(volume, mark=mark)
        return read_canonical({"custody": made.custody_zip, "public": made.public_zip}[kind]())

    demo, real = packed(MARK), packed("")
    for name in ("data/index.html", "bag-info.txt"):
        assert MARK in demo[name].decode()
        assert "DEMO" not in real[name].decode()
    assert f"Mark: {MARK}\n" in demo["bag-info.txt"].decode()


def test_nothing_on_the_page_is_wider_than_a_phone(tmp_path: Path, custody: bytes) -> None:
    browser = gate.browser()
    if browser is None:
        pytest.skip("no chromium on this machine")
    (tmp_path / "page.html").write_text(page(custody).replace("<details>", "<details open>"))
    (tmp_path / "phone.html").write_text(
        f'<iframe width="{PHONE}" height="800" src="page.html" onload="document.title='
        'this.contentDocument.documentElement.scrollWidth"></iframe>'
    )
    command = [
        browser, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom",
        "--allow-file-access-from-files", f"--user-data-dir={tmp_path / 'profile'}",
        (tmp_path / "phone.html").as_uri(),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = re.search(r"<title>(\d+)</title>", done.stdout)
    assert found, done.stderr
    assert int(found[1]) <= PHONE
