"""A trade read for whoever looks: its records through disclosure, and what else is theirs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from monitor.law.rule import load as load_rules
from monitor.law.watch import duties_shown
from monitor.law.workday import local_date
from monitor.record.disclosure import timeline
from monitor.role import PROJECT_ROLES, Role
from trading.desk.body import seated
from trading.desk.docket import Matter, docket, matter
from trading.desk.room import Held
from trading.desk.room import held as held_rooms
from trading.notice.addendum import questions
from trading.venue.booking import Purpose
from webui.course.fact import Act, Due, Facts, acts_of
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
        acts = acts_of(records)
        seats = {role: len(seated(session, found.project, role)) for role in PROJECT_ROLES}
        dues = duties_shown(session, found.project, seen)
        asked = questions(session, found.project) if who.role in OWNERS else []
        rooms = held_rooms(session, found.project)
    rules = load_rules().applying(
        found.category, local_date(now), must_tender=found.trade.must_tender, region=found.region
    )
    filed, halting = _objections(acts)
    facts = Facts(
        found, now, rules, acts, seats, tuple(_visible(who, rooms)), tuple(_dues(dues)),
        sum(each.answer is None for each in asked), filed, halting,
    )  # fmt: skip
    return Seen(facts, Trade(None, records))


def found_matter(project: UUID) -> Matter | None:
    """Return a trade by its id."""
    here = source()
    with here.platform.read() as session:
        return matter(session, project, here.now)


def _visible(who: Wearer, rooms: Iterable[Held]) -> Iterable[Held]:
    """Give the rooms: an evaluation's place is known to those who arrange it alone."""
    arranges = who.role in OWNERS | {Role.CENTRE}
    return (each for each in rooms if arranges or each.purpose is Purpose.OPENING)


def _dues(rows: Iterable[Any]) -> Iterable[Due]:
    known = {rule.id: rule for rule in load_rules()}
    for row in rows:
        rule = known.get(row.rule)
        if rule is not None:
            yield Due(
                rule.id, rule.to_action, rule.closed_by, row.subject, row.limit_at,
                row.state in OPEN, row.state, rule.who,
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
