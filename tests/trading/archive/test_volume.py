"""The two bags: one manifest, validated by the BagIt reference tool, secrets only in the first."""

import base64
import io
import json
import re
import shutil
import subprocess
import sys
import zipfile
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest

from monitor.log.checkpoint import Policy
from monitor.log.commitment import commit
from monitor.log.proof import LogProof
from trading.archive.bag import BagError, make_bag
from trading.archive.canonical_zip import read_canonical
from trading.archive.content import UnknownContent, class_of, classes, kept_until, missing
from trading.archive.volume import Volume

SECRETS = ("张某某评标专家", "AGE-SECRET-KEY", "秘密投标人", "age-encryption.org/v1")


def validate(folder: Path) -> int:
    tool = Path(sys.executable).with_name("bagit.py")
    return subprocess.run([tool, "--validate", "--quiet", folder], check=False).returncode


@pytest.mark.parametrize("kind", ["custody", "public"])
def test_the_reference_tool_accepts_the_unzipped_bag_and_refuses_a_changed_one(
    kind: str, tmp_path: Path, custody: bytes, public: bytes
) -> None:
    data = {"custody": custody, "public": public}[kind]
    zipfile.ZipFile(io.BytesIO(data)).extractall(tmp_path / "bag")
    assert validate(tmp_path / "bag") == 0
    page = tmp_path / "bag/data/index.html"
    page.write_bytes(page.read_bytes().replace(b"UTF", b"utf", 1) + b" ")
    assert validate(tmp_path / "bag") == 1


def test_sha256sum_checks_the_bag_without_us(tmp_path: Path, public: bytes) -> None:
    if shutil.which("sha256sum") is None:
        pytest.skip("no sha256sum on this machine")
    zipfile.ZipFile(io.BytesIO(public)).extractall(tmp_path)
    for name in ("manifest", "tagmanifest"):
        command = ["sha256sum", "--check", "--strict", "--quiet", f"{name}-sha256.txt"]
        assert subprocess.run(command, cwd=tmp_path, check=False).returncode == 0


def test_both_bags_hold_the_same_manifest(custody: bytes, public: bytes) -> None:
    full, open_ = read_canonical(custody), read_canonical(public)
    assert full["data/manifest.json"] == open_["data/manifest.json"]
    assert len(json.loads(full["data/manifest.json"])) == 12


@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_is_in_the_first_bag_only(secret: str, custody: bytes, public: bytes) -> None:
    full, open_ = read_canonical(custody), read_canonical(public)

    def everything(files: dict[str, bytes]) -> str:
        records = files["data/records/openings.jsonl"].splitlines()
        bodies = [base64.b64decode(json.loads(row).get("body", "")) for row in records]
        return "\n".join(
            [*files, *(b.decode(errors="replace") for b in [*files.values(), *bodies])]
        )

    assert secret in everything(full)
    assert secret not in everything(open_)


def test_a_withheld_document_is_named_by_class_size_and_digest_only(public: bytes) -> None:
    files = read_canonical(public)
    stubs = [json.loads(b) for name, b in files.items() if name.startswith("data/withheld/")]
    assert sorted(stub["class"] for stub in stubs) == [
        *("bid", "bid", "contract", "evaluation", "evaluation", "ledger", "letter")
    ]
    assert {tuple(sorted(stub)) for stub in stubs} == {("class", "sha256", "size")}


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.events: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            if name in {"href", "src"}:
                self.links.append(value or "")
            if name.startswith("on") or name == "style":
                self.events.append(name)


@pytest.mark.parametrize("kind", ["custody", "public"])
def test_the_page_runs_nothing_fetches_nothing_and_links_only_what_is_there(
    kind: str, custody: bytes, public: bytes
) -> None:
    files = read_canonical({"custody": custody, "public": public}[kind])
    page = _Page()
    page.feed(files["data/index.html"].decode())
    assert not {"script", "img", "iframe", "link", "object", "form"} & set(page.tags)
    assert page.events == []
    assert page.links
    assert all(f"data/{unquote(link)}" in files for link in page.links)


def test_text_from_the_trade_stays_text_on_the_page(public: bytes) -> None:
    page = read_canonical(public)["data/index.html"].decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "某某体育公园 &lt;工程&gt;" in page
    assert page.index("文件 / Documents") < page.index("经过 / Timeline")
    assert "另有 4 条记录" in page
    assert re.search(r"尚缺.*投标（响应）文件", page) is None


def test_bag_info_says_how_long_the_file_is_kept(custody: bytes) -> None:
    info = read_canonical(custody)["bag-info.txt"].decode()
    assert "Keep-Until: 2041-03-16\n" in info
    assert "Bagging-Date: 2026-03-16\n" in info


def test_what_the_law_lists_and_the_file_lacks_is_named(volume: Volume) -> None:
    present = {document.kind for document in volume.documents}
    assert missing("works", present) == []
    assert [row.code for row in missing("works", present - {"contract"})] == ["contract"]
    lacking = {row.code for row in missing("procurement", present)}
    assert lacking == {"budget", "activity", "criteria"}


def test_every_kind_of_article_42_and_of_order_20_has_a_class() -> None:
    listed = "采购活动记录 采购预算 招标 投标 评标标准 评标（评审）报告 定标文件 合同文本 验收证明 质疑 投诉处理决定 其他"
    names = "".join(row.zh for row in classes().values())
    assert [word for word in listed.split() if word not in names] == []
    numbered = {
        row.basis[row.basis.index("40(") + 3] for row in classes().values() if "40(" in row.basis
    }
    assert numbered == set("一二三四五六七")


def test_a_file_is_kept_fifteen_years_also_from_a_leap_day() -> None:
    assert kept_until("procurement", date(2026, 3, 1)) == date(2041, 3, 1)
    assert kept_until("works", date(2028, 2, 29)) == date(2043, 3, 1)


def test_evaluation_and_bids_are_public_in_no_category() -> None:
    assert all(class_of(code).public == frozenset() for code in ("bid", "evaluation", "letter"))
    with pytest.raises(UnknownContent):
        class_of("gossip")
    with pytest.raises(UnknownContent):
        kept_until("gossip", date(2026, 1, 1))


@pytest.mark.parametrize("path", ["a%b", "a\nb", "cafe\u0301", "tab\t"])
def test_a_path_that_tools_read_differently_is_refused(path: str) -> None:
    with pytest.raises(BagError):
        make_bag({path: b""}, {})


@pytest.mark.parametrize("info", [{"A": "x\ny"}, {"A": " x"}, {"A:B": "x"}, {"": "x"}])
def test_bag_info_cannot_be_given_a_second_line(info: dict[str, str]) -> None:
    with pytest.raises(BagError):
        make_bag({}, info)


def test_every_proof_in_the_archive_is_a_c2sp_tlog_proof_under_the_written_policy(
    volume: Volume,
) -> None:
    words = [line.split() for line in volume.evidence.keys.splitlines()]
    log = next(row[1] for row in words if row[0] == "log")
    witnesses = [row[2] for row in words if row[0] == "witness"]
    policy = Policy.of(log, witnesses, quorum=2)
    note = volume.evidence.checkpoint.decode()
    for leaf in volume.evidence.leaves:
        text = LogProof(leaf.index, leaf.hashes, note).encode()
        assert LogProof.parse(text).verify(leaf.commitment, policy).checkpoint.size == 20
        assert commit(leaf.salt, leaf.body) == leaf.commitment
