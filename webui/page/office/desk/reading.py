"""A trade read for whoever looks: its records through disclosure, and what else is theirs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import abort

from monitor.law.rule import load as load_rules
from monitor.law.watch import DutyRow, duties_shown
from monitor.law.workday import local_date
from monitor.record.disclosure import Viewer, timeline
from monitor.record.standing import stands_in
from monitor.role import PROJECT_ROLES, Role
from trading import board
from trading.desk.body import seated
from trading.desk.docket import Matter, docket, matter
from trading.desk.room import Held
from trading.desk.room import held as held_rooms
from trading.fee.view import finance_view
from trading.notice.addendum import questions
from trading.supervision.chase import owed_of
from trading.supervision.promise import Promises, promises
from trading.venue.room import Purpose
from webui.course.fact import Act, Due, Facts, acts_of
from webui.page.source import showing
from webui.page.view import source
from webui.page.view.trade import Trade
from webui.page.wearer import Wearer, viewer

WORKERS = (Role.TENDEREE, Role.AGENCY, Role.CENTRE, Role.FINANCE, Role.DEPARTMENT)
"""Who works at a desk: hosts, serves or watches a trade as a whole."""
OWNERS = frozenset({Role.TENDEREE, Role.AGENCY})
OPEN = frozenset({"open", "due_soon", "breached"})


def trades(who: Wearer, most: int) -> list[Matter]:
    """Return the newest trades of whoever looks."""
    here = source()
    with here.platform.read() as session:
        return docket(session, who.actor, here.now, most)


@dataclass(frozen=True, slots=True)
class Seen:
    """A trade as somebody sees it: the facts, and the rows of its record."""

    facts: Facts
    trade: Trade


def seen_by(who: Wearer, found: Matter) -> Seen:
    """Return a trade as this person may see it."""
    here = source()
    now, seen = here.now, viewer(who, found.project)
    with here.platform.read() as session:
        records = timeline(session, found.project, seen)
        showing(records)
        acts = acts_of(records)
        seats = {role: len(seated(session, found.project, role)) for role in PROJECT_ROLES}
        dues = duties_shown(session, found.project, seen)
        about = _about(session, found, seen)
        asked = questions(session, found.project) if who.role in OWNERS else []
        rooms = held_rooms(session, found.project)
        promised = promises(session, [found.project])
    rules = load_rules().applying(
        found.category, local_date(now), must_tender=found.trade.must_tender, region=found.region
    )
    filed, halting = _objections(acts)
    facts = Facts(
        found, now, rules, acts, seats, tuple(_visible(who, rooms)),
        tuple(_dues(dues, about, promised)),
        sum(each.answer is None for each in asked), filed, halting,
    )  # fmt: skip
    return Seen(facts, Trade(None, records))


def found_matter(project: UUID) -> Matter | None:
    """Return a trade by its id."""
    here = source()
    with here.platform.read() as session:
        return matter(session, project, here.now)


def stood_in(session: Any, who: Wearer, name: str) -> Matter:
    """Return the trade that an address names, in which the wearer stands; 404 for any other."""
    project = board.find(session, name)
    found = matter(session, project, source().now) if project else None
    if found is None or not stands_in(session, who.actor, found.project):
        abort(404)
    return found


def _visible(who: Wearer, rooms: Iterable[Held]) -> Iterable[Held]:
    """Give the rooms: an evaluation's place is known to those who arrange it alone."""
    arranges = who.role in OWNERS | {Role.CENTRE}
    return (each for each in rooms if arranges or each.purpose is Purpose.OPENING)


def _about(session: Any, found: Matter, seen: Viewer) -> dict[str, str]:
    """Name the things that duties are about, as far as this viewer may know whose they are."""
    lines = finance_view(session, found.project, seen).deposits
    paid = {f"deposit:{one.deposit}": one.bidder or one.number for one in lines}
    lots = {f"section:{lot.id}": lot.name for lot in found.lots if len(found.lots) > 1}
    return paid | lots


def _dues(rows: Sequence[DutyRow], about: Mapping[str, str], promised: Promises) -> Iterable[Due]:
    """Give the duties; several under one rule, of whom nothing may be told, are numbered."""
    known = {rule.id: rule for rule in load_rules()}
    many, met = Counter(row.rule for row in rows), Counter[str]()
    for row in rows:
        rule = known.get(row.rule)
        met[row.rule] += 1
        if rule is not None:
            number = f"{met[row.rule]}/{many[row.rule]}" if many[row.rule] > 1 else ""
            yield Due(
                rule.id, rule.to_action, rule.closed_by, row.subject, row.limit_at,
                row.state in OPEN, row.state, rule.who, about.get(row.subject, number),
                owed_of(row, promised).promised,
            )  # fmt: skip


def _objections(acts: tuple[Act, ...]) -> tuple[int, int]:
    """Return how many visible objections wait for an answer, and how many halt the trade."""
    answered = {act.facts.get("objection") for act in acts if act.action == "objection.answer"}
    waiting = [
        act
        for act in acts
        if act.action == "objection.file" and act.facts.get("objection") not in answered
    ]
    return len(waiting), sum(bool(act.facts.get("suspends")) for act in waiting)
