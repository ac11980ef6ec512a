"""Letters, receipts and records: what is on the page, read back by a foreign program."""

import io
import re
import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pyhanko.pdf_utils.reader import PdfFileReader

from trading.paper.letter import AwardLetter, ResultLetter, Trade, award_letter, result_letter
from trading.paper.opening_sheet import OpenedBid, OpeningSheet, opening_record_pdf
from trading.paper.receipt import Receipt, receipt_pdf
from trading.paper.sheet import PaperError, Proof, beijing

NOW = datetime(2026, 3, 16, 1, 30, tzinfo=UTC)
PROOF = Proof("https://batong.example/verify/42", "ab" * 32)
TRADE = Trade(
    "works",
    "漳州市芗城区体育公园",
    "E3506010601100717001",
    "一标段",
    "漳州市石亭工业区开发有限公司",
    "",
)
AWARD = AwardLetter(
    TRADE, "漳中〔2026〕1号", "福建中闽谦合建工有限公司", "91350000MA00000000", 18_791_886_00,
    (("工期 / period", "330日历天"),), NOW, PROOF, ("演示 / stand-in keys",),
)  # fmt: skip
RESULT = ResultLetter(
    TRADE,
    "漳中〔2026〕2号",
    "某某公司",
    "福建中闽谦合建工有限公司",
    18_791_886_00,
    "86.50",
    "2",
    "",
    NOW,
    PROOF,
)
RECEIPT = Receipt(
    TRADE,
    "回执1",
    "某某公司",
    NOW,
    2,
    "cd" * 32,
    (("letter.age", 1234, "ef" * 32),),
    "4711 / 5000",
    PROOF,
)
OPENING = OpeningSheet(
    TRADE, "开标1", NOW, "开标六室", "吴工",
    (OpenedBid("甲公司", "91", NOW, "已解密", 100_00, "", "330天", ""),
     OpenedBid("乙公司", "92", NOW, "未解密", None, "—", "", "证书错误")),
    (), PROOF,
)  # fmt: skip


