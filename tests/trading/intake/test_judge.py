"""A notice held against the law: each breach is named with its rule, nothing is changed."""

import pytest

from tests.trading.intake.model import ITEM, changed, said
from trading.intake.finding import Severity

BREACHES = {
    "deposit over 2 %": (
        "投标保证金：10万元",
        "投标保证金：10.01万元",
        "deposit_fen",
        "works.deposit_share",
    ),
    "sold for three days": (
        "至2026年3月31日",
        "至2026年3月19日",
        "sale_until",
        "works.document_supply",
    ),
    "19 days to bid": (
        "截止时间：2026年4月20日",
        "截止时间：2026年4月3日",
        "deadline",
        "works.bid_preparation",
    ),
    "opened later": (
        "开标时间：2026年4月20日09:30",
        "开标时间：2026年4月20日10:30",
        "opening",
        "opening_at",
    ),
}


@pytest.mark.parametrize("name", BREACHES)
def test_a_breach_of_the_law_is_named_with_its_rule_and_the_value_stays_as_printed(
    name: str,
) -> None:
    old, new, field, rule = BREACHES[name]
    intake = said(old, new)
    broken = [one for one in intake.of(field) if one.severity is Severity.BROKEN]
    assert len(broken) == 1
    assert rule in broken[0].rule
    assert getattr(intake.fields, field) is not None
    assert not intake.ready


def test_a_procurement_ceiling_above_the_budget_is_named() -> None:
    intake = changed(
        business_type="政府采购",
        content_text=ITEM["content_text"].replace("合同估算价：500万元", "预算金额：480万元"),
    )
    assert any("procurement.price_ceiling" in one.rule for one in intake.of("ceiling_fen"))
