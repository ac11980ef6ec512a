"""`batong demo --out DIR`: every step told once, every file there, no second run over it."""

import io
import json
import re
import shlex
import zipfile
from collections import Counter
from pathlib import Path

from click.testing import CliRunner
from pyhanko.pdf_utils.reader import PdfFileReader

from tests.stories.demo.run import ROOT, Played, batong
from webui.cli.demo import STEPS, demo
from webui.demo.plan import MARK

STEP = re.compile(r"^  \d\d-\d\d \d\d:\d\d  (.+)$", re.MULTILINE)
SCENES = "〇一二三九五二三四五六四六四七八四八九十"
"""The services as the play comes and returns to them."""
TOLD = """
    the stand-in pool is committed | the owner files the project | may not be accepted
    one complete list of defects | 补正后受理；目录内 | the notice is published | documents issued
    the block of deposit sub-accounts is announced | tenderers obtain documents unseen | a question
    answered, to everybody alike | clarification 1 moves nothing | the method is published
    the opening room is booked | an overlap is refused, free slots offered
    the evaluation room is booked | deposits come in, nobody sees whose
    one is sealed before an addendum | 截止由 04-10 顺延至 04-14 | both rooms are booked anew
    header countersigned | commit blind, then reveal | 24 dice, typed by two roles
    five drawn, one declines | one seat drawn again | the others seal, send and get receipts
    one replaces its bid | one withdraws | unsealed: refused, with a receipt
    4 s late: refused, with a receipt | CLOSE：6 份投标 | trustees open who bids, nothing else
    blind re-check against the bidders | find their receipts under the root
    5 release their keys, 1 absent | trustees give the shares, checked in public
    UNLOCK is witnessed; no price was seen yet | the opening record is published
    attachments opened and compared
    the committee sits, still unnamed | each expert scores alone and signs | 第 1 名 | 第 2 名
    第 3 名 | the report's digest is on record | candidates are shown | no award while they are shown
    the award is suspended | answered within three days | the award, all letters in one act
    signed PDFs are filed | the whole draw is published | the contract is signed
    refunds by four eyes, interest to the fen | yellow card | red card | paid late, closed as late
    both bags are filed
    three machines for draws are named | registered and accepted, the rest is yours
"""
SECOND = 2  # the steps of the trade that is left to whoever wants to play it
FILES = [
    "archive.zip", "public.zip", "draw.zip", "award-notice.pdf", "opening-record.json",
    "ledger.beancount", "bid/manifest.json", "bid/manifest.sig", "bid/capsule.json",
    "bid/letter.age", "bid/att-001.age", "bid/identity.txt", "log/checkpoint", "log/keys.txt",
    "log/openings.jsonl", "roots.pem", "seal/invitation.json", "seal/draft.json",
]  # fmt: skip


def test_every_file_that_is_promised_is_there(played: Played) -> None:
    for name in FILES:
        assert (played.out / name).stat().st_size > 0, name
    assert len(list((played.out / "receipts").iterdir())) == 10
    for kind in ("0", "1", "entries"):
        assert any(path.is_file() for path in (played.out / "log" / "tile" / kind).rglob("*"))


def test_every_step_is_told_once_and_the_bar_counts_them(played: Played) -> None:
    steps = STEP.findall(played.printed)
    assert len(steps) == STEPS + SECOND
    assert [step for step, times in Counter(steps).items() if times > 1] == []
    read_out = [step for step in steps if "唱标" in step]
    assert len(read_out) == 6
    expected = [
        part.strip() for line in TOLD.splitlines() for part in line.split("|") if part.strip()
    ]
    for step in expected:
        assert sum(step in one for one in steps) == 1, step
    assert len(expected) + len(read_out) == STEPS + SECOND


def test_every_scene_is_announced_again_when_it_goes_on_and_nothing_goes_wrong(
    played: Played,
) -> None:
    scenes = [
        line for line in played.printed.splitlines() if re.match("[〇一二三四五六七八九十]、", line)
    ]
    assert "".join(line[0] for line in scenes) == SCENES
    first = [line for place, line in enumerate(scenes) if line[0] not in SCENES[:place]]
    assert [line for line in scenes if "（续）" not in line] == first
    assert played.errors == ""
    assert "Traceback" not in played.printed
    assert f"./batong verify {shlex.quote(str(played.out))} " in played.printed


