"""A plan from real input: what is taken, and a line for everything that is not."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.trading.intake.model import ITEM
from tests.webui.demo.row import ROWS, a_code, a_row
from trading.intake.notice import read_notice
from trading.registration.filing import Filing, check
from trading.registration.project import Lot
from webui.demo.plan import MANNERS, Plan
from webui.demo.real import NotTender, plan_from

NOTICES = Path(__file__).parents[4] / "shared" / "data" / "notices.json"
TEXT = ITEM["content_text"]


def lines(plan: Plan, *words: str) -> list[str]:
    return [line for line in plan.remarks if all(word in line for word in words)]


def spoilt(old: str, new: str, **values: Any) -> Plan:
    assert old in TEXT
    return plan_from({**ITEM, **values, "content_text": TEXT.replace(old, new)})


def test_a_plain_notice_keeps_its_own_name_sums_and_supply() -> None:
    plan = plan_from(ITEM)
    assert (plan.name, plan.code, plan.owner) == ("某县体育馆", ITEM["project_code"], "某县教育局")
    assert (plan.estimate_fen, plan.ceiling_fen) == (500_000_000, 490_000_000)
    assert plan.deposit_fen == 10_000_000
    assert plan.supply_until.isoformat() == "2026-03-31T17:00:00+08:00"
    assert not lines(plan, "项目名称 / name") + lines(plan, "最高限价 / price ceiling")


def test_a_deadline_outside_the_plays_days_is_moved_and_told() -> None:
    assert plan_from(ITEM).bid_end is None
    [line] = lines(plan_from(ITEM), "投标截止")
    assert "2026年4月20日09:30" in line
    assert "→ 演示采用 2026-04-10 09:30" in line


def test_a_deadline_that_breaks_the_law_is_moved_with_the_article() -> None:
    plan = spoilt("投标截止时间：2026年4月20日", "投标截止时间：2026年4月1日")
    assert plan.deadline == plan.at(25, "09:30")
    [line] = lines(plan, "投标截止 / bid deadline")
    assert "招标投标法 24" in line
    assert "2026年4月1日" in line


def test_a_lawful_deadline_within_the_play_stands() -> None:
    plan = spoilt("2026年4月20日09:30", "2026年4月8日10:00")
    assert plan.deadline.isoformat() == "2026-04-08T10:00:00+08:00"
    assert not lines(plan, "投标截止")


def test_a_deposit_above_two_percent_is_cut_to_it_with_the_article() -> None:
    plan = spoilt("保证金：10万元", "保证金：30万元")
    assert plan.deposit_fen == plan.estimate_fen * 2 // 100
    [line] = lines(plan, "投标保证金")
    assert "30万元" in line
    assert "招标投标法实施条例 26" in line


def test_no_deposit_is_told_before_one_is_invented() -> None:
    plan = spoilt("投标保证金：10万元", "不收取投标保证金")
    assert 0 < plan.deposit_fen <= plan.estimate_fen * 2 // 100
    assert lines(plan, "投标保证金", "不收取", "虚构")


def test_a_code_that_breaks_the_form_is_replaced_by_an_invented_one() -> None:
    plan = plan_from({**ITEM, "project_code": "短号-1"})
    assert plan.code.startswith("E1399000001")
    [line] = lines(plan, "项目编号")
    assert "短号-1" in line
    assert "20位" in line


def test_a_value_in_doubt_is_taken_and_told_with_both_sources() -> None:
    plan = spoilt("招标人：某县教育局", "项目编号：另号-7\n招标人：某县教育局")
    assert plan.code == ITEM["project_code"]
    [line] = lines(plan, "项目编号")
    assert "另号-7" in line
    assert "照录" in line


def test_a_budget_without_a_unit_is_never_guessed() -> None:
    plan = spoilt("合同估算价：500万元", "合同估算价：5000000", budget="5000000")
    assert plan.estimate_fen == plan.ceiling_fen == 490_000_000
    assert lines(plan, "预算或估算价", "5000000", "最高限价代")


def test_a_procurement_ceiling_above_the_budget_is_cut_to_it() -> None:
    plan = spoilt("最高限价：490万元", "最高限价：510万元", business_type="政府采购")
    assert plan.ceiling_fen == plan.estimate_fen
    assert lines(plan, "最高限价 / price ceiling", "510万元", "87号令")


def test_every_field_that_was_not_read_has_its_line() -> None:
    plan = plan_from(
        {**ITEM, "title": "某县体育馆", "content_text": "", "project_code": "", "detail_url": ""}
    )
    for label in ("项目名称", "地区", "招标人 /", "项目编号", "交易方式", "预算", "最高限价 /",
                  "投标保证金", "发布时间", "文件获取起", "文件获取止", "投标截止", "开标时间",
                  "开标地点", "代理机构", "招标人信用代码", "标的种类"):  # fmt: skip
        assert lines(plan, label), label


@pytest.mark.parametrize(
    "values",
    [
        {"info_type": "交易结果公示"},
        {"info_type": "采购合同"},
        {"business_type": "其他"},
        {"info_type": "更正事项"},
    ],
)
def test_what_opens_no_tender_is_refused_by_its_kind(values: Mapping[str, str]) -> None:
    with pytest.raises(NotTender, match="not a tender or procurement notice") as refused:
        plan_from({**ITEM, **values})
    assert next(iter(values.values())) in str(refused.value)


def test_invented_tenderers_bid_within_the_ceiling_and_say_so() -> None:
    plan = plan_from(ITEM)
    assert [one.manner for one in plan.rivals] == [*MANNERS, "late", "unsealed"]
    assert all(one.name.startswith("演示") for one in plan.rivals)
    assert all(0 < one.price_fen <= plan.ceiling_fen for one in plan.rivals)
    assert lines(plan, "投标人", "虚构")


def test_real_tenderers_keep_name_code_and_price() -> None:
    plan = plan_from(ITEM, ROWS)
    real = plan.rivals[: len(ROWS)]
    assert [(one.name, one.uscc) for one in real] == [(r["bidder"], r["uscc"]) for r in ROWS]
    assert [one.manner for one in real] == [*MANNERS, "plain"]
    assert [one.price_fen for one in real[1:]] == [470_123_400 + n * 1_000_000 for n in range(2, 9)]
    assert real[0].price_fen - plan.cut_fen == 471_123_400, "the version that counts is the real"
    assert [one.name[:2] for one in plan.rivals[len(ROWS) :]] == ["演示", "演示"]
    for rival in real:
        if rival.manner != "plain":
            assert lines(plan, rival.name, "演示安排")


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"uscc": a_code(3)[:-1] + "?"}, "GB 32100"),
        ({"uscc": a_code(3)[:-1] + ("0" if a_code(3)[-1] != "0" else "1")}, "check character"),
        ({"uscc": a_code(1)}, "earlier row"),
        ({"bidder": "某1建设有限公司"}, "earlier row"),
        ({"bidder": " "}, "no name"),
    ],
)
def test_a_row_that_names_no_one_is_left_out_with_the_reason(
    cells: dict[str, str], reason: str
) -> None:
    plan = plan_from(ITEM, [*ROWS[:2], a_row(3, **cells), *ROWS[3:]])
    assert len(plan.rivals) == len(ROWS) - 1 + 2
    assert lines(plan, "不参演", reason)


def test_who_did_not_decrypt_is_absent_at_an_invented_price() -> None:
    lost = a_row(8, decrypt_status="未提交解密", price_wan="")
    plan = plan_from(ITEM, [*ROWS[:7], lost])
    absent = [one for one in plan.rivals if one.manner == "absent"]
    assert [one.name for one in absent] == [lost["bidder"]]
    assert absent[0].price_fen == 474_123_400
    assert lines(plan, lost["bidder"], "中位数", "虚构")


@pytest.mark.parametrize("price", ["0", "", "面议", "1.12345678"])
def test_a_price_that_cannot_be_read_is_told_as_printed(price: str) -> None:
    plan = plan_from(ITEM, [*ROWS[:7], a_row(8, price_wan=price)])
    assert lines(plan, "某8建设有限公司", f"“{price or '无'}”", "虚构")
    assert plan.rivals[7].price_fen == 474_123_400


def test_a_price_above_the_ceiling_and_an_outlier_are_kept_and_told() -> None:
    plan = plan_from(ITEM, [*ROWS[:7], a_row(8, price_wan="1500")])
    assert plan.rivals[7].price_fen == 1_500_000_000
    assert lines(plan, "某8建设有限公司", "中位数", "照录")
    assert lines(plan, "1 家高于最高限价", "某8建设有限公司")


def test_too_few_real_tenderers_are_filled_up_by_invented_ones() -> None:
    plan = plan_from(ITEM, ROWS[:2])
    assert [one.manner for one in plan.rivals] == [*MANNERS, "late", "unsealed"]
    assert sum(one.name.startswith("演示") for one in plan.rivals) == 7
    assert lines(plan, "可用的真实投标人 2 家")


def test_an_opening_record_alone_is_played_with_invented_sums_that_fit_it() -> None:
    plan = plan_from(None, [a_row(n, deposit="100,000") for n in range(1, 9)])
    assert plan.deposit_fen == 10_000_000
    assert plan.deposit_fen * 50 <= plan.estimate_fen
    assert max(one.price_fen for one in plan.rivals[1:8]) <= plan.ceiling_fen
    assert lines(plan, "没有公告", "虚构")


def test_all_47_real_notices_give_a_plan_that_registers_or_are_refused_by_name() -> None:
    if not NOTICES.exists():
        pytest.skip("the real notices, ../shared/data/notices.json, are absent")
    plans = 0
    for item in json.loads(NOTICES.read_text("utf-8")):
        intake = read_notice(item)
        if "资审公告" not in item["info_type"]:
            with pytest.raises(NotTender, match=intake.source):
                plan_from(item)
            continue
        plan = plan_from(item)
        plans += 1
        lot = Lot(plan.name[:60], plan.estimate_fen)
        check(Filing(plan.name, plan.code, plan.category, plan.kind, plan.region, True, (lot,), {}, None, plan.trade_code))  # fmt: skip
        assert plan.at(2) < plan.supply_until <= plan.deadline < plan.at(29, "00:00")
        assert plan.deposit_fen * 50 <= plan.estimate_fen
        for read, used in ((intake.fields.name, plan.name), (intake.fields.code, plan.code),
                           (intake.fields.budget_fen, plan.estimate_fen),
                           (intake.fields.ceiling_fen, plan.ceiling_fen)):  # fmt: skip
            assert read in {None, used}, "what was read plainly is what is played"
    assert plans == 24


def test_a_record_of_another_trade_gets_a_ceiling_that_it_fits_and_the_rules_of_it() -> None:
    small = TEXT.replace("500万元", "5万元").replace("490万元", "5万元").replace("10万元", "500元")
    plan = plan_from({**ITEM, "content_text": small}, ROWS)
    assert plan.ceiling_fen == plan.estimate_fen == 479_000_000
    assert lines(plan, "非同一宗", "50,000.00 元")
    assert not lines(plan, "高于最高限价")