def read(pdf: bytes, tmp_path: Path) -> str:
    if shutil.which("pdftotext") is None:
        pytest.skip("no pdftotext (poppler-utils) on this machine")
    (tmp_path / "x.pdf").write_bytes(pdf)
    command = ["pdftotext", "-layout", str(tmp_path / "x.pdf"), "-"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_the_letter_of_award_says_who_won_what_for_how_much(tmp_path: Path) -> None:
    text = read(award_letter(AWARD), tmp_path)
    for said in (
        "中标通知书", "Letter of Award", "漳中〔2026〕1号", "福建中闽谦合建工有限公司：",
        "漳州市芗城区体育公园", "¥18,791,886.00", "人民币壹仟捌佰柒拾玖万壹仟捌佰捌拾陆元整",
        "330日历天", "三十日内", "第四十五条", "2026年03月16日", PROOF.link, PROOF.digest, "stand-in keys",
    ):  # fmt: skip
        assert said in text


def test_the_letter_to_a_loser_says_its_score_and_rank_and_who_won(tmp_path: Path) -> None:
    text = read(result_letter(RESULT), tmp_path)
    assert "86.50" in text
    assert re.search(r"贵单位排序 / your rank\s+2", text)
    assert "福建中闽谦合建工有限公司" in text
    assert "why not passed" not in text
    failed = read(
        result_letter(replace(RESULT, score="", rank="", reason="未附营业执照")), tmp_path
    )
    assert "未附营业执照" in failed
    assert "your score" not in failed


def test_the_receipt_says_when_what_was_received(tmp_path: Path) -> None:
    text = read(receipt_pdf(RECEIPT), tmp_path)
    for said in (
        "2026年03月16日 09:30:00",
        "2026-03-16T01:30:00.000000Z",
        "cd" * 32,
        "1,234",
        "4711",
    ):
        assert said in text


def test_the_receipt_of_a_refused_bid_says_by_which_rule_and_promises_nothing(
    tmp_path: Path,
) -> None:
    rule = "招标投标法 28；招标投标法实施条例 36"
    text = read(receipt_pdf(replace(RECEIPT, refused=rule)), tmp_path)
    for said in ("投标文件拒收回执", "未予接收", "招标投标法实施条例", "2026年03月16日 09:30:00"):
        assert said in text
    assert "已完整收到" not in text
    assert "拒收" not in read(receipt_pdf(RECEIPT), tmp_path)


def test_the_opening_record_has_a_line_for_every_bid(tmp_path: Path) -> None:
    text = read(opening_record_pdf(OPENING), tmp_path)
    assert re.search(r"1\s+甲公司 91\s+03-16 09:30:00\s+已解密\s+100.00\s+330天", text)
    assert re.search(r"2\s+乙公司 92\s+03-16 09:30:00\s+未解密\s+—\s+证书错误", text)
    assert "无异议" in text


def test_a_long_opening_record_runs_over_pages_with_its_heading_on_each(tmp_path: Path) -> None:
    text = read(opening_record_pdf(replace(OPENING, bids=OPENING.bids * 60)), tmp_path)
    assert text.count("投标人 / bidder") == text.count("\f") > 2
    assert re.search(r"120\s+乙公司", text)


MARK = "演示 DEMO — 无效"


@pytest.mark.parametrize("letter", [award_letter(replace(AWARD, mark=MARK)),
                                    result_letter(replace(RESULT, mark=MARK))])  # fmt: skip
def test_a_demo_letter_says_so_on_its_page_and_in_its_title(letter: bytes, tmp_path: Path) -> None:
    assert MARK in read(letter, tmp_path)
    assert f"（{MARK}）" in title(letter)
    assert re.search(rb"pdfaid:part>2</pdfaid:part>\s*<pdfaid:conformance>B<", letter)


def test_the_mark_stands_on_every_page_and_never_on_a_real_paper(tmp_path: Path) -> None:
    long = replace(OPENING, bids=OPENING.bids * 60, mark=MARK)
    pages = read(opening_record_pdf(long), tmp_path).split("\f")[:-1]
    assert len(pages) > 2
    assert all(MARK in page for page in pages)
    assert MARK in read(receipt_pdf(replace(RECEIPT, mark=MARK)), tmp_path)
    for real in (award_letter(AWARD), result_letter(RESULT), receipt_pdf(RECEIPT)):
        assert "DEMO" not in read(real, tmp_path) + title(real)


def title(pdf: bytes) -> str:
    return str(PdfFileReader(io.BytesIO(pdf)).trailer["/Info"]["/Title"])


def test_a_letter_does_not_pass_its_digest_off_as_the_pdfs(tmp_path: Path) -> None:
    for letter in (award_letter(AWARD), result_letter(RESULT)):
        text = " ".join(read(letter, tmp_path).split())
        assert "not of this PDF" in text
        assert "非本 PDF" in text
        assert "pdfsig FILE, ./batong verify FILE" in text
        assert "compare the SHA-256" not in text


def test_the_same_letter_gives_the_same_bytes_and_is_pdf_a_2b() -> None:
    first = award_letter(AWARD)
    assert award_letter(AWARD) == first
    assert award_letter(replace(AWARD, price_fen=1)) != first
    assert first.startswith(b"%PDF-1.7")
    assert re.search(rb"pdfaid:part>2</pdfaid:part>\s*<pdfaid:conformance>B<", first)


EVIL = '#set page(width: 1cm) *x* $a$ <b> `r` \\ @ref = #panic() ${sys} "quote" //c [#read("/etc/passwd")]'


def test_markup_in_the_data_stays_text(tmp_path: Path) -> None:
    letter = replace(AWARD, winner=EVIL, terms=((EVIL, EVIL),), notes=(EVIL,), number="#1 *x*")
    text = " ".join(read(award_letter(letter), tmp_path).split())
    assert '#set page(width: 1cm) *x* $a$ <b> `r` \\ @ref = #panic() ${sys} "quote"' in text
    assert "#1 *x*" in text


@pytest.mark.parametrize(
    ("sign", "shown"),
    [("\U00020bb7", "〔U+20BB7〕"), ("\u202e", "〔U+202E〕"), ("\0", "〔U+0000〕"), ("😀", "〔U+1F600〕"),
     ("\u200b", "〔U+200B〕"), ("א", "〔U+05D0〕"), ("𬭚", "𬭚"), ("曌", "曌"), ("\ud800", "〔U+D800〕"), ("\t", "〔U+0009〕")],
)  # fmt: skip
def test_a_sign_that_cannot_be_shown_is_named_and_never_lost(
    sign: str, shown: str, tmp_path: Path
) -> None:
    text = read(award_letter(replace(AWARD, winner=f"甲{sign}乙")), tmp_path)
    assert f"甲{shown}乙" in text


def test_text_cannot_break_out_of_its_line() -> None:
    assert award_letter(replace(AWARD, winner="甲\n乙")) == award_letter(
        replace(AWARD, winner="甲 乙")
    )


def test_the_code_on_the_paper_leads_to_the_address_and_the_digest(tmp_path: Path) -> None:
    if shutil.which("zbarimg") is None or shutil.which("pdftoppm") is None:
        pytest.skip("no zbarimg (zbar-tools) or pdftoppm (poppler-utils) on this machine")
    (tmp_path / "x.pdf").write_bytes(award_letter(AWARD))
    subprocess.run(["pdftoppm", "-r", "150", "-png", "x.pdf", "x"], cwd=tmp_path, check=True)
    command = ["zbarimg", "--quiet", "--raw", "x-1.png"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == f"{PROOF.link}#{PROOF.digest}"


def test_a_category_without_such_a_letter_is_refused() -> None:
    with pytest.raises(PaperError, match="land"):
        award_letter(replace(AWARD, trade=replace(TRADE, category="land")))


def test_a_time_without_a_zone_is_refused() -> None:
    assert beijing(NOW) == "2026年03月16日 09:30:00"
    with pytest.raises(PaperError):
        beijing(NOW.replace(tzinfo=None))
