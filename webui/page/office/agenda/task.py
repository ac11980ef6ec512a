"""`/tasks`, 我的待办: what waits for whoever is signed in, what comes next first."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, render_template

from bidding.hall.asked import open_asks
from monitor.role import Role
from trading.desk.docket import OVER, Matter
from webui.course.course import coming, course, mine, waiting
from webui.course.step import Item
from webui.page.office.desk.reading import WORKERS, seen_by, trades
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


PLACES = {
    Role.TENDERER: Place("tenderer", "/bids"),
    Role.EXPERT: Place("expert", "/panel"),
    Role.FINANCE: Place("finance", "/finance"),
    Role.DEPARTMENT: Place("department", "/wall"),
    Role.DISCIPLINE: Place("discipline", "/wall"),
    Role.ADMINISTRATOR: Place("administrator", "/people"),
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
        return [Place("trustee", "/trustee", len(asked))]
    place = PLACES.get(who.role)
    return [place] if place else []
