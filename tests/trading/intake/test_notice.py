"""47 real notices taken in: nothing invented, nothing silent, several checked by hand reading."""

import json
import re
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.trading.intake.model import ITEM, changed, said, worst
from trading.intake.finding import Intake, Proposal, Severity
from trading.intake.notice import read_notice
from trading.intake.report import FIELDS

FILE = Path(__file__).parents[4] / "shared" / "data" / "notices.json"
BEIJING = timezone(timedelta(hours=8))


@pytest.fixture(scope="module")
def items() -> list[dict[str, Any]]:
    if not FILE.exists():
        pytest.skip("the real notices, ../shared/data/notices.json, are absent")
    loaded: list[dict[str, Any]] = json.loads(FILE.read_text(encoding="utf-8"))
    return loaded


@pytest.fixture(scope="module")
def intakes(items: list[dict[str, Any]]) -> list[Intake]:
    return [read_notice(item) for item in items]


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=BEIJING)  # type: ignore[arg-type, misc]


def test_a_plain_notice_is_ready_and_read_whole() -> None:
    intake = changed()
    assert intake.ready, [one for one in intake.findings if one.severity is not Severity.READ]
    assert intake.fields == Proposal(
        category="works", name="某县体育馆", region="350601", owner="某县教育局",
        agency="某某咨询有限公司", code="E3506010601100717001", method="公开招标",
        budget_fen=500_000_000, ceiling_fen=490_000_000, deposit_fen=10_000_000,
        published=at(2026, 3, 16, 10, 0), sale_from=at(2026, 3, 17, 9, 0),
        sale_until=at(2026, 3, 31, 17, 0), deadline=at(2026, 4, 20, 9, 30),
        opening=at(2026, 4, 20, 9, 30), place="开标一室",
    )  # fmt: skip


def test_all_47_are_taken_in_and_every_gap_is_told(intakes: list[Intake]) -> None:
    assert len(intakes) == 47
    for intake in intakes:
        for name in FIELDS:
            found = intake.of(name)
            assert found, name
            if getattr(intake.fields, name) is None:
                assert worst(intake, name) is not Severity.READ
            else:
                assert any(one.severity is Severity.READ and one.found for one in found)


def test_every_proposed_text_stands_in_the_notice_as_it_is(
    items: list[dict[str, Any]], intakes: list[Intake]
) -> None:
    for item, intake in zip(items, intakes, strict=True):
        source = "".join(" ".join(str(value) for value in item.values()).split())
        for name in ("name", "owner", "agency", "code", "method", "place"):
            value = getattr(intake.fields, name)
            assert value is None or value in source, (name, value)


def test_every_proposed_amount_is_the_printed_figure_times_its_printed_unit(
    intakes: list[Intake],
) -> None:
    seen = 0
    for intake in intakes:
        for name in ("budget_fen", "ceiling_fen"):
            value = getattr(intake.fields, name)
            read = [one.found for one in intake.of(name) if one.severity is Severity.READ]
            shown = next((found for found in read if "元" in found), "")
            if value is None or not shown:
                continue
            figures = re.findall(r"\d[\d,]*(?:\.\d+)?", shown)
            unit = 10**6 if "万元" in shown else 100
            assert round(float(figures[-1].replace(",", "")) * unit) == value, shown
            seen += 1
    assert seen >= 25


def test_hand_reading_of_a_procurement_notice(intakes: list[Intake]) -> None:
    fields = intakes[0].fields
    assert fields == Proposal(
        category="procurement",
        name="石城县教育智慧终端设备采购项目（义务教育学校仪器设备--教学终端、学生用终端更新）",
        region="360000", owner="石城县教育体育局", agency="九鼎赣饶国际项目管理有限公司",
        code="JDGR2026-SC-G003", method="公开招标", budget_fen=383_640_000, ceiling_fen=383_640_000,
        deposit_fen=0, published=at(2026, 3, 17, 0, 0), sale_from=at(2026, 3, 18, 0, 0),
        sale_until=at(2026, 3, 24, 23, 30), deadline=at(2026, 4, 8, 9, 30),
        opening=at(2026, 4, 8, 9, 30), place="赣州市公共资源交易中心(赣州南康区开标五室)",
    )  # fmt: skip
    assert worst(intakes[0], "published") is Severity.DOUBT


def test_hand_reading_of_a_works_notice(intakes: list[Intake]) -> None:
    intake, fields = intakes[11], intakes[11].fields
    assert (fields.owner, fields.agency) == (
        "云南巫家坝国贸发展有限公司",
        "云南帮克工程咨询有限公司",
    )
    assert (fields.budget_fen, fields.deposit_fen) == (2_000_000_000, 10_000_000)
    assert fields.sale_until == at(2026, 3, 23, 23, 59)
    assert fields.deadline == at(2026, 4, 8, 9, 0)
    assert (fields.region, fields.place) == ("530100", "昆明开标室8")
    assert worst(intake, "sale_from") is Severity.MISSING
    assert worst(intake, "opening") is Severity.MISSING
    assert worst(intake, "text") is Severity.DOUBT


