"""Deeds of a committee's members 评标委员会: promise, score, reject, correct, sign, report.

Each is done under the seat's pseudonym; the seat's secret, which the member alone holds, proves it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from uuid import UUID

from bidding.correction import Quote, Written
from bidding.evaluation.method import method_of
from bidding.evaluation.price import correct_price
from bidding.evaluation.report import report
from bidding.evaluation.sheet import MAX_REASON, Ground, reject, score
from bidding.evaluation.signature import note_refusal, sign
from bidding.opened import opened_bids
from experts.ceremony.seat import seated
from experts.panel.promise import promise
from experts.pool.expert import Tie, declare
from monitor.refusal import Invalid, NotFound
from webui.deed.book.evaluation.method import Points
from webui.deed.brought import Bytes, Object
from webui.deed.choice import Choice
from webui.deed.deed import Case, Deed, Unreadable, Values
from webui.deed.field import Ident, Long, Moment, Money, Text
from webui.deed.fill.choice import SECTION, names_of

OWN = (Ident("section"), Bytes("secret"))
"""What proves a seat, beside its pseudonym (`mask`) in the request."""


def _sheet(case: Case, values: Values) -> Values:
    """Read points (out of 100, two decimals) and a reason for each; say all that is wrong."""
    points, reasons, faults = dict[str, int](), dict[str, str](), list[Invalid]()
    full = _full(case, values["section"])
    for code, typed in values["points"].items():
        try:
            points[code] = _within(code, Points(f"points.{code}").parse(typed), full)
            told = Long(f"reasons.{code}", most=MAX_REASON).parse(values["reasons"].get(code))
            reasons[code] = told
        except Invalid as fault:
            faults.append(fault)
    if faults:
        raise Unreadable(faults)
    return {**values, "points": points, "reasons": reasons}


def _full(case: Case, section: UUID) -> Mapping[str, int]:
    with case.source.platform.read() as session:
        try:
            return method_of(session, case.id, section).criteria
        except NotFound:
            return {}


def _within(code: str, points: int, full: Mapping[str, int]) -> int:
    """Return the points; raises Invalid above the criterion's, which the act judges again."""
    if points > full.get(code, points):
        words = "分值超出评分范围 / beyond the criterion"
        raise Invalid(f"points.{code}", words, rule="87号令 64")
    return points


def _quote(case: Case, values: Values) -> Values:
    """Make of what is written out, and of the letter's own text, what the rules correct by."""
    words, told = values.pop("words"), values.pop("text")
    with case.source.platform.read() as session:
        opened = opened_bids(session, case.id, values["section"])
    price = next((each.price for each in opened if each.bid == values["bid"]), 0)
    sheet = Written(price, words)
    return {**values, "quote": Quote(sheet, sheet if told is None else Written(told, told))}


def _seats(case: Case) -> Iterable[tuple[str, str]]:
    with case.source.platform.read() as session:
        return [(seat.mask, seat.mask) for seat in seated(session, case.id)]


MEMBERS = (
    Deed(promise, (*OWN, Bytes("statement")), seat=True),
    Deed(score, (*OWN, Ident("bid"), Object("points"), Object("reasons")), _sheet, seat=True),
    Deed(
        reject,
        (
            *OWN,
            Ident("bid"),
            Choice("ground", options=names_of("panel.ground", Ground), kind=Ground),
            Long("reason", most=2000),
        ),
        seat=True,
    ),
    Deed(
        correct_price,
        (*OWN, Ident("bid"), Money("words"), Money("text", required=False)),
        _quote,
        seat=True,
    ),
    Deed(
        sign,
        (*OWN, Long("dissent", most=4000, required=False)),
        lambda _, values: {**values, "dissent": values["dissent"] or ""},
        seat=True,
    ),
    Deed(report, OWN, seat=True),
)
TIE = Deed(
    declare,
    (
        Choice("tie", options=names_of("panel.tie", Tie), kind=Tie, words="关系 / Tie"),
        Text("organisation", most=18, words="单位统一社会信用代码 / Its credit code"),
        Moment("start", words="自何时起 / Since"),
    ),
    whole=True,
    after=lambda _case, _result: "/panel",
)
STAFF = (Deed(note_refusal, (SECTION, Choice("mask", options=_seats, words="席位 / Seat"))),)
DEEDS = (*MEMBERS, TIE, *STAFF)
