"""`/cards`: what needs the inspector, red first; each with article, evidence and a ready order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, render_template

from monitor.law.point import Node, Point, Result
from monitor.law.point import load as load_points
from monitor.record.disclosure import Viewer, timeline
from monitor.record.suspension import standing_still
from monitor.role import Role
from trading.desk.docket import Matter, docket
from trading.supervision.addressee import ADDRESSEES, addressees
from trading.supervision.card.card import Annotation, cards_for, notes_beside
from trading.supervision.card.check import points
from trading.supervision.card.dossier import ASK, TAKE, dossiers, takings
from trading.supervision.card.handling import Card, Handling
from trading.supervision.card.judging import PointResult, results
from trading.supervision.look import Unusual, unusual
from trading.supervision.order import MAX_TITLE, SupervisionOrder, orders_for
from webui.deed.book.supervision.addressed import answer_due
from webui.page.language import tongue
from webui.page.office.desk.reading import stood_in
from webui.page.show import moment
from webui.page.view import source
from webui.page.wearer import AUDIENCES, Wearer, require, viewer

pages = Blueprint("card", __name__)
INSPECTORS = (Role.DEPARTMENT, Role.DISCIPLINE)
READERS = (*INSPECTORS, *ADDRESSEES)
LISTED = 500
ANSWERS_FOR = {
    "owner": (Role.TENDEREE, Role.AGENCY),
    "agency": (Role.AGENCY, Role.TENDEREE),
    "centre": (Role.CENTRE,),
    "finance": (Role.FINANCE,),
    "supervisor": (),
}
FOLLOWS: Mapping[str, tuple[str, ...]] = {
    "todo": ("close", "annotate"),
    "warned": ("annotate",),
    "answered": ("read", "annotate"),
    "read": ("close", "annotate"),
}
"""What an inspector may do next, by how far a card has come; orders and warnings stand apart."""


@dataclass(frozen=True, slots=True)
class Line:
    """A card as its reader sees it; `order` and `warn` are ready forms, empty where not theirs."""

    row: Card
    point: Point
    trade: Matter
    is_late: bool
    order: str
    warn: str
    may: tuple[tuple[str, str], ...]
    """What the reader may do next: (name, address of the form)."""
    notes: tuple[Annotation, ...]
    refused: bool
    """Whether all that it rests on was refused: it took no effect."""

    @property
    def name(self) -> str:
        """What is looked at, in the reader's language."""
        return tongue(self.point.zh, self.point.en)

    @property
    def article(self) -> str:
        """What the point rests on, for this trade."""
        return self.point.article(self.trade.category)


@dataclass(frozen=True, slots=True)
class Standing:
    """A point of one trade and how it stands."""

    point: Point
    row: PointResult | None

    @property
    def name(self) -> str:
        """What is looked at, in the reader's language."""
        return tongue(self.point.zh, self.point.en)

    @property
    def result(self) -> Result:
        """The result written down, else unchecked."""
        return Result(self.row.result) if self.row else Result.UNCHECKED


@pages.get("/cards")
def cards() -> str:
    """Show every open card that the wearer may read."""
    who, here = require(*READERS), source()
    with here.platform.read() as session:
        lines = _every(session, who)
        open_ = _open(lines)
        return render_template(
            "office/wall/cards.html", lines=open_, now=here.now, tally=_tally(lines),
            inspects=who.role is Role.DEPARTMENT, odd=odd_looks(session, who), signs=signs(),
            opens=who.role is Role.DISCIPLINE,
        )  # fmt: skip


def open_for(session: Any, who: Wearer) -> list[Line]:
    """Return every open card that somebody may read, red first."""
    return _open(_every(session, who))


def _every(session: Any, who: Wearer) -> list[Line]:
    found = docket(session, who.actor, source().now, LISTED)
    return _lines(session, who, {each.project: each for each in found})


def _open(lines: list[Line]) -> list[Line]:
    return [line for line in lines if line.row.handling != Handling.CLOSED]


def odd_looks(session: Any, who: Wearer) -> list[Unusual]:
    """Return the unusual looks outside of any trade, which have no card: supervision's to know."""
    if who.role not in INSPECTORS:
        return []
    return unusual(session, Viewer(AUDIENCES[who.role], who.actor.org), source().now)


def signs() -> dict[str, str]:
    """Return what each sign of an unusual look says, in the reader's language."""
    return {each.args["sign"]: tongue(each.zh, each.en) for each in points()
            if each.check == "looks"}  # fmt: skip