@pytest.mark.parametrize(
    ("index", "field", "value", "severity"),
    [
        (9, "budget_fen", 179_300_000, Severity.READ),
        (15, "budget_fen", 144_996_000, Severity.READ),
        (21, "budget_fen", 216_000_000, Severity.READ),
        (8, "budget_fen", 280_000_000, Severity.READ),
        (37, "budget_fen", 762_069_990, Severity.DOUBT),
        (39, "budget_fen", None, Severity.DOUBT),
        (28, "budget_fen", None, Severity.BROKEN),
        (22, "ceiling_fen", None, Severity.BROKEN),
        (22, "deposit_fen", 0, Severity.DOUBT),
        (30, "owner", None, Severity.BROKEN),
        (30, "agency", None, Severity.BROKEN),
        (30, "deposit_fen", 8_000_000, Severity.READ),
        (1, "code", None, Severity.BROKEN),
        (1, "ceiling_fen", None, Severity.MISSING),
        (7, "code", "洛直政采磋商(2026)0031号", Severity.DOUBT),
        (26, "method", "竞争性磋商", Severity.DOUBT),
        (32, "deadline", datetime(2026, 3, 20, 9, 0, tzinfo=BEIJING), Severity.READ),
        (4, "opening", datetime(2026, 3, 13, 9, 30, tzinfo=BEIJING), Severity.READ),
        (3, "opening", None, Severity.DOUBT),
        (21, "opening", None, Severity.DOUBT),
        (46, "region", "540000", Severity.DOUBT),
        (12, "budget_fen", 5_840_000, Severity.READ),
        (17, "budget_fen", 2_733_600_000, Severity.READ),
        (2, "place", "漳州市公共资源交易中心（漳州市龙文区水仙大街", Severity.DOUBT),
    ],
)
def test_hand_reading_of_the_odd_ones(
    intakes: list[Intake], index: int, field: str, value: object, severity: Severity
) -> None:
    assert getattr(intakes[index].fields, field) == value
    assert worst(intakes[index], field) is severity


def test_a_notice_without_text_proposes_nothing_that_only_a_text_can_say(
    intakes: list[Intake],
) -> None:
    for index in (16, 19):
        intake = intakes[index]
        assert worst(intake, "text") is Severity.MISSING
        fields = intake.fields
        assert (fields.name, fields.owner, fields.budget_fen, fields.deadline) == (None,) * 4
        assert worst(intake, "name") is Severity.DOUBT


def test_kinds_that_open_no_trade_are_told(
    items: list[dict[str, Any]], intakes: list[Intake]
) -> None:
    for item, intake in zip(items, intakes, strict=True):
        opens = item["info_type"] in {"招标/资审公告", "采购/资审公告", "交易公告"}
        assert (worst(intake, "kind") is Severity.READ) == opens
        assert opens or not intake.ready


def test_what_two_places_say_differently_is_shown_with_both() -> None:
    intake = changed(issuer="另一单位")
    doubt = next(one for one in intake.of("owner") if one.severity is Severity.DOUBT)
    assert "某县教育局" in doubt.found
    assert "另一单位" in doubt.found
    assert intake.fields.owner == "某县教育局"


@pytest.mark.parametrize("mark", ["锟斤拷", "\ufffd", "æ\x8b\x9b", "<p>", "&nbsp;"])
def test_damaged_text_is_told(mark: str) -> None:
    intake = changed(content_text=ITEM["content_text"] + mark)
    assert worst(intake, "text") in {Severity.DOUBT, Severity.BROKEN}


@pytest.mark.parametrize("seal", ["（盖章）", "(公章)", "/", "——", "无"])
def test_a_place_for_a_seal_is_not_a_name(seal: str) -> None:
    intake = said("招标人：某县教育局", f"招标人：{seal}")
    assert intake.fields.owner is None
    assert worst(intake, "owner") is Severity.BROKEN


def test_an_amount_without_a_unit_is_never_guessed() -> None:
    intake = said("合同估算价：500万元", "合同估算价：5000000")
    assert intake.fields.budget_fen is None
    assert worst(intake, "budget_fen") is Severity.DOUBT
    assert said("最高限价：490万元", "最高限价：0.8%").fields.ceiling_fen is None


def test_a_day_without_an_hour_is_counted_openly_for_the_sale_and_never_for_the_deadline() -> None:
    sale = said("3月31日17:00", "3月31日")
    assert sale.fields.sale_until == at(2026, 4, 1, 0, 0)
    assert any("止日二十四时" in one.message for one in sale.of("sale_until"))
    deadline = said("投标截止时间：2026年4月20日09:30", "投标截止时间：2026年4月20日")
    assert deadline.fields.deadline is None
    assert worst(deadline, "deadline") is Severity.DOUBT


@pytest.mark.parametrize("date", ["2026年2月30日09:30", "2026年13月1日09:30", "2026年4月20日29:30"])
def test_a_date_that_does_not_exist_is_not_read(date: str) -> None:
    assert said("投标截止时间：2026年4月20日09:30", f"投标截止时间：{date}").fields.deadline is None


def test_an_empty_or_misshapen_item_gives_a_report_and_no_fault() -> None:
    for item in ({}, {"content_text": None, "title": 7, "structured_fields": None}):
        intake = read_notice(item)
        assert intake.fields == Proposal()
        assert all(intake.of(name) for name in FIELDS)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_broken_text_can_make_it_fail_or_propose_without_a_finding(data: st.DataObject) -> None:
    text = ITEM["content_text"]
    cut = data.draw(st.integers(0, len(text)))
    noise = data.draw(st.text(max_size=20))
    end = data.draw(st.integers(cut, len(text)))
    intake = changed(content_text=text[:cut] + noise + text[end:])
    for name in FIELDS:
        assert intake.of(name)
        proposed = getattr(intake.fields, name) is not None
        assert proposed == any(f.severity is Severity.READ and f.found for f in intake.of(name))
