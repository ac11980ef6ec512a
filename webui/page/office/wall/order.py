"""`/orders`: supervision orders, those issued and those to be answered; overdue ones red."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, render_template

from monitor.role import Role
from trading.desk.docket import Matter, docket
from trading.supervision.addressee import ADDRESSEES
from trading.supervision.order import SupervisionOrder, names_of, orders_for
from webui.page.office.desk.reading import stood_in
from webui.page.view import source
from webui.page.wearer import Wearer, require

pages = Blueprint("order", __name__)
READERS = (Role.DEPARTMENT, Role.DISCIPLINE, *ADDRESSEES)
LISTED = 500


@dataclass(frozen=True, slots=True)
class Line:
    """An order as its reader sees it; `may` says what they can do with it now."""

    row: SupervisionOrder
    trade: str
    code: str
    issuer: str
    addressee: str
    is_late: bool
    may: tuple[str, ...]


@pages.get("/orders")
def orders() -> str:
    """Show every order that the wearer may read, the unanswered first."""
    who, here = require(*READERS), source()
    with here.platform.read() as session:
        found = docket(session, who.actor, here.now, LISTED)
        return _shown(who, _lines(session, who, found), found if who.role is _ISSUER else [])


def lines_for(session: Any, who: Wearer) -> list[Line]:
    """Return every order that somebody may read, the unanswered first."""
    return _lines(session, who, docket(session, who.actor, source().now, LISTED))


@pages.get("/orders/<name>")
def of_trade(name: str) -> str:
    """Show the orders of one trade, and let its department issue another."""
    who, here = require(*READERS), source()
    with here.platform.read() as session:
        found = stood_in(session, who, name)
        return _shown(who, _lines(session, who, [found]), [], found)


_ISSUER = Role.DEPARTMENT


def _shown(
    who: Wearer, lines: list[Line], trades: list[Matter], trade: Matter | None = None
) -> str:
    return render_template(
        "office/wall/orders.html", lines=lines, trades=trades, trade=trade, now=source().now,
        issues=who.role is _ISSUER,
    )  # fmt: skip


def _lines(session: Any, who: Wearer, trades: list[Matter]) -> list[Line]:
    known = {each.project: each for each in trades}
    rows = orders_for(session, who.actor, list(known))
    names, now = names_of(session, rows), source().now
    return [
        Line(row, known[row.project].name, known[row.project].code, names[row.org],
             names[row.addressee], row.is_overdue(now), _may(who, row))
        for row in rows
    ]  # fmt: skip


def _may(who: Wearer, row: SupervisionOrder) -> tuple[str, ...]:
    if who.role is _ISSUER and row.org == who.actor.org:
        return {"issued": ("withdraw",), "answered": ("close", "withdraw")}.get(row.state, ())
    addressed = (row.addressee, row.addressee_role) == (who.actor.org, who.role.value)
    return ("answer",) if addressed and row.state == "issued" else ()
