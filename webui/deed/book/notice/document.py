"""Deeds of tender documents 招标文件: issued, with terms, trustees and how bids are opened."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from monitor.law.limit import holds, number
from monitor.law.rule import Enforcement, Rule, Unit
from monitor.refusal import Invalid
from trading.money import format_yuan
from trading.notice.clause import Manner
from trading.notice.document import Issue, Terms, issue
from trading.notice.notice import current_notice
from trading.registration.project import found_project, kind_of, rules_for, sections
from webui.deed.brought import Blob
from webui.deed.choice import Choice
from webui.deed.deed import Case, Caution, Deed, Values
from webui.deed.field import Money, Text, Whole
from webui.deed.fill import price, roster
from webui.deed.fill.choice import file_or_sample, lots, names_of, row
from webui.deed.fill.paper import KINDS, MOST, PAPERS, given, store
from webui.deed.rows import Rows


def _estimates(case: Case) -> list[tuple[str, int]]:
    with case.source.platform.read() as session:
        return [(str(each.id), each.estimate_fen) for each in sections(session, case.id)]


def _terms(case: Case) -> list[dict[str, Any]]:
    """Begin with a lawful deposit in whole ten thousands, and the estimate as the ceiling."""
    rules = _measuring(case, "deposit")
    return [row(lot=lot, deposit=_most(rules, fen), ceiling=fen) for lot, fen in _estimates(case)]


def _most(rules: Iterable[Rule], estimate_fen: int) -> int:
    most = [number(rule, estimate_fen) for rule in rules]
    return min(most, default=0) // 1_000_000 * 1_000_000


def _measuring(case: Case, of: str) -> list[Rule]:
    """Return the rules that limit an amount in this trade; of the ceilings only its kind's own."""
    with case.source.platform.read() as session:
        project = found_project(session, case.id)
    own = kind_of(project).deposit_ceiling
    return [
        rule
        for rule in rules_for(project, case.now).measuring(of)
        if rule.unit is Unit.PERCENT or rule.id == own
    ]


def _above(case: Case, values: Values) -> Iterable[Caution]:
    """Point at a deposit above a ceiling that warns, and at trustees who are strangers here."""
    rules = [rule for rule in _measuring(case, "deposit") if rule.enforcement is Enforcement.WARN]
    for each in values["terms"]:
        for rule in rules:
            if not holds(rule, each["deposit"]):
                most = format_yuan(number(rule))
                yield Caution(
                    "terms",
                    f"保证金超过 {most} 元：{rule.zh} / deposit above {most} yuan: {rule.en}",
                    rule.id,
                )
    yield from roster.strangers(case, roster.chosen(case, values))


def _issued(case: Case, values: Values) -> Values:
    _require_lawful(case, values["terms"])
    manner, chosen = values["manner"], roster.chosen(case, values)
    body = given(case, "file", values["file"], values["title"], may=values.get("sample"))
    terms = {_lot(each["lot"]): Terms(each["deposit"], each["ceiling"]) for each in values["terms"]}
    paper = store(case, "tender", values["title"], body)
    return {
        "issue": Issue(
            name=values["title"],
            digest=paper.digest,
            size=paper.size,
            manner=manner,
            window_minutes=values["window_minutes"] if manner is Manner.BIDDERS_FIRST else 0,
            trustees=chosen.to_bytes(),
            validity_days=values["validity_days"],
            terms=terms,
            ceiling_method=values["ceiling_method"],
        ),
        "paper": paper,
        "table": price.stored(case, values.get("price_table")),
    }


def _require_lawful(case: Case, terms: list[dict[str, Any]]) -> None:
    """Raise Invalid that names the amount above its maximum, and that maximum as a sum."""
    rules = [
        rule
        for rule in _measuring(case, "deposit")
        if rule.unit is Unit.PERCENT and rule.enforcement is Enforcement.BLOCK
    ]
    estimates = dict(_estimates(case))
    for place, each in enumerate(terms):
        for rule in rules:
            most = number(rule, estimates.get(each["lot"], 0))
            if each["lot"] in estimates and each["deposit"] > most:
                raise Invalid(
                    f"terms.{place}.deposit",
                    f"最多 {format_yuan(most)} 元：{rule.zh} / "
                    f"at most {format_yuan(most)} yuan: {rule.en}",
                    rule=rule.id,
                )


def _lot(told: str) -> UUID:
    try:
        return UUID(told)
    except ValueError:
        raise Invalid("terms", "没有此标段 / no such section") from None


def _issue_brief(case: Case) -> Iterable[tuple[str, Any]]:
    with case.source.platform.read() as session:
        found = current_notice(session, case.id)
    if found is not None:
        yield "brief.supply_from", found.supply_from
        yield "brief.supply_until", found.supply_until
        yield "brief.deadline", found.deadline


TERMS = (
    Choice("lot", options=lots, words="标段 / section"),
    Money("deposit", words="投标保证金 / bid deposit"),
    Money("ceiling", required=False, words="最高限价 / price ceiling"),
)
DEEDS = (
    Deed(
        issue,
        (
            Text("title", words="文件名称 / name", start=lambda _: "招标文件"),
            *file_or_sample(most=MOST, accept=PAPERS, kinds=KINDS, hint="hint.tender_file"),
            Rows("terms", columns=TERMS, shown=0, start=_terms, hint="hint.terms"),
            Choice(
                "price_table",
                required=False,
                options=price.with_table,
                kind=UUID,
                hint="hint.price_table",
                only=lambda case: any(price.with_table(case)),
            ),
            Text("ceiling_method", required=False, hint="hint.ceiling_method"),
            Choice(
                "manner",
                options=names_of("choice.manner", Manner),
                kind=Manner,
                hint="hint.manner",
                start=lambda _: Manner.BIDDERS_FIRST.value,
            ),
            Whole(
                "window_minutes",
                least=0,
                greatest=1440,
                hint="hint.window",
                start=lambda _: 30,
            ),
            Choice(
                "roster",
                required=False,
                options=roster.used,
                hint="hint.roster",
                start=roster.newest,
            ),
            Blob("roster_file", required=False, accept=".json", hint="hint.roster_file"),
            Whole(
                "validity_days",
                least=1,
                greatest=365,
                hint="hint.validity",
                start=lambda _: 90,
            ),
        ),
        _issued,
        brief=_issue_brief,
        cautions=_above,
    ),
)
