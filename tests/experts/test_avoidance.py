"""Avoidance: each person by the first rule that names him; what restricts acts at once."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from experts.avoidance import DAY, Case, Rule, RuleSet, excluded_by, screen
from experts.coverage import coverage_alarm
from experts.dossier import Expert, Span, fact_value, registry_root
from experts.draw.encoding import DrawError, H
from experts.draw.pool import Pool, root
from experts.recheck import blind_recheck
from monitor.log.canonical import canonical
from tests.experts.draw_world import NOW, OLD, a_case, an_expert

RULES = RuleSet()
FRESH = NOW - DAY


def job(org: str, end: int | None = None, known: int | None = None) -> dict[str, object]:
    return {"employers": (Span(org, OLD, OLD, end, known),)}


EXCLUSIONS: list[tuple[Rule, dict[str, object]]] = [
    (Rule.STATUS, {"active": Span("active", OLD, OLD, NOW - 1, NOW - 1)}),
    (Rule.STATUS, {"active": Span("active", NOW + 1, OLD)}),
    (Rule.COOLING, {"active": Span("active", FRESH, FRESH)}),
    (Rule.SPECIALTY, {"specialties": (Span("Z99", OLD, OLD),)}),
    (Rule.SPECIALTY, {"specialties": (Span("A01", OLD, FRESH),)}),
    (Rule.REGION, {"region": Span("1101", OLD, OLD)}),
    (Rule.REGION, {"region": Span("3301", FRESH, FRESH)}),
    (Rule.EMPLOYER_NOW, job("buyer")),
    (Rule.EMPLOYER_NOW, job("bidder")),
    (Rule.EMPLOYER_NOW, {"employers": (Span("agent", NOW, NOW),)}),
    (Rule.EMPLOYER_NOW, job("agent", NOW - 100 * DAY, FRESH)),
    (Rule.EMPLOYER_RECENT, job("buyer", NOW - 300 * DAY, NOW - 300 * DAY)),
    (Rule.KINSHIP, {"relations": (Span("kinship:bidder", OLD, OLD),)}),
    (Rule.SHAREHOLDING, {"relations": (Span("shareholding:buyer", NOW, NOW),)}),
    (Rule.DECLARED, {"relations": (Span("declared:agent", OLD, OLD, NOW - 9, FRESH),)}),
    (Rule.FREQUENCY, {"served": tuple((NOW - n * DAY, "x") for n in range(8))}),
    (Rule.PURCHASER_FREQUENCY, {"served": tuple((NOW - n * 50 * DAY, "buyer") for n in range(3))}),
    (Rule.CALENDAR, {"busy": ((NOW + DAY, NOW + DAY + 1),)}),
    (Rule.SUSPENSION, {"suspensions": (Span("order 1", NOW, NOW),)}),
    (Rule.SUSPENSION, {"suspensions": (Span("order 1", OLD, OLD, NOW - 2, FRESH),)}),
    (Rule.OWN_UNIT, job("bureau")),
    (Rule.EARLIER_PART, {"uid": "E7777"}),
]

PASSES: list[dict[str, object]] = [
    {},
    job("buyer", NOW - 1200 * DAY, NOW - 1200 * DAY),
    {"relations": (Span("kinship:other", OLD, OLD),)},
    {"relations": (Span("declared:agent", OLD, OLD, NOW - 90 * DAY, NOW - 90 * DAY),)},
    {"suspensions": (Span("order 1", OLD, OLD, NOW - 90 * DAY, NOW - 90 * DAY),)},
    {"served": tuple((NOW - n * DAY, "x") for n in range(7))},
    {"served": tuple((NOW - (181 + n) * DAY, "buyer") for n in range(3))},
    {"busy": ((NOW, NOW + DAY), (NOW + 2 * DAY, NOW + 3 * DAY))},
]


def the_case(**facts: object) -> Case:
    return a_case(
        regions=frozenset({"3301"}),
        bidders=frozenset({"bidder"}),
        supervisors=frozenset({"bureau"}),
        took_part=frozenset({"E7777"}),
        **facts,
    )


@pytest.mark.parametrize(("rule", "facts"), EXCLUSIONS)
def test_each_rule_excludes_whom_it_names(rule: Rule, facts: dict[str, object]) -> None:
    assert excluded_by(an_expert(1, **facts), the_case(), RULES) is rule


@pytest.mark.parametrize("facts", PASSES)
def test_whom_no_rule_names_is_eligible(facts: dict[str, object]) -> None:
    assert excluded_by(an_expert(1, **facts), the_case(), RULES) is None


def test_every_rule_has_a_case() -> None:
    assert {rule for rule, _ in EXCLUSIONS} == set(Rule)


def test_the_order_of_the_rules_is_data_and_the_first_one_counts() -> None:
    twice = an_expert(1, **job("buyer"), suspensions=(Span("order", OLD, OLD),))
    assert excluded_by(twice, the_case(), RULES) is Rule.EMPLOYER_NOW
    other = replace(RULES, order=tuple(reversed(RULES.order)))
    assert excluded_by(twice, the_case(), other) is Rule.SUSPENSION
    assert other.digest != RULES.digest


@given(st.lists(st.sampled_from([facts for _, facts in EXCLUSIONS] + PASSES), max_size=30))
def test_registered_is_eligible_and_excluded_together(chosen: list[dict[str, object]]) -> None:
    experts = [an_expert(n, **{**facts, "uid": f"E{n:04d}"}) for n, facts in enumerate(chosen)]
    screened = screen(experts, the_case(), RULES)
    counted = sum(number for _, number in screened.counts())
    assert len(experts) == len(screened.eligible) + counted
    assert not {e.u for e in screened.eligible} & set(screened.excluded)


def test_a_new_job_counts_at_once_and_the_leaf_names_it() -> None:
    moved = an_expert(
        1, employers=(Span("old", OLD, OLD, NOW - 1, NOW - 1), Span("new", NOW - 1, NOW - 1))
    )
    assert screen([moved], the_case(), RULES).eligible[0].o == "new"


def test_the_leaf_holds_only_the_strata_of_this_draw() -> None:
    many = an_expert(1, specialties=tuple(Span(s, OLD, OLD) for s in ("A01", "B02", "C03")))
    assert screen([many], the_case(), RULES).eligible[0].s == (1, 2)


def test_any_change_of_a_registered_fact_changes_the_root_of_the_register() -> None:
    experts = [an_expert(n) for n in range(5)]
    before = registry_root(experts)
    changed = [replace(experts[0], busy=((1, 2),)), *experts[1:]]
    assert registry_root(changed) != before == registry_root(experts[::-1])
    with pytest.raises(DrawError, match="repeats"):
        registry_root([*experts, experts[0]])


def everybody(number: int) -> Expert:
    return an_expert(number, region=Span("3301" if number < 200 else "3302", OLD, OLD))


def only_one_decile_left_out(number: int) -> Expert:
    gone = (Span("order", OLD, OLD),) if number < 40 else ()
    return replace(everybody(number), suspensions=gone)


def one_region_left_out(number: int) -> Expert:
    gone = (Span("order", OLD, OLD),) if number >= 200 else ()
    return replace(everybody(number), suspensions=gone)


@pytest.mark.parametrize(
    ("make", "alarm"),
    [(only_one_decile_left_out, "decile 0"), (one_region_left_out, "region 3302")],
)
def test_a_part_of_the_register_that_silently_disappears_raises_the_alarm(
    make: Callable[[int], Expert], alarm: str
) -> None:
    experts = [make(n) for n in range(400)]
    case = a_case()
    assert alarm in coverage_alarm(experts, screen(experts, case, RULES), case, RULES)
    whole = [everybody(n) for n in range(400)]
    assert coverage_alarm(whole, screen(whole, case, RULES), case, RULES) == ()


def test_a_recheck_names_leaves_and_rules_but_no_person_and_no_bidder() -> None:
    experts = {f"E{n:04d}": an_expert(n) for n in range(12)}
    pool = Pool.build(bytes(32), screen(experts.values(), a_case(), RULES).eligible)
    known = a_case(bidders=frozenset({"org3"}))
    del experts["E0000"]
    found = blind_recheck(pool, experts, known, RULES, NOW)
    told = {pool.entries[bytes.fromhex(row[0])].u: row[1] for row in found["barred"]}  # type: ignore[union-attr,index,arg-type]
    assert told == {"E0003": "employer_now", "E0000": "status"}
    assert "org3" not in str(found)
    assert "E0003" not in str(found)


WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=9)
TIMES = st.integers(0, 2**53 - 1)
SPANS = st.builds(Span, WORDS, TIMES, TIMES, st.none() | TIMES, st.none() | TIMES)
SOME = st.lists(SPANS, max_size=3).map(tuple)


@given(
    st.builds(
        Expert, WORDS, SPANS, SPANS, SOME, SOME, SOME, SOME,
        st.lists(st.tuples(TIMES, WORDS), max_size=2).map(tuple),
        st.lists(st.tuples(TIMES, TIMES), max_size=2).map(tuple), st.integers(1, 16),
    )
)  # fmt: skip
def test_a_registry_is_the_root_over_the_canonical_facts_of_everybody(one: Expert) -> None:
    everybody = (one, replace(one, uid=f"{one.uid}+"))
    leaves = sorted(H("registry", canonical(fact_value(each))) for each in everybody)
    assert registry_root(everybody) == root(leaves)
