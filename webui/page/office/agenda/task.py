"""`/tasks`, 我的待办: what waits for whoever is signed in, what comes next first."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, Response, render_template

from bidding.hall.asked import open_asks
from monitor.role import SEALED_ROLES, Role
from monitor.work.due import stuck_work
from trading.account.office.candidacy import waiting_for
from trading.desk.docket import OVER, Matter, docket
from trading.intake.paper.taken import STAFF, held_papers
from trading.supervision.card.card import cards_for
from trading.supervision.card.handling import Handling
from trading.supervision.complaint.complaint import complaints
from trading.supervision.order import orders_for
from trading.supervision.tip import tips
from trading.supervision.watch import watched
from webui.course.course import coming, course, mine, waiting
from webui.course.step import Item
from webui.page.office.agenda.errand import errands_of
from webui.page.office.agenda.work import READERS as WORK_READERS
from webui.page.office.desk.reading import WORKERS, seen_by, trades
from webui.page.office.wall.card import odd_looks
from webui.page.view import source
from webui.page.wearer import Wearer, require

pages = Blueprint("task", __name__)
MOST = 20
"""Trades that are looked at: the newest that are not over."""

UNCOUNTED = (Role.TENDERER, Role.EXPERT)
"""Whose errands no page counts."""
Row = tuple[Matter, list[Item], list[Item], list[Item]]


@dataclass(frozen=True, slots=True)
class Place:
    """A page where somebody's own work waits; `count` of it, None where it is not counted."""

    key: str
    href: str
    count: int | None = None


INSPECTS = (Place("efficiency", "/efficiency"), Place("outages", "/outages"))
PLACES = {
    Role.TENDERER: (Place("tenderer", "/bids"), Place("complaints", "/complaints")),
    Role.EXPERT: (Place("expert", "/panel"),),
    Role.FINANCE: (Place("finance", "/finance"),),
    Role.DEPARTMENT: (Place("department", "/wall"), *INSPECTS),
    Role.DISCIPLINE: (Place("discipline", "/wall"), *INSPECTS),
    Role.ADMINISTRATOR: (Place("administrator", "/people"),),
}


@pages.get("/tasks")
def tasks() -> Response:
    """Show what waits for me."""
    who = require()
    rows = rows_of(who) if who.role in WORKERS else []
    first = next(((matter, items[0]) for matter, items, *_ in rows if items), None)
    places, errands = places_of(who), errands_of(who)
    page = render_template(
        "office/tasks.html", now=source().now, trades=rows, first=first, places=places,
        errands=errands,
        waiting=sum(len(items) for _, items, *_ in rows)
        + sum(place.count or 0 for place in places)
        + (sum(each.mine for each in errands) if who.role in UNCOUNTED else 0),
    )  # fmt: skip
    response = Response(page, mimetype="text/html")
    response.headers["Cache-Control"] = "no-store"  # a tenderer's names the trades it takes part in
    return response


def rows_of(who: Wearer) -> list[Row]:
    """Return each open trade with what is mine, what others do, and what is not open yet."""
    found: list[Row] = []
    for matter in trades(who, MOST):
        if matter.stage in OVER:
            continue
        items = course(seen_by(who, matter).facts, who.role)
        found.append((matter, mine(items), waiting(items), coming(items, who.role)))
    return sorted(found, key=lambda row: not row[1])


def _papers(who: Wearer) -> list[Place]:
    """Return the page of papers to those who may drop one; what others gave on is counted."""
    if who.role not in STAFF:
        return []
    here = source()
    with here.platform.read() as session:
        known = {each.code for each in docket(session, who.actor, here.now)}
        waiting = [
            held
            for held in held_papers(session, who.actor)
            if held.given_at and not held.row.aside_at
            if (held.row.confirmed or {}).get("code") not in known
        ]
    return [Place("paper", "/paper", len(waiting) or None)]


def places_of(who: Wearer) -> list[Place]:
    """Return the pages where own work of this office waits."""
    if who.role is Role.TRUSTEE:
        here = source()
        with here.platform.read() as session:
            asked = open_asks(session, who.actor.org, here.now)
        return [Place("trustee", "/trustee", len(asked)), *_colleagues(who)]
    return [
        *_tips(who), *_cards(who), *_complaints(who), *_orders(who), *_papers(who),
        *PLACES.get(who.role, ()),
        *_colleagues(who), *_work(who),
    ]  # fmt: skip


def _orders(who: Wearer) -> list[Place]:
    """Return the page of orders to whom one is addressed; those without an answer are counted."""
    if who.role is Role.DEPARTMENT:
        return []
    with source().platform.read() as session:
        rows = [row for row in orders_for(session, who.actor) if row.ended_at is None]
    waiting = sum(row.answered_at is None for row in rows)
    return [Place("orders", "/orders", waiting)] if rows else []


def _complaints(who: Wearer) -> list[Place]:
    """Return the page of complaints to a department; those that are not decided are counted."""
    if who.role is not Role.DEPARTMENT:
        return []
    here = source()
    with here.platform.read() as session:
        waiting = sum(row.is_open for row in complaints(session, who.actor, here.now))
    return [Place("complaints", "/complaints", waiting or None)]


def _work(who: Wearer) -> list[Place]:
    """Return the page of the platform's own jobs to those who may read it; stuck ones count."""
    if who.role not in WORK_READERS:
        return []
    with source().platform.read() as session:
        stuck = len(stuck_work(session))
    return [Place("stuck", "/work", stuck)] if stuck else [Place("work", "/work")]


def _tips(who: Wearer) -> list[Place]:
    """Return discipline's page of reports and cases; what nobody has taken up yet is counted."""
    if who.role is not Role.DISCIPLINE:
        return []
    with source().platform.read() as session:
        return [Place("cases", "/cases", len(tips(session, who.actor)))]


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
