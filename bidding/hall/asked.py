"""What is asked of the trustees of a trade: which answer, whether it may be given now, if not why.

Read from the record each time; a trustee's own machine checks everything again for itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from bidding.envelope.bid.object import CAPSULE
from bidding.envelope.capsule import Kind
from bidding.envelope.trustee.batch import Request
from bidding.envelope.trustee.close import read_close
from bidding.hall.ceremony import bid_request, note_request, open_notes
from bidding.hall.close import Closing, falls_short
from bidding.hall.failure.damage import lost, waiting
from bidding.hall.sitting import given_back, paused
from bidding.hall.stage import SEALS, step
from bidding.hall.succession.place import standing_roster
from bidding.hall.trust import is_cosigned
from bidding.hall.unlock import ShareBatch, batches, releases
from bidding.submission import standing_bids
from bidding.terms import published, roster_of, window_end
from monitor.record.identity import new_id
from monitor.record.moment import Done
from monitor.record.standing import Standing
from monitor.record.suspension import standing_still
from monitor.refusal import NotFound, WrongStage
from monitor.role import Actor, Role
from monitor.store import FileStore
from trading.notice.document import MAX_WINDOW_MINUTES, TenderDocument
from trading.registration.party import found_organisation
from trading.registration.project import Project, found_project, sections


class State(StrEnum):
    """Whether an answer may be given now, and what it waits for."""

    ASKED = "asked"
    CLOSE_UNWITNESSED = "close_unwitnessed"
    NAMES_SHUT = "names_shut"
    SEALS_UNCHECKED = "seals_unchecked"
    BIDDERS_WINDOW = "bidders_window"
    CAPSULE_DAMAGED = "capsule_damaged"
    ANSWER_UNWITNESSED = "answer_unwitnessed"
    ENOUGH = "enough"
    OVER = "over"
    SUSPENDED = "suspended"


IDENTITY = "identity:"
OPEN = frozenset(State) - {State.ENOUGH, State.OVER}
"""States in which the machine of a trustee looks again soon."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A batch that was taken: whose seat, its record, how many shares."""

    seat: int
    record: UUID
    given: int


@dataclass(frozen=True, slots=True)
class Ask:
    """One answer that is asked of every trustee of a section; `close` is the record of CLOSE."""

    project: UUID
    code: str
    name: str
    section: UUID
    kind: Kind
    close: UUID
    state: State
    until: datetime | None
    """When the bidders' own time ends."""
    needed: int
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class Trust:
    """A trade that trusts an organisation; deadline and seat are None before the documents."""

    project: UUID
    code: str
    name: str
    deadline: datetime | None
    seat: int | None
    needed: int
    seats: int


def trusts(session: Session, actor: Actor) -> list[Trust]:
    """Return the trades of which a trustee's organisation is one, newest first."""
    return [_trust(session, actor, project) for project in _trusted(session, actor.org)]


def _trust(session: Session, actor: Actor, project: UUID) -> Trust:
    found = found_project(session, project)
    try:
        roster, seat = roster_of(session, project), seat_of(session, actor, project)
        ends = published(session, project).deadline
    except NotFound:
        return Trust(project, found.code, found.name, None, None, 0, 0)
    return Trust(project, found.code, found.name, ends, seat, roster.threshold, len(roster.seats))


def asks(session: Session, org: UUID, now: datetime) -> list[Ask]:
    """Return what is or was asked of an organisation as trustee, newest trade first."""
    return [ask for project in _trusted(session, org) for ask in asked_in(session, project, now)]


def open_asks(session: Session, org: UUID, now: datetime) -> list[Ask]:
    """Return what is asked of an organisation as trustee and neither given nor over."""
    return [
        ask
        for project in _trusted(session, org)
        if any(_is_opening(session, project, row.id) for row in sections(session, project))
        for ask in asked_in(session, project, now)
        if ask.state in OPEN
    ]


def _trusted(session: Session, org: UUID) -> list[UUID]:
    found = session.scalars(
        select(Standing.project)
        .where(Standing.org == org, Standing.role == Role.TRUSTEE.value)
        .order_by(Standing.project.desc())
    )
    return list(found)


def _is_opening(session: Session, project: UUID, section: UUID) -> bool:
    return (
        step(session, project, section, "opening.close") is not None
        and step(session, project, section, "opening.unlock") is None
    )


def asked_in(session: Session, project: UUID, now: datetime) -> list[Ask]:
    """Return what is asked in one trade: nothing before CLOSE, nor where too few bid."""
    found = found_project(session, project)
    return [
        _ask(session, found, row.id, closed, kind, now)
        for row in sections(session, project)
        if (closed := step(session, project, row.id, "opening.close")) is not None
        if not falls_short(session, project, row.id)
        for kind in (Kind.NOTE, Kind.BID)
    ]


