"""`/tasks`, 我的待办: what waits for whoever is signed in, what comes next first."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, render_template

from bidding.hall.asked import open_asks
from monitor.role import SEALED_ROLES, Role
from trading.account.office.candidacy import waiting_for
from trading.desk.docket import OVER, Matter
from trading.supervision.card.card import cards_for
from trading.supervision.card.handling import Handling
from trading.supervision.watch import watched
from webui.course.course import coming, course, mine, waiting
from webui.course.step import Item
from webui.page.office.desk.reading import WORKERS, seen_by, trades
from webui.page.office.wall.card import odd_looks
from webui.page.view import source
from webui.page.wearer import Wearer, require

pages = Blueprint("task", __name__)
MOST = 20
"""Trades that are looked at: the newest that are not over."""

Row = tuple[Matter, list[Item], list[Item], list[Item]]


@dataclass(frozen=True, slots=True)
class Place:
    """A page where somebody's own work waits; `count` of it, None where it is not counted."""

    key: str
    href: str
    count: int | None = None


INSPECTS = (Place("efficiency", "/efficiency"), Place("outages", "/outages"))
PLACES = {
    Role.TENDERER: (Place("tenderer", "/bids"),),
    Role.EXPERT: (Place("expert", "/panel"),),
    Role.FINANCE: (Place("finance", "/finance"),),
    Role.DEPARTMENT: (Place("department", "/wall"), *INSPECTS),
    Role.DISCIPLINE: (Place("discipline", "/wall"), Place("cases", "/cases"), *INSPECTS),
    Role.ADMINISTRATOR: (Place("administrator", "/people"),),
}


@pages.get("/tasks")
def tasks() -> str:
    """Show what waits for me."""
    who = require()
    rows = list(_rows(who)) if who.role in WORKERS else []
    first = next(((matter, items[0]) for matter, items, *_ in rows if items), None)
    places = _places(who)
    return render_template(
        "office/tasks.html", now=source().now, trades=rows, first=first, places=places,
        waiting=sum(len(items) for _, items, *_ in rows)
        + sum(place.count or 0 for place in places),
    )  # fmt: skip


def _rows(who: Wearer) -> list[Row]:
    """Return each open trade with what is mine, what others do, and what is not open yet."""
    found: list[Row] = []
    for matter in trades(who, MOST):
        if matter.stage in OVER:
            continue
        items = course(seen_by(who, matter).facts, who.role)
        found.append((matter, mine(items), waiting(items), coming(items, who.role)))
    return sorted(found, key=lambda row: not row[1])


def _places(who: Wearer) -> list[Place]:
    if who.role is Role.TRUSTEE:
        here = source()
        with here.platform.read() as session:
            asked = open_asks(session, who.actor.org, here.now)
        return [Place("trustee", "/trustee", len(asked)), *_colleagues(who)]
    return [*_cards(who), *PLACES.get(who.role, ()), *_colleagues(who)]


def _colleagues(who: Wearer) -> list[Place]:
    """Return the page of those who wait for the word of a sealed office."""
    if who.role not in SEALED_ROLES:
        return []
    here = source()
    with here.platform.read() as session:
        return [Place("colleagues", "/colleagues", len(waiting_for(session, who.actor, here.now)))]


def _cards(who: Wearer) -> list[Place]:
    """Return the page of the cards that wait for an inspector, and of looks that have none."""
    with source().platform.read() as session:
        odd = [Place("looks", "/cards#looks")] if odd_looks(session, who) else []
    if who.role is not Role.DEPARTMENT:
        return odd
    with source().platform.read() as session:
        rows = cards_for(session, who.actor, watched(session, who.actor))
    waiting = sum(row.handling in (Handling.TODO, Handling.ANSWERED) for row in rows)
    return [Place("cards", "/cards", waiting), *odd]
