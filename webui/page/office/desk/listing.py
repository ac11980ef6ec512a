"""`/desk` and `/desk/<project>`: the trades one works on, and every step of one of them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from flask import Blueprint, Flask, abort, render_template, request

from monitor.record.standing import stands_in
from monitor.role import PROJECT_ROLES, Role
from monitor.work.due import stuck_work
from trading import board
from trading.archive.taking import is_custody
from trading.paper.keeping import Paper
from trading.paper.keeping import papers as kept_papers
from trading.supervision.look import idle_in
from trading.supervision.watch import watched
from webui.course.course import by_service, coming, course, mine, optional, waiting
from webui.course.fact import Act, Facts
from webui.course.step import Item, Service
from webui.page.office.agenda.work import READERS as WORK_READERS
from webui.page.office.desk.guide import lesson_of
from webui.page.office.desk.reading import OWNERS, WORKERS, Seen, found_matter, seen_by, trades
from webui.page.office.panel.draw import dice_of
from webui.page.view import source
from webui.page.view.trade import STEPS, Step
from webui.page.wearer import Wearer, require, wearer

pages = Blueprint("listing", __name__)
MOST = 50
READERS = OWNERS | {Role.CENTRE, Role.DEPARTMENT}
"""Who may have the papers kept with a trade (disclosure.toml, paper.keep)."""
WALL = "wall"
"""The kind of a look at all trades at once (reading.toml)."""
SERVES = frozenset({Role.CENTRE, Role.FINANCE})


@pages.get("/desk")
def listing() -> str:
    """Show the trades of whoever works here."""
    who = require(*WORKERS)
    reads_work = who.role in WORK_READERS
    with source().platform.read() as session:
        stuck = len(stuck_work(session)) if reads_work else 0
    return render_template(
        "office/desk/list.html", matters=trades(who, MOST), now=source().now,
        reads_work=reads_work, stuck=stuck,
    )  # fmt: skip


@pages.get("/desk/<name>")
def trade(name: str) -> str:
    """Show one trade: what is next, whose turn it is, and every step with its record."""
    who = require(*WORKERS)
    seen = trade_here(who, name)
    facts = seen.facts
    items = course(facts, who.role)
    lesson = lesson_of(facts.matter.project) if source().demo and not mine(items) else None
    return render_template(
        "office/desk/trade.html", facts=facts, matter=facts.matter, now=facts.now,
        services=_shown(items), next=mine(items), waits=waiting(items),
        coming=coming(items, who.role), besides=optional(items), steps=stage_line(facts),
        papers=papers_for(who, facts), is_custody=is_custody,
        done=done_now(facts), trade=seen.trade, lesson=lesson, dice_at=_dice_at(who, facts),
    )  # fmt: skip


def trade_here(who: Wearer, name: str) -> Seen:
    """Return the trade that the address names; 404 where it is not one's own."""
    here = source()
    with here.platform.read() as session:
        project = board.find(session, name)
        own = project is not None and (
            who.role not in PROJECT_ROLES or stands_in(session, who.actor, project)
        )
    found = found_matter(project) if project and own else None
    if found is None:
        abort(404)
    return seen_by(who, found)


def has_task(who: Wearer, project: UUID) -> bool:
    """Tell whether something waits for a clerk in a trade; the owner's side has always to do."""
    found = found_matter(project) if who.role in SERVES else None
    return found is None or bool(mine(course(seen_by(who, found).facts, who.role)))


def is_at_work(who: Wearer, project: UUID | None, kind: str) -> bool:
    """Tell whether something waits for a person in what was looked at, of that kind.

    On the wall, that is in every trade that takes bids and in which they did nothing.
    """
    if project is not None:
        return has_task(who, project)
    return kind != WALL or all(has_task(who, each) for each in _strange(who))


def _strange(who: Wearer) -> list[UUID]:
    with source().platform.read() as session:
        return idle_in(session, who.actor, watched(session, who.actor))


def has_task_here(app: Flask, token: str, project: UUID | None) -> bool:
    """Tell the same of whoever has a session and looks at a stream, of all trades without one."""
    with app.test_request_context(headers={"Authorization": f"Bearer {token}"}):
        who = wearer()
        return who is not None and is_at_work(who, project, WALL)


def done_now(facts: Facts) -> Act | None:
    """Return the act that was just done, to say so; None where the address names no such record."""
    told = request.args.get("done", "")
    return next((act for act in facts.acts if str(act.record) == told), None)


def _dice_at(who: Wearer, facts: Facts) -> datetime | None:
    """Return when the dice of a running draw may be thrown, while that is waited for."""
    runs = facts.first("draw.request") is not None and facts.first("draw.finish") is None
    return dice_of(who, facts.matter.project) if runs else None


def stage_line(facts: Facts) -> list[Step]:
    """Return the stage line of a trade."""
    now = facts.matter.stage.value
    found = [(name, facts.first(action)) for action, name in STEPS]
    return [Step(name, act.at.isoformat() if act else None, name == now) for name, act in found]


def papers_for(who: Wearer, facts: Facts) -> list[Paper]:
    """Return the kept papers that this person may have; the bag in custody is the centre's."""
    if who.role not in READERS:
        return []
    with source().platform.read() as session:
        found = kept_papers(session, facts.matter.project)
    return [each for each in found if who.role is Role.CENTRE or not is_custody(each)]


def _shown(items: list[Item]) -> list[tuple[Service, list[Item]]]:
    return [(service, found) for service, found in by_service(items)]
