"""Looks 查阅: who read what is sealed or secret to the public, by right of an office.

One record a person, a thing and a while; who writes it down is whoever shows the thing. What was
looked at is named by its kind and trade alone, the thing itself as a salted digest: a look tells
nobody of a record that they may not see.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from monitor.law.workday import SHANGHAI
from monitor.record.act import Act
from monitor.record.action import Visibility, action
from monitor.record.disclosure import Viewer, may_see
from monitor.record.identity import first_id
from monitor.record.moment import When
from monitor.record.table import Opening, Sight
from monitor.role import NOBODY, Actor, Role
from trading.registration.party import Person
from trading.supervision.card.check import points

LOOKS = ("secret.look", "account.look", "supervision.look", "member.look")
SPAN = timedelta(minutes=10)
"""A look at a thing that was looked at within the same span is the same look."""
HOUR = timedelta(hours=1)
SHOWN = timedelta(days=30)
"""For how long an unusual look outside of a trade stands on the inspectors' page."""
MOST = 200
SIGNED = '"unusual":["'
"""What a canonical body has in it where a look is unusual."""
ISSUED = "document.issue"
EVENING, MORNING = 22, 6
"""The night, in hours of the day in China."""


class Sign(StrEnum):
    """By what a look is unusual."""

    MANY = "many"  # the person looked at more within an hour than the point `archive.looks` allows
    NIGHT = "night"
    EARLY = "early"  # while bids are taken, by somebody who did nothing there and has nothing to do


@action(
    "secret.look",
    by=(Role.TENDEREE, Role.AGENCY, Role.CENTRE, Role.FINANCE),
    visibility=Visibility.SECRET,
    standing=False,
)
def look(act: Act, *, kind: str, what: str, has_task: bool) -> None:
    """Write down that one of the staff or of the owner's side looked, and what is unusual in it.

    what: the thing's id, empty for all of its kind. has_task: whether something waits for the
    person in that trade; of a look at all trades at once, in each of those that `idle_in` names.
    """
    _note(act, kind, what)
    act.note(unusual=[each.value for each in _signs(act, has_task)])


@action(
    "account.look",
    by=(Role.ADMINISTRATOR, Role.TRUSTEE),
    visibility=Visibility.SECRET,
    standing=False,
)
def keep(act: Act, *, kind: str, what: str) -> None:
    """Write down that a keeper of accounts or a trustee looked, and what is unusual in it.

    In a trade nothing ever waits for an administrator.
    """
    _note(act, kind, what)
    has_task = act.project is None or act.actor.role is not Role.ADMINISTRATOR
    act.note(unusual=[each.value for each in _signs(act, has_task)])


@action(
    "supervision.look",
    by=(Role.DEPARTMENT, Role.DISCIPLINE),
    visibility=Visibility.SECRET,
    standing=False,
)
def inspect(act: Act, *, kind: str, what: str) -> None:
    """Write down that supervision looked: its own until the case ends."""
    _note(act, kind, what)


@action(
    "member.look", by=(Role.EXPERT, Role.TENDEREE), visibility=Visibility.SECRET, standing=False
)
def judge(act: Act, *, kind: str, what: str) -> None:
    """Write down that a member of a panel looked at the bids, under the seat's pseudonym."""
    _note(act, kind, what)


@dataclass(frozen=True, slots=True)
class Unusual:
    """An unusual look outside of a trade: its record, who, when, of what, and by which signs."""

    record: UUID
    person: str
    role: Role
    at: datetime
    kind: str
    signs: tuple[Sign, ...]


def unusual(session: Session, viewer: Viewer, now: datetime) -> list[Unusual]:
    """Return the unusual looks of staff outside of any trade, which no card tells; newest first.

    What a trade's look has of unusual stands on that trade's cards (card/check.py).
    """
    body = func.convert_from(Opening.body, "UTF8")
    query = (
        select(Opening.body)
        .join(Sight, Sight.record_id == Opening.record_id)
        .where(
            Sight.chain == NOBODY, Sight.done, Sight.action.in_((look.name, keep.name)),
            Sight.record_id >= first_id(now - SHOWN), func.strpos(body, SIGNED) > 0,
        )
        .order_by(Sight.record_id.desc())
        .limit(MOST)
    )  # fmt: skip
    told = [json.loads(body) for body in session.scalars(query)]
    seen = [body for body in told if may_see(body, viewer, frozenset({When.NOW}))]
    people = {UUID(body["actor"]["id"]) for body in seen}
    rows = session.execute(select(Person.id, Person.name).where(Person.id.in_(people)))
    names = {row.id: row.name for row in rows}
    return [
        Unusual(
            UUID(body["id"]), names[UUID(body["actor"]["id"])], Role(body["actor"]["role"]),
            datetime.fromisoformat(body["time"]), body["facts"]["kind"],
            tuple(Sign(each) for each in body["facts"]["unusual"]),
        )
        for body in seen
    ]  # fmt: skip


def _note(act: Act, kind: str, what: str) -> None:
    act.note(subject=str(act.project or ""), kind=kind)
    if what:
        act.note_private(what=what)


def _signs(act: Act, has_task: bool) -> Iterator[Sign]:
    if _earlier(act) >= points()["archive.looks"].limit:
        yield Sign.MANY
    if not MORNING <= act.now.astimezone(SHANGHAI).hour < EVENING:
        yield Sign.NIGHT
    if not has_task and (act.project is None or _is_idle(act.session, act.actor, act.project)):
        yield Sign.EARLY


def _earlier(act: Act) -> int:
    """Return how many looks the person has on record within the last hour, in whatever trade."""
    query = select(func.count()).select_from(Sight).where(
        Sight.record_id >= first_id(act.now - HOUR), Sight.done,
        Sight.action.in_((look.name, keep.name)), Sight.actor == str(act.actor.person),
    )  # fmt: skip
    return act.session.scalar(query) or 0


def idle_in(session: Session, actor: Actor, trades: Iterable[UUID]) -> list[UUID]:
    """Return those of these trades that take bids and in which the person did nothing."""
    issued = _issued(session)
    return [each for each in trades if each in issued and _is_idle(session, actor, each)]


def _issued(session: Session) -> frozenset[UUID]:
    rows = select(Sight.chain).where(Sight.action == ISSUED, Sight.done).distinct()
    return frozenset(session.scalars(rows))


def _is_idle(session: Session, actor: Actor, project: UUID) -> bool:
    return _takes_bids(session, project) and not _did_something(session, actor, project)


def _takes_bids(session: Session, project: UUID) -> bool:
    """Tell whether the trade's documents are out and none of its sections is closed."""
    done = set(
        session.scalars(
            select(Sight.action)
            .where(Sight.chain == project, Sight.done)
            .where(Sight.action.in_((ISSUED, "opening.close", "opening.fail")))
            .distinct()
        )
    )
    return done == {ISSUED}


def _did_something(session: Session, actor: Actor, project: UUID) -> bool:
    mine = exists().where(
        Sight.chain == project, Sight.actor == str(actor.person),
        Sight.action.not_in(LOOKS), Sight.done,
    )  # fmt: skip
    return bool(session.scalar(select(mine)))