def windows(session: Session, now: datetime) -> list[tuple[datetime, UUID, str]]:
    """Return where bidders are still to release by themselves: until when, trade, its name."""
    longest = timedelta(minutes=MAX_WINDOW_MINUTES)
    rows = session.execute(
        select(Closing.document, Project.id, Project.name)
        .join(TenderDocument, TenderDocument.project == Closing.project)
        .join(Project, Project.id == Closing.project)
        .where(Closing.id > new_id(now - longest))
    )
    ends = [
        (_window(session, project, UUID(close.lot), close.closed_at, now), project, name)
        for document, project, name in rows
        for close in [read_close(document)]
    ]
    return sorted(each for each in ends if each[0] > now)


def seat_of(session: Session, actor: Actor, project: UUID) -> int:
    """Return the seat of a trustee's organisation in a trade; raises NotFound."""
    uscc = found_organisation(session, actor.org).uscc
    for seat in standing_roster(session, project).seats:
        if seat.authority == uscc:
            return seat.index
    raise NotFound("不在受托人名单中 / holds no seat in this trade", field="project")


def request(
    session: Session, project: UUID, section: UUID, kind: Kind, store: FileStore
) -> Request:
    """Return what trustees are asked; raises NotFound before CLOSE, WrongStage before its time."""
    if kind is Kind.NOTE:
        return note_request(session, project, section)
    try:
        noted = open_notes(session, project, section).bids
    except LookupError as shut:
        raise WrongStage(f"名单尚未打开 / the names are still shut: {shut}") from shut
    return bid_request(session, project, section, noted, store)


def _ask(
    session: Session, found: Project, section: UUID, closed: Done, kind: Kind, now: datetime
) -> Ask:
    project = found.id
    taken = batches(session, project, section, kind)
    asks_late = kind is Kind.BID and published(session, project).window_minutes > 0
    return Ask(
        project,
        found.code,
        found.name,
        section,
        kind,
        closed.record,
        _state(session, project, section, closed, kind, now),
        _window(session, project, section, closed.at, now) if asks_late else None,
        roster_of(session, project).threshold,
        tuple(Answer(row.seat, row.record, len(row.given)) for row in taken),
    )


def _state(
    session: Session, project: UUID, section: UUID, closed: Done, kind: Kind, now: datetime
) -> State:
    if step(session, project, section, "opening.unlock") is not None:
        return State.OVER
    if standing_still(session, project) or paused(session, project, section):
        return State.SUSPENDED
    if not is_cosigned(session, closed.record):
        return State.CLOSE_UNWITNESSED
    if kind is Kind.NOTE:
        wanted = _notes(session, project, section)
    else:
        wanted = _unreleased(session, project, section)
        waits = _before_bids(session, project, section, closed, now)
        if waits is not None:
            return waits
    taken = batches(session, project, section, kind)
    roster = roster_of(session, project)
    if len(taken) == len(roster.seats) or _quorate(taken, wanted, roster.threshold):
        return State.ENOUGH
    if not all(is_cosigned(session, one.record) for one in batches(session, project, section)):
        return State.ANSWER_UNWITNESSED
    return State.ASKED


def _before_bids(
    session: Session, project: UUID, section: UUID, closed: Done, now: datetime
) -> State | None:
    """Return what the trustees' answer about the bids waits for, if anything.

    The bidders come first: nobody opens for them while their own time runs (电子招标投标办法 30).
    """
    # A tenderer makes its own identity's note: one that opens for nobody keeps nothing else shut.
    names = {one for one in _notes(session, project, section) if not one.startswith(IDENTITY)}
    taken = batches(session, project, section, Kind.NOTE)
    if not _quorate(taken, names, roster_of(session, project).threshold):
        return State.NAMES_SHUT
    if step(session, project, section, *SEALS) is None:
        return State.SEALS_UNCHECKED
    ends = _window(session, project, section, closed.at, now)
    if now < ends and _unreleased(session, project, section):
        return State.BIDDERS_WINDOW
    if any(row.object == CAPSULE for row in waiting(session, project, section)):
        return State.CAPSULE_DAMAGED
    return None


def _window(
    session: Session, project: UUID, section: UUID, closed: datetime, now: datetime
) -> datetime:
    """Return when the bidders' own time ends, with what pauses and extensions gave back."""
    return window_end(session, project, closed) + given_back(session, project, section, now)


def _notes(session: Session, project: UUID, section: UUID) -> set[str]:
    return {item.subject for item in note_request(session, project, section).items}


def _unreleased(session: Session, project: UUID, section: UUID) -> set[str]:
    """Return the bids that the trustees are to open; without its capsule none can be."""
    known = set(releases(session, project, section)) | lost(session, project, section, CAPSULE)
    return {bid.bid for bid in standing_bids(session, project, section)} - known


def _quorate(taken: list[ShareBatch], wanted: set[str], needed: int) -> bool:
    """Tell whether every one of these has its quorum of shares."""
    given = [set(batch.given) for batch in taken]
    return all(sum(one in each for each in given) >= needed for one in wanted)
