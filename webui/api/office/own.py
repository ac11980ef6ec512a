"""`/api/v1/tasks`, `/desk`, `/desk/<project>`, `/messages`: what waits for whoever asks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, jsonify

from trading.desk.docket import Matter
from trading.notice.message.message import inbox
from webui.api.office.asked import asker, iso, needed, page_asked, paged
from webui.api.private import never_kept
from webui.course.course import course
from webui.course.step import Item
from webui.page.office.agenda.errand import errands_of
from webui.page.office.agenda.task import places_of, rows_of
from webui.page.office.desk.listing import trade_here
from webui.page.office.desk.reading import WORKERS, trades
from webui.page.view import source

pages = Blueprint("own_api", __name__, url_prefix="/api/v1")


@pages.get("/tasks")
def tasks() -> Response:
    """List what waits for the asker: trade by trade, and the pages where own work waits."""
    who = asker()
    told = [
        {
            **_matter(matter),
            "mine": _items(mine, matter.project),
            "waiting": _items(waits, matter.project),
            "coming": _items(later, matter.project),
        }
        for matter, mine, waits, later in (rows_of(who) if who.role in WORKERS else [])
    ]
    places = [{"key": each.key, "href": each.href, "count": each.count} for each in places_of(who)]
    errands = [
        {
            "title": each.title, "trade": each.trade, "href": each.href, "note": each.note,
            "due": iso(each.due) if each.due else None, "mine": each.mine,
        }
        for each in errands_of(who)
    ]  # fmt: skip
    return never_kept(jsonify(trades=told, errands=errands, places=places))


@pages.get("/desk")
def desk() -> Response:
    """List the trades that the asker works on, newest first."""
    who, page = asker(*WORKERS), page_asked()
    rows, about = paged(trades(who, needed(page)), page)
    return never_kept(jsonify(trades=[_matter(each) for each in rows], **about))


@pages.get("/desk/<name>")
def trade(name: str) -> Response:
    """Return every step of one trade as it stands for the asker."""
    who = asker(*WORKERS)
    facts = trade_here(who, name).facts
    matter = facts.matter
    return never_kept(
        jsonify(**_matter(matter), steps=_items(course(facts, who.role), matter.project))
    )


@pages.get("/messages")
def messages() -> Response:
    """List what the platform told the asker, newest first."""
    who, page = asker(), page_asked()
    with source().platform.read() as session:
        rows, about = paged(inbox(session, who.actor.person, needed(page)), page)
    told = [
        {
            "id": str(row.id), "event": row.event, "project": str(row.project), "code": row.code,
            "name": row.name, "at": iso(row.at), "read_at": iso(row.read_at),
        }
        for row in rows
    ]  # fmt: skip
    return never_kept(jsonify(messages=told, **about))


def _matter(matter: Matter) -> dict[str, Any]:
    return {
        "project": str(matter.project), "code": matter.code, "name": matter.name,
        "category": matter.category, "stage": matter.stage.value, "deadline": iso(matter.deadline),
    }  # fmt: skip


def _items(items: Iterable[Item], project: UUID) -> list[dict[str, Any]]:
    return [
        {
            "step": each.step.key, "service": each.step.service.value, "state": each.state.value,
            "section": str(each.lot.id) if each.lot else None, "due": iso(each.due),
            "rule": each.rule, "record": str(each.done.record) if each.done else None,
            "href": each.href(project) if each.is_mine else None,
        }
        for each in items
    ]  # fmt: skip
