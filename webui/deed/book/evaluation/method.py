"""Deeds of evaluation 评标 that the owner does: the method, before anybody bids; the start."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from bidding.evaluation.method import HUNDRED, Method, set_method, start
from bidding.scoring import Formula, PriceRule
from monitor.refusal import Invalid
from trading.registration.project import found_project
from webui.deed.choice import Choice
from webui.deed.deed import Case, Deed, Values
from webui.deed.field import Text, Typed
from webui.deed.fill.choice import SECTION, category, names_of, row
from webui.deed.rows import Rows

PROCUREMENT = "procurement"


class Points(Text):
    """Points out of 100 with at most two decimals, as whole hundredths."""

    def value(self, typed: Typed) -> Any:
        """Return hundredths of a point."""
        try:
            told = Decimal(self.text(typed, 8)) * 100
        except InvalidOperation:
            raise self.wrong("分值如 30 或 12.5 / points, as 30 or 12.5") from None
        if not (told.is_finite() and 0 <= told <= HUNDRED and told == told.to_integral_value()):
            raise self.wrong("分值为0至100，最多两位小数 / 0 to 100, two decimals at most")
        return int(told)


CRITERIA = (
    Text("criterion", most=60, words="评分项 / criterion"),
    Points("points", words="满分 / full points"),
)


def _criteria(case: Case) -> list[dict[str, Any]]:
    if category(case) == PROCUREMENT:
        return [row(criterion="技术和服务", points="50"), row(criterion="业绩", points="15")]
    return [row(criterion="施工组织设计", points="40"), row(criterion="业绩和信誉", points="10")]


def _formula(case: Case) -> str:
    return (Formula.LOWEST if category(case) == PROCUREMENT else Formula.BENCHMARK).value


def _price(case: Case) -> str:
    return "35" if category(case) == PROCUREMENT else "50"


def _method(_: Case, values: Values) -> Values:
    formula: Formula = values["formula"]
    names = [each["criterion"] for each in values["criteria"]]
    if len(set(names)) < len(names):
        raise Invalid("criteria", "评分项重复 / one criterion twice")
    codes = {f"c{number}": each for number, each in enumerate(values["criteria"], 1)}
    method = Method(
        {code: each["points"] for code, each in codes.items()},
        _rule(formula, values),
        {code: each["criterion"] for code, each in codes.items()},
    )
    return {"section": values["section"], "method": method}


def _rule(formula: Formula, values: Mapping[str, Any]) -> PriceRule:
    if formula is Formula.LOWEST:
        return PriceRule(formula, values["price_points"])
    named = {name: values[name] or 0 for name in ("above", "below", "lowered")}
    return PriceRule(formula, values["price_points"], **named)


def _brief(case: Case) -> Iterable[tuple[str, Any]]:
    with case.source.platform.read() as session:
        project = found_project(session, case.id)
    yield "brief.project", project.name


DEEDS = (
    Deed(
        set_method,
        (
            SECTION,
            Rows("criteria", columns=CRITERIA, shown=3, start=_criteria, hint="hint.criteria"),
            Choice(
                "formula",
                options=names_of("choice.formula", Formula),
                kind=Formula,
                start=_formula,
                hint="hint.formula",
            ),
            Points("price_points", start=_price, hint="hint.price_points"),
            Points("above", required=False, start=lambda _: "1", hint="hint.above"),
            Points("below", required=False, start=lambda _: "0.5", hint="hint.below"),
            Points("lowered", required=False, start=lambda _: "2", hint="hint.lowered"),
        ),
        _method,
        brief=_brief,
    ),
    Deed(start, (SECTION,)),
)
