"""Papers as PDFs: what they state is proposed at its place, what they do not state is said."""

import json
from collections import Counter
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from tests.trading.intake.model import ITEM
from tests.trading.intake.pdf.typeset import NEW_PAGE, Part, typeset
from trading.intake.finding import Severity
from trading.intake.notice import read_notice
from trading.intake.paper.proposal import FIELDS, Paper, propose
from trading.intake.pdf.flow import LONGEST, flow
from trading.intake.pdf.grid import grids
from trading.intake.pdf.page import Box, Page, Reading, Word
from trading.intake.pdf.reader import read

DATA = Path(__file__).parents[5] / "shared" / "data"
BEIJING = timezone(timedelta(hours=8))
TITLE = "某县体育馆公开招标公告"
LINES: list[Part] = [line for line in str(ITEM["content_text"]).split("\n") if line]
DEADLINE = datetime(2026, 4, 20, 9, 30, tzinfo=BEIJING)


def paper(*parts: Part, title: str = TITLE, indent: int = 2) -> Paper:
    return propose(read(typeset(title, parts or LINES, indent)))


@pytest.fixture(scope="module")
def plain() -> Paper:
    return paper()


def test_a_plain_notice_is_read_whole_and_every_value_has_its_place(plain: Paper) -> None:
    told = {one.name: one.value for one in plain.fields}
    assert told == {
        "name": "某县体育馆", "code": None, "category": "works", "region": None,
        "method": "公开招标", "owner": "某县教育局", "agency": "某某咨询有限公司",
        "budget_fen": 500_000_000, "ceiling_fen": 490_000_000, "deposit_fen": 10_000_000,
        "sale_from": datetime(2026, 3, 17, 9, 0, tzinfo=BEIJING),
        "sale_until": datetime(2026, 3, 31, 17, 0, tzinfo=BEIJING),
        "deadline": DEADLINE, "opening": DEADLINE, "place": "开标一室",
    }  # fmt: skip
    for one in plain.fields:
        assert (one.box is not None) == (one.value is not None and one.name != "category"), one
    assert plain.title == TITLE
    assert plain.title_box is not None


def test_a_place_is_the_place_of_the_value_not_of_its_label(plain: Paper) -> None:
    reading = read(typeset(TITLE, LINES))
    line = next(word for word in reading.pages[0].words if "招标人：" in word.text)
    box = plain.field("owner").box
    assert box is not None
    assert line.box.left + 3.5 * line.box.height < box.left < box.right <= line.box.right + 0.1
    assert (box.top, box.bottom) == (line.box.top, line.box.bottom)


def test_what_a_line_broke_is_joined_and_its_place_is_around_both_lines() -> None:
    name = "某某市某某区某某街道社区综合服务中心及配套设施建设项目（一期）施工及相关服务采购工程总承包项目"
    read_whole = paper("一、项目概况", f"招标项目名称：{name}", "招标人：某县教育局")
    assert read_whole.field("name").value == name
    box = read_whole.field("name").box
    assert box is not None
    assert box.height > 20
    assert read_whole.field("owner").value == "某县教育局"


def test_a_new_label_after_a_full_line_is_not_joined() -> None:
    full = "招标人：" + "某" * 33
    told = paper("总则", full, "招标代理机构：某某咨询有限公司", indent=0)
    assert told.field("owner").value == "某" * 33
    assert told.field("agency").value == "某某咨询有限公司"


def test_a_form_of_two_columns_and_words_in_one_line_apart_are_read() -> None:
    form = paper(
        "公告", [["项目名称", "某县体育馆"], ["招标人", "某县教育局"], ["开标地点", "开标一室"]]
    )
    assert [form.field(name).value for name in ("name", "owner", "place")] == [
        "某县体育馆", "某县教育局", "开标一室",
    ]  # fmt: skip
    words = (("招标人：甲局", 60.0), ("代理机构：乙公司", 300.0))
    apart = tuple(Word(said, Box(1, left, 90, left + 80, 102)) for said, left in words)
    found = propose(Reading(1, (Page(1, 595, 842, apart, ()),), 0))
    assert (found.field("owner").value, found.field("agency").value) == ("甲局", "乙公司")


def test_a_price_table_is_read_over_pages_and_its_sum_is_held_against_its_total() -> None:
    rows = [[str(n), "课桌", "10", f"{n}.50"] for n in range(1, 60)]
    good = f"{sum(range(1, 60)) + 29.5:.2f}"
    head = ["序号", "名称", "数量", "预算金额（元）"]
    told = paper("采购人：某局", [head, *rows, ["", "合计", "", good]])
    assert told.prices is not None
    assert told.prices.head == tuple(head)
    assert [list(row) for row in told.prices.rows[:-1]] == rows
    assert [box.page for box in told.prices.boxes] == [1, 2]
    assert [one.severity for one in told.price_findings] == [Severity.READ]
    wrong = paper("采购人：某局", [head, *rows, ["", "合计", "", "1.00"]])
    assert wrong.price_findings[-1].severity is Severity.DOUBT
    assert "1799.50" in wrong.price_findings[-1].found.replace(",", "")


