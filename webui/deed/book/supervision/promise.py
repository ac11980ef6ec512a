"""Deeds of promised limits 承诺时限: the centre's for every trade, a tenderee's for its own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from monitor.law.rule import Rule
from trading.registration.project import found_project
from trading.supervision.promise import OWN, give, promisable, set_limit
from webui.deed.choice import Choice
from webui.deed.deed import Case, Caution, Deed, Values
from webui.deed.field import Whole
from webui.page.language import text, tongue

NUMBER = Whole("number", hint="promise.number_hint", words="承诺时限 / Promised limit")


def _listed(rules: Iterable[Rule]) -> list[tuple[str, str]]:
    return [
        (
            rule.id,
            tongue(rule.zh, rule.en)
            + text("part.brackets", words=text(f"efficiency.unit.{rule.unit}", n=rule.number)),
        )
        for rule in rules
    ]


def _every(_: Case) -> Iterable[tuple[str, str]]:
    return _listed(promisable())


def _own(case: Case) -> Iterable[tuple[str, str]]:
    category = case.told(_category)
    return _listed(rule for rule in promisable(category) if rule.who in OWN)


def _category(session: Any, project: UUID) -> str:
    return found_project(session, project).category


def _long(_: Case, values: Values) -> Iterable[Caution]:
    """Say where a promise takes off less than half of the law's limit."""
    for rule in promisable():
        if rule.id == values["rule"] and rule.number // 2 < values["number"] < rule.number:
            yield Caution("number", "比法定时限缩短不足一半 / less than half off the legal limit")


def _after(_case: Case, _: Any) -> str:
    return "/promises"


STEP = "事项 / Step"
DEEDS = (
    Deed(
        set_limit,
        (Choice("rule", options=_every, words=STEP), NUMBER),
        whole=True,
        after=_after,
        cautions=_long,
    ),
    Deed(give, (Choice("rule", options=_own, words=STEP), NUMBER), after=_after, cautions=_long),
)
