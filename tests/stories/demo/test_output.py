"""`batong demo --out DIR`: every step told once, every file there, no second run over it."""

import re
from collections import Counter
from pathlib import Path

from click.testing import CliRunner

from tests.stories.demo.run import Played, batong
from webui.cli.demo import STEPS, demo

STEP = re.compile(r"^  \d\d-\d\d \d\d:\d\d  (.+)$", re.MULTILINE)
SCENES = ["一、", "二、", "三、", "五、", "四、", "六、", "七、", "八、", "九、", "十、"]
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
    the committee sits, still unnamed | each expert scores alone and signs | 第 1 名 | 第 2 名
    第 3 名 | the report's digest is on record | candidates are shown | no award while they are shown
    the award is suspended | answered within three days | the award, all letters in one act
    signed PDFs are filed | the whole draw is published | the contract is signed
    refunds by four eyes, interest to the fen | yellow card | red card | paid late, closed as late
    both bags are filed
"""
FILES = [
    "archive.zip", "public.zip", "draw.zip", "award-notice.pdf", "opening-record.json",
    "ledger.beancount", "bid/manifest.json", "bid/manifest.sig", "bid/capsule.json",
    "bid/letter.age", "bid/att-001.age", "bid/identity.txt", "log/checkpoint", "log/keys.txt",
    "log/openings.jsonl", "roots.pem",
]  # fmt: skip


def test_every_file_that_is_promised_is_there(played: Played) -> None:
    for name in FILES:
        assert (played.out / name).stat().st_size > 0, name
    assert len(list((played.out / "receipts").iterdir())) == 10
    for kind in ("0", "1", "entries"):
        assert any(path.is_file() for path in (played.out / "log" / "tile" / kind).rglob("*"))


def test_every_step_is_told_once_and_the_bar_counts_them(played: Played) -> None:
    steps = STEP.findall(played.printed)
    assert len(steps) == STEPS
    assert [step for step, times in Counter(steps).items() if times > 1] == []
    read_out = [step for step in steps if "唱标" in step]
    assert len(read_out) == 6
    expected = [
        part.strip() for line in TOLD.splitlines() for part in line.split("|") if part.strip()
    ]
    for step in expected:
        assert sum(step in one for one in steps) == 1, step
    assert len(expected) + len(read_out) == STEPS


def test_the_ten_scenes_come_once_and_nothing_goes_wrong(played: Played) -> None:
    scenes = [
        line[:2]
        for line in played.printed.splitlines()
        if re.match("[一二三四五六七八九十]、", line)
    ]
    assert scenes == SCENES
    assert played.errors == ""
    assert "Traceback" not in played.printed
    assert f"./batong verify {played.out}" in played.printed


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
    assert "is not an empty folder" in done.stderr
    assert (played.out / "archive.zip").stat().st_mtime_ns == before


def test_a_real_notice_that_is_none_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "notice.json").write_text("no notice")
    for wrong in (tmp_path / "notice.json", tmp_path / "nowhere.json"):
        done = CliRunner().invoke(demo, ["--out", str(tmp_path / "out"), "--notice", str(wrong)])
        assert done.exit_code == 2, done.output
        assert len(done.stderr.splitlines()) == 1
        assert not (tmp_path / "out").exists()
