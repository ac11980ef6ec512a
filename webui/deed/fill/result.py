"""The result as its deeds need it: the committee's order, the prices, what may be awarded when."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from bidding.opened import opened_bids
from monitor.law.limit import number, reckon
from monitor.law.rule import Bound, Enforcement, Rule
from monitor.refusal import NotFound, WrongStage
from trading.award.award import award_of
from trading.award.candidate import MOST, publicity_of
from trading.award.objection import objections
from trading.award.ranking import Ranking, ranking
from trading.money import format_yuan
from trading.registration.project import found_project, rules_for, sections
from webui.deed.deed import Case, Caution
from webui.deed.fill.choice import row
from webui.deed.fill.paper import beijing
from webui.page.language import text

DEMO = {
    "manager": "演示项目经理",
    "certificate": "演示证书",
    "qualification": "满足招标文件",
}


def order(case: Case) -> list[Ranking]:
    """Return the ranked bids of the sections that are not awarded, the first of each first."""
    found: list[Ranking] = []
    with case.source.platform.read() as session:
        for lot in sections(session, case.id):
            try:
                found += [
                    each for each in ranking(session, case.id, lot.id) if each.rank is not None
                ]
            except WrongStage:
                continue
    return found


def offers(case: Case) -> list[dict[str, Any]]:
    """Return a row for each candidate, by rank, as its bid was read out; in a demo with samples."""
    sample = DEMO if case.source.demo else dict.fromkeys(DEMO, "")
    return [
        row(
            candidate=f"{each.rank} {each.name}",
            **_offered(case, each),
            **_numbered(sample, each.rank or 0),
        )
        for each in order(case)
        if (each.rank or MOST + 1) <= MOST
    ]


def _offered(case: Case, ranked: Ranking) -> dict[str, str]:
    """Return what a candidate's own bid promises of quality and time."""
    with case.source.platform.read() as session:
        for bid in opened_bids(session, case.id, ranked.section):
            if bid.uscc == ranked.uscc:
                days = bid.letter["period_days"]
                return {"quality": bid.letter["quality"], "period": f"{days} 日历天"}
    return {"quality": "", "period": ""}


def _numbered(sample: dict[str, str], rank: int) -> dict[str, str]:
    named = ("manager", "certificate")
    return {key: f"{told}{rank}" if told and key in named else told for key, told in sample.items()}


def candidates(case: Case) -> Iterable[tuple[str, str]]:
    """Return who may be awarded, by credit code, with rank and price."""
    for each in order(case):
        if each.rank is not None and each.rank <= MOST:
            yield each.uscc, f"{each.rank}　{each.name}　{format_yuan(each.price_fen or 0)} 元"


def winner(case: Case) -> str:
    """Return the first of the ranking."""
    return next((each.uscc for each in order(case) if each.rank == 1), "")


def ranked(case: Case) -> Iterable[tuple[str, Any]]:
    """Tell the committee's order."""
    for each in order(case):
        price = f"{format_yuan(each.price_fen or 0)} 元"
        yield "brief.ranked", f"{each.rank}　{each.name}　{price}　{each.score}"


def shown(case: Case) -> Iterable[tuple[str, Any]]:
    """Tell the order, and until when it is shown."""
    yield from ranked(case)
    first = next(iter(order(case)), None)
    if first is None:
        return
    with case.source.platform.read() as session:
        publicity = publicity_of(session, first)
    if publicity is not None:
        yield "brief.publicity", publicity.ends_at


def late(from_action: str, to_action: str, since: Callable[[Case], Any]) -> Any:
    """Return the cautions of an act that comes after its limit: it is done, and shown as late."""

    def cautions(case: Case, _: Any) -> Iterable[Caution]:
        begun = since(case)
        for rule in limits(case, from_action, to_action):
            if begun is not None and rule.bound is Bound.AT_MOST:
                yield from _late(rule, begun, case)

    return cautions


def _late(rule: Rule, begun: Any, case: Case) -> Iterable[Caution]:
    at = reckon(rule, begun).at
    if rule.enforcement is Enforcement.WARN and case.now > at:
        when = beijing(at)
        yield Caution("", f"已超过期限（{when}）：{rule.zh} / late, {when}: {rule.en}", rule.id)


def limits(case: Case, from_action: str, to_action: str) -> list[Rule]:
    """Return the rules of time between two acts that bind the trade now."""
    with case.source.platform.read() as session:
        rules = rules_for(found_project(session, case.id), case.now)
    return [rule for rule in rules.between(from_action, to_action) if rule.is_time]


def reported(case: Case) -> Any:
    """Return when the committee reported."""
    first = next(iter(order(case)), None)
    return first.reported_at if first else None


def awarded(case: Case) -> Any:
    """Return when the first section was awarded."""
    found = _awards(case)
    return min((each.issued_at for each in found), default=None)


def price(case: Case) -> Iterable[tuple[str, Any]]:
    """Tell the award: whose it is, at what price, and the most that a bond may be."""
    with case.source.platform.read() as session:
        rules = rules_for(found_project(session, case.id), case.now)
    for each in _awards(case):
        yuan = format_yuan(each.price_fen)
        yield "brief.award", f"{each.name}　{yuan} 元"
        yield "brief.awarded", each.issued_at
        for rule in rules.between("contract.sign", "contract.sign"):
            yield "brief.bond", f"{format_yuan(number(rule, each.price_fen))} 元"


def price_fen(case: Case) -> int | str:
    """Return the award's price, where there is one."""
    found = _awards(case)
    return found[0].price_fen if len(found) == 1 else ""


def _awards(case: Case) -> list[Any]:
    found = []
    with case.source.platform.read() as session:
        for lot in sections(session, case.id):
            try:
                found.append(award_of(session, case.id, lot.id))
            except NotFound:
                continue
    return found


def open_objections(case: Case) -> Iterable[tuple[str, str]]:
    """Return the objections that wait for an answer, without whoever raised them."""
    with case.source.platform.read() as session:
        found = [each for each in objections(session, case.id) if each.answered_at is None]
    named = [(each, text(f"choice.objection.{each.kind}")) for each in found]
    return [(str(each.id), f"{kind}：{each.text[:200]}") for each, kind in named]