def test_no_line_speaks_in_code(played: Played) -> None:
    steps = "\n".join(STEP.findall(played.printed))
    assert not re.search(r"\['|[a-z]+_[a-z]+|（[a-z、]+）", steps)
    for said in ("不得受理：资金来源落实证明", "黄牌预警 / yellow card（", "三日内书面答复"):
        assert said in steps, said


def test_bids_are_read_out_in_the_order_of_their_arrival(played: Played) -> None:
    record = json.loads((played.out / "opening-record.json").read_bytes())
    names = [row["name"] for row in record["bids"]]
    assert re.findall(r"唱标：(\S+) ", played.printed) == names
    assert names != sorted(names)


def test_the_readmes_three_lines_seal_and_open_a_bid_for_the_demo(
    copy: Path, tmp_path: Path
) -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    lines = re.findall(r"^\./batong ((?:keygen|seal|open) .*out/seal/.*)$", text, re.MULTILINE)
    assert len(lines) == 3
    for line in lines:
        done = batong(*shlex.split(line), cwd=copy.parent)
        assert done.returncode == 0, done.stderr
    opened = {path.name for path in (copy / "seal" / "opened").rglob("*")}
    assert {"商务标.txt", "技术标.txt"} <= opened
    checked = batong("verify", "out", cwd=copy.parent)
    assert checked.returncode == 0, checked.stdout
    for sample in ("invitation.json", "draft.json"):
        assert "FAILED" not in batong("verify", f"out/seal/{sample}", cwd=copy.parent).stdout


def test_a_demos_letters_and_bags_say_that_they_are_one(copy: Path) -> None:
    with zipfile.ZipFile(copy / "archive.zip") as archive:
        texts = [archive.read(name).decode() for name in ("bag-info.txt", "data/index.html")]
        papers = [archive.read(name) for name in archive.namelist() if name.endswith(".pdf")]
    assert all(MARK in text for text in texts)
    assert len(papers) == 6
    for paper in (*papers, (copy / "award-notice.pdf").read_bytes()):
        assert MARK in str(PdfFileReader(io.BytesIO(paper)).trailer["/Info"]["/Title"])


def test_a_folder_that_cannot_be_made_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = CliRunner().invoke(demo, ["--out", str(tmp_path / "file" / "out")])
    assert (done.exit_code, len(done.stderr.splitlines())) == (2, 1)
    assert "cannot be made" in done.stderr


def test_the_printed_moments_never_go_back(played: Played) -> None:
    moments = re.findall(r"^  (\d\d-\d\d \d\d:\d\d)  ", played.printed, re.MULTILINE)
    assert moments == sorted(moments)
    assert (moments[0][:5], moments[-1][:5]) == ("03-16", "05-15")


def test_the_whole_folder_verifies_and_every_artefact_is_named(
    played: Played, tmp_path: Path
) -> None:
    keys = played.out / "log" / "keys.txt"
    done = batong(
        "verify", played.out, "--keys", keys, "--roots", played.out / "roots.pem", cwd=tmp_path
    )
    assert done.returncode == 0, done.stdout
    for name in ("archive.zip", "public.zip", "draw.zip", "award-notice.pdf", "log/checkpoint",
                 "opening-record.json", "ledger.beancount", "bid/identity.txt"):  # fmt: skip
        assert f"passed  {name}" in done.stdout, name
    for receipt in (played.out / "receipts").iterdir():
        assert f"passed  {receipt.name}" in done.stdout
    assert "FAILED" not in done.stdout


def test_a_second_run_into_the_folder_is_refused_in_one_line(
    played: Played, tmp_path: Path
) -> None:
    before = (played.out / "archive.zip").stat().st_mtime_ns
    done = batong("demo", "--out", played.out, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert "is not an empty folder: delete it or choose another" in done.stderr
    assert (played.out / "archive.zip").stat().st_mtime_ns == before


def test_a_real_notice_that_is_none_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "notice.json").write_text("no notice")
    for wrong in (tmp_path / "notice.json", tmp_path / "nowhere.json"):
        done = CliRunner().invoke(demo, ["--out", str(tmp_path / "out"), "--notice", str(wrong)])
        assert done.exit_code == 2, done.output
        assert len(done.stderr.splitlines()) == 1
        assert not (tmp_path / "out").exists()
