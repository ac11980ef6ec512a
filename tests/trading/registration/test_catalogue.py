"""In or out, with the reason: the figures themselves are in, and splitting moves nothing out."""

import pytest

from monitor.law.rule import load as load_rules
from monitor.refusal import Invalid
from tests.trading.projects import a_filing
from trading.money import FEN
from trading.registration.catalogue import judge, load
from trading.registration.code import checked_project, checked_trade, section_code
from trading.registration.filing import check, verdict
from trading.registration.project import Lot


@pytest.mark.parametrize(
    ("kind", "yuan"), [("construction", 4_000_000), ("goods", 2_000_000), ("service", 1_000_000)]
)
def test_a_works_trade_must_be_tendered_from_its_threshold_on(kind: str, yuan: int) -> None:
    subject = load().kind("works", kind)
    at, below = yuan * FEN, yuan * FEN - 1
    assert judge(subject, at, state_funds=True).must_tender
    assert not judge(subject, below, state_funds=True).must_tender
    assert not judge(subject, below, state_funds=True).inside


def test_a_verdict_gives_its_reason_and_its_basis() -> None:
    found = judge(load().kind("works", "goods"), 2_500_000 * FEN, state_funds=True)
    assert "2,500,000.00" in found.reason
    assert "2,000,000.00" in found.reason
    assert found.basis == "必须招标的工程项目规定（16号令） 5"


def test_private_money_may_stay_outside_whatever_the_sum() -> None:
    found = judge(load().kind("works", "construction"), 10**12, state_funds=False)
    assert (found.inside, found.must_tender) == (False, False)


def test_a_project_split_into_small_sections_is_judged_by_their_sum() -> None:
    lots = (Lot("一", 2_000_000 * FEN), Lot("二", 2_000_000 * FEN))
    assert verdict(a_filing(lots=lots)).must_tender


def test_what_the_same_item_already_took_counts_too() -> None:
    small = (Lot("一", 500_000 * FEN),)
    alone = a_filing("procurement", "goods", lots=small)
    split = a_filing("procurement", "goods", lots=small, same_item_fen=3_500_000 * FEN)
    assert not verdict(alone).must_tender
    assert verdict(split).must_tender


def test_every_kind_is_of_a_category_and_names_its_source() -> None:
    catalogue = load()
    assert {kind.category for kind in catalogue.kinds.values()} == set(catalogue.categories)
    ceilings = {kind.deposit_ceiling for kind in catalogue.kinds.values()} - {""}
    assert ceilings <= {rule.id for rule in load_rules()}
    assert all(kind.basis and kind.mark for kind in catalogue.kinds.values())


def test_an_agency_brings_one_more_paper() -> None:
    with_one = {item.key for item in load().checklist("works", agency=True)}
    without = {item.key for item in load().checklist("works", agency=False)}
    assert with_one - without == {"mandate"}


@pytest.mark.parametrize("code", ["E6212000612016569001", "GC530100202600193001"])
def test_real_codes_of_twenty_places_are_taken_as_they_are(code: str) -> None:
    assert checked_project(f" {code} ", "standard") == code
    assert section_code(code, 7) == f"{code}007"
    assert len(section_code(code, 7)) == 23


@pytest.mark.parametrize("code", ["", "E621200061201656900", "e6212000612016569001", "X" * 20])
def test_a_standard_code_of_another_form_is_refused(code: str) -> None:
    with pytest.raises(Invalid, match="20"):
        checked_project(code, "standard")


def test_a_free_code_has_up_to_fifty_places() -> None:
    assert checked_project("SDGP370211000202602000063", "free")
    assert checked_project("采" * 50, "free")
    for code in ("采" * 51, "a\nb", " "):
        with pytest.raises(Invalid, match="50"):
            checked_project(code, "free")


def test_a_unified_trade_code_is_opaque_but_of_forty_places() -> None:
    code = "A01-91350100M000100Y43-20260316-000027-7"
    assert len(code) == 40
    assert checked_trade(code.lower()) == code
    assert checked_trade(None) is None
    for wrong in (code[:-1], code + "1", code.replace("-", "_")):
        with pytest.raises(Invalid, match="40"):
            checked_trade(wrong)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", " "),
        ("category", "gifts"),
        ("kind", "gift"),
        ("region", "35020"),
        ("sections", ()),
        ("sections", (Lot("一", 0),)),
        ("sections", (Lot("", 1),)),
        ("same_item_fen", -1),
        ("evidence", {"approval": "not a digest"}),
        ("evidence", {"bribe": "0" * 64}),
        ("trade_code", "A01"),
    ],
)
def test_a_filing_names_the_field_that_is_wrong(field: str, value: object) -> None:
    with pytest.raises(Invalid) as refused:
        check(a_filing(**{field: value}))  # type: ignore[arg-type]
    assert refused.value.field.startswith(field)