@pages.get("/cards/<name>")
def of_trade(name: str) -> str:
    """Show the points of one trade, how each stands, and all its cards."""
    who, here = require(*READERS), source()
    with here.platform.read() as session:
        found = stood_in(session, who, name)
        sees = who.role in (Role.DEPARTMENT, Role.DISCIPLINE)
        return render_template(
            "office/wall/trade-cards.html", trade=found, now=here.now,
            lines=_lines(session, who, {found.project: found}),
            nodes=_nodes(results(session, found.project)) if sees else {},
            held=standing_still(session, found.project),
            files=dossiers(session, found.project, who.role) if sees else {}, sees=sees,
            ask=ASK[who.role].name if sees else "",
            taken=takings(timeline(session, found.project, viewer(who, found.project)))
            if sees else {}, take=TAKE[who.role].name if sees else "",
            inspects=who.role is Role.DEPARTMENT,
        )  # fmt: skip


def _nodes(rows: dict[str, PointResult]) -> dict[str, list[Standing]]:
    told = [Standing(point, rows.get(point.id)) for point in points()]
    return {node.value: kept for node in Node
            if (kept := [each for each in told if each.point.node is node])}  # fmt: skip


def _lines(session: Any, who: Wearer, trades: dict[UUID, Matter]) -> list[Line]:
    rows = [row for row in cards_for(session, who.actor, trades) if row.point in points()]
    notes = notes_beside(session, rows) if who.role in (Role.DEPARTMENT, Role.DISCIPLINE) else {}
    ordered = {each.card: each for each in orders_for(session, who.actor, list(trades))
               if each.card and each.ended_at is None}  # fmt: skip
    now, refused = source().now, _refused(session, who, rows)
    return [
        Line(row, point, trade, row.is_overdue(now), *_ready(session, who, row, trade, now),
             _may(who, row, ordered.get(row.id)), tuple(notes.get(row.id, ())),
             bool(row.evidence) and refused.issuperset(map(str, row.evidence)))
        for row in rows
        for point, trade in [(points()[row.point], trades[row.project])]
    ]  # fmt: skip


def _refused(session: Any, who: Wearer, rows: list[Card]) -> set[str]:
    """Return the records of refused acts in the trades of these cards, as the wearer sees them."""
    return {
        str(record.record_id)
        for project in {row.project for row in rows}
        for record in timeline(session, project, viewer(who, project))
        if "done" not in record.facts["outcome"]
    }


def _may(who: Wearer, row: Card, order: SupervisionOrder | None) -> tuple[tuple[str, str], ...]:
    """Return what comes next; a card that an order handles goes the order's way."""
    card, verbs = f"project={row.project}&card={row.id}", FOLLOWS.get(row.handling, ())
    if who.role is not Role.DEPARTMENT:
        verbs = ("answer",) if row.handling == Handling.WARNED else ()
    if who.role is Role.DISCIPLINE:
        return ()
    if order is None:
        return tuple((verb, f"/act/card.{verb}?{card}") for verb in verbs)
    told = f"project={row.project}&order={order.id}"
    on_card = [(verb, f"/act/card.{verb}?{card}") for verb in verbs if verb in ("annotate", "read")]
    owed = {"warned": "answer", "answered": "close", "read": "close"}.get(row.handling, "")
    mine = (owed == "answer") != (who.role is Role.DEPARTMENT)
    return (*([(owed, f"/act/order.{owed}?{told}")] if owed and mine else []), *on_card)


def _ready(session: Any, who: Wearer, row: Card, trade: Matter, now: datetime) -> tuple[str, str]:
    """Return the ready order and warning of a card that nobody was told of yet."""
    if who.role is not Role.DEPARTMENT or row.handling != Handling.TODO:
        return "", ""
    point, limit = points()[row.point], answer_due(now)
    common = {"project": str(row.project), "card": str(row.id), "to": _to(session, row, point)}
    said = {
        "name": tongue(point.zh, point.en), "article": point.article(trade.category),
        "trade": trade.name, "code": trade.code, "limit": moment(limit),
    }  # fmt: skip
    texts = {name: tongue(one["zh"], one["en"]).format(**said)
             for name, one in load_points().templates.items()}  # fmt: skip
    order = {**common, "title": said["name"][:MAX_TITLE], "text": texts["order"]}
    warning = {**common, "text": texts["warn"]}
    return f"/act/card.order?{urlencode(order)}", f"/act/card.warn?{urlencode(warning)}"


def _to(session: Any, row: Card, point: Point) -> str:
    """Return who answers for a point in a trade, as the form names them; empty for nobody."""
    known = addressees(session, row.project)
    wanted = ANSWERS_FOR[point.who]
    found = [f"{org}:{role.value}" for want in wanted for org, _, role in known if role is want]
    return next(iter(found), "")


def _tally(lines: list[Line]) -> dict[str, int]:
    open_ = [line for line in lines if line.row.handling != Handling.CLOSED]
    return {
        "red": sum(line.row.result == Result.RED for line in open_),
        "yellow": sum(line.row.result == Result.YELLOW for line in open_),
        "unanswered": sum(line.row.handling == Handling.WARNED for line in open_),
        "overdue": sum(line.is_late for line in open_),
        "closed": len(lines) - len(open_),
    }