def test_the_head_of_a_column_is_no_label_of_the_number_of_the_first_row() -> None:
    rows = [["序号", "名称", "最高限价（元）"], ["1", "课桌", "3000000"]]
    told = paper("招标人：某局", rows)
    assert told.field("ceiling_fen").value is None
    assert told.prices is not None


def test_a_column_of_prices_without_a_unit_is_not_reckoned() -> None:
    told = paper("采购人：某局", [["名称", "单价"], ["课桌", "100"], ["合计", "900"]])
    assert told.price_findings[-1].severity is Severity.DOUBT
    assert "没有单位" in told.price_findings[-1].message


def test_a_breach_of_law_a_missing_field_and_a_guess_each_say_so(plain: Paper) -> None:
    late: list[Part] = [str(line).replace("2026年4月20日", "2026年4月3日") for line in LINES]
    deadline = paper(*late).field("deadline")
    assert deadline.severity is Severity.BROKEN
    assert any("works.bid_preparation" in one.rule for one in deadline.findings)
    assert plain.field("code").severity is Severity.MISSING
    assert plain.field("category").severity is Severity.DOUBT


def test_signs_that_say_nothing_or_hide_are_not_taken_for_text() -> None:
    said = ("招标人：甲\u202e局\u200b", "项目编号：(cid:31)\ue001A-1")
    words = tuple(
        Word(text, Box(1, 60, 90 + at * 20, 300, 102 + at * 20)) for at, text in enumerate(said)
    )
    found = propose(Reading(1, (Page(1, 595, 842, words, ()),), 0))
    assert found.field("owner").value == "甲局"
    assert found.field("code").value == "\ufffd\ufffdA-1"
    assert any(one.severity is Severity.BROKEN and "乱码" in one.message for one in found.about)


def test_more_text_than_is_read_for_fields_is_cut_and_told() -> None:
    words = tuple(Word("招标人为" * 250, Box(1, 60, 9 * n, 500, 9 * n + 8)) for n in range(90))
    reading = Reading(1, (Page(1, 595, 842, words, ()),), 0)
    assert len(flow(reading).raw) <= LONGEST
    assert any("文字过长" in one.message for one in propose(reading).about)


def test_pages_left_out_and_pages_without_text_are_told() -> None:
    told = propose(read(typeset(TITLE, [*LINES, *[NEW_PAGE, "附件"] * 12])))
    assert told.count == 13
    assert len(told.read) == 10
    assert any(one.found == "10 / 13" for one in told.about)
    assert any(one.found == "2 / 3" for one in propose(Reading(3, told_pages(), 2)).about)


def told_pages() -> tuple[Page, ...]:
    return (Page(1, 595, 842, (Word("招标人：甲局", Box(1, 60, 90, 160, 102)),), ()),)


def test_the_real_notice_is_read_and_nothing_is_made_up_about_it() -> None:
    file = DATA / "notice.pdf"
    if not file.exists():
        pytest.skip("the real notice, ../shared/data/notice.pdf, is absent")
    reading = read(file.read_bytes())
    told = propose(reading)
    assert told.title == (
        "青海省食品药品监督管理局青海省第二类疫苗委托储存配送企业备案公告（2017年第1号）"
    )
    assert (told.count, told.read) == (5, (1, 2, 3, 4, 5))
    values = {one.name: one.value for one in told.fields if one.value is not None}
    assert values == {"region": "630000"}
    assert any("不是启动交易的公告" in one.message for one in told.about)
    assert told.prices is None
    table = grids(reading)[0]
    assert [row[0] for row in table.rows] == [str(n) for n in range(1, 87)]
    assert table.rows[2] == (
        "3", "ACYW135群脑膜炎球菌多糖疫苗", "注射剂（冻干）", "200ug：0.5ml", "1瓶/瓶",
        "北京智飞绿竹生物制药有限公司", "北京智飞绿竹生物制药有限公司", "甘肃康恩必成生物技术有限公司",
    )  # fmt: skip
    assert table.rows[38][5] == "深圳赛诺菲巴斯德生物制品有限公司"
    assert [box.page for box in table.boxes] == [1, 2, 3, 4]


SEVERAL = (0, 1, 5, 7, 11, 15, 21, 30, 32, 44)


def test_real_notices_set_in_type_are_read_as_their_text_is() -> None:
    file = DATA / "notices.json"
    if not file.exists():
        pytest.skip("the real notices, ../shared/data/notices.json, are absent")
    items: list[dict[str, Any]] = json.loads(file.read_text("utf-8"))
    count: Counter[str] = Counter()
    for number in SEVERAL:
        item = items[number]
        parts = [line for line in item["content_text"].split("\n") if line.strip()]
        told = propose(read(typeset(item["title"], parts)))
        for name in set(FIELDS) - {"category", "region"}:
            stated = getattr(read_notice(item | _no_portal()).fields, name)
            count["stated"] += stated is not None
            count["right"] += stated is not None and told.field(name).value == stated
            count["made up"] += stated is None and told.field(name).value is not None
    assert count["made up"] == 0
    assert count["right"] == count["stated"] >= 90, count


def _no_portal() -> dict[str, str]:
    return dict.fromkeys(("issuer", "agency", "budget", "project_code"), "")
