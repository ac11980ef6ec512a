"""Messages: one row a person and act, read by that person alone; mail goes out beside it.

The row holds no text: what is said is made from the act's name and what is public of the project.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint, exists, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from monitor.record.act import Act
from monitor.record.action import Visibility, action
from monitor.record.identity import moment_of, new_id
from monitor.record.moment import Done
from monitor.record.table import Opening, Record, Recorded
from monitor.refusal import Conflict, NotFound
from monitor.role import Role
from monitor.work.due import DueWork, Wanted
from monitor.work.errand import Errand
from trading.notice.message.address import PEOPLE, Address
from trading.notice.message.audience import Audience
from trading.notice.message.event import events, telling
from trading.notice.moment import is_closed
from trading.registration.project import Project, found_project

MAIL = "mail"
SHOWN = 100
STALE = timedelta(days=1)


class Message(Recorded):
    """That a person was told of an act."""

    __tablename__ = "message"
    __table_args__ = (
        UniqueConstraint("record", "person"),
        CheckConstraint("read_at >= sent_at", name="read"),
    )
    person: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    project: Mapped[UUID] = mapped_column(ForeignKey("project.id"), index=True)
    record: Mapped[UUID]
    event: Mapped[str]
    sent_at: Mapped[datetime]
    read_at: Mapped[datetime | None]


@dataclass(frozen=True, slots=True)
class Line:
    """A message as its reader sees it; `event` is the act's name."""

    id: UUID
    event: str
    project: UUID
    code: str
    name: str
    at: datetime
    """When the act was done; a platform that was away tells of it later."""
    read_at: datetime | None


@action("message.send", by=(Role.SYSTEM,), visibility=Visibility.SECRET, standing=False)
def send(act: Act, *, record: UUID) -> int:
    """Tell people of an act; return how many. Raises NotFound, Conflict when it was told."""
    row = act.session.get(Record, record)
    opening = act.session.get(Opening, record)
    if row is None or opening is None:
        raise NotFound("没有此记录 / no such record", field="record")
    project = found_project(act.session, row.chain)
    body = json.loads(opening.body)
    told = _due(act.session, project.id, [Done(record, body)], act.now).get(record, frozenset())
    act.require(told, Conflict("无人可通知或已通知 / nobody to tell, or told already"))
    act.session.add_all(
        Message(
            id=new_id(act.now), person=person, project=project.id, record=record,
            event=body["action"], sent_at=act.now, read_at=None,
        )
        for person in sorted(told)
    )  # fmt: skip
    act.note(subject=str(record), count=len(told))
    return len(told)


@action("message.read", by=PEOPLE, visibility=Visibility.SECRET, standing=False)
def read(act: Act, *, messages: tuple[UUID, ...]) -> int:
    """Mark one's own messages as read, all of them if none is named; return how many.

    Raises NotFound for anybody else's.
    """
    query = select(Message).where(Message.person == act.actor.person).with_for_update()
    rows = list(
        act.session.scalars(
            query.where(Message.id.in_(messages) if messages else Message.read_at.is_(None))
        )
    )
    act.require(
        len(rows) == len(set(messages)) or not messages,
        NotFound("没有此消息 / no such message", field="messages"),
    )
    unread = [row for row in rows if row.read_at is None]
    for row in unread:
        row.read_at = act.now
    act.note(count=len(unread))
    return len(unread)


def unsent(session: Session, project: UUID, acts: Iterable[Done], now: datetime) -> list[Errand]:
    """Return the messages that these acts of a project make due and that nobody was sent."""
    return [Errand(send, None, {"record": each}) for each in _due(session, project, acts, now)]


def _due(
    session: Session, project: UUID, acts: Iterable[Done], now: datetime
) -> dict[UUID, frozenset[UUID]]:
    """Return whom each act tells that nobody was told of yet."""
    told = set(session.scalars(select(Message.record).where(Message.project == project)))
    audience = Audience(session, project, now)
    due = {
        act.record: audience.of(event.to, act.body["facts"])
        for act, event in telling(acts, closed=is_closed(session, project))
        if act.record not in told
    }
    return {record: people for record, people in due.items() if people}


def wanted_mail(session: Session, project: UUID) -> list[Wanted]:
    """Return the messages of a project whose readers have an address and have had no mail.

    What is old when it is told (a folder that was filled, a platform that was away) is not mailed.
    """
    rows = session.execute(
        select(Message.id, Message.event, Message.record, Message.sent_at)
        .join(Address, Address.person == Message.person)
        .where(Message.project == project, Message.read_at.is_(None))
        .where(~exists().where(DueWork.kind == MAIL, DueWork.key == func.text(Message.id)))
        .order_by(Message.id)
    )
    closed = is_closed(session, project)
    return [
        _mail(row.id, None if events()[row.event].quiet else project, row.event, closed=closed)
        for row in rows
        if row.sent_at - moment_of(row.record) < STALE
    ]


def _mail(message: UUID, project: UUID | None, event: str, *, closed: bool) -> Wanted:
    """Return the job of a mail; supervision's is shown to nobody of the centre, nor its trade."""
    known = events()[event]
    return Wanted(MAIL, str(message), project, known.quiet or (known.sealed and not closed))


def inbox(session: Session, person: UUID, most: int = SHOWN) -> list[Line]:
    """Return a person's messages, newest first."""
    rows = session.execute(
        select(Message, Project.code, Project.name)
        .join(Project, Project.id == Message.project)
        .where(Message.person == person)
        .order_by(Message.record.desc())
        .limit(most)
    )
    return [_line(message, code, name) for message, code, name in rows]


def unread(session: Session, person: UUID) -> int:
    """Return how many messages a person has not read."""
    query = select(func.count()).where(Message.person == person, Message.read_at.is_(None))
    return session.scalar(query) or 0


def mail_of(session: Session, message: UUID) -> tuple[Line, Address] | None:
    """Return a message and where its mail goes; None where its reader wants none any more."""
    row = session.execute(
        select(Message, Project.code, Project.name, Address)
        .join(Project, Project.id == Message.project)
        .join(Address, Address.person == Message.person)
        .where(Message.id == message)
    ).one_or_none()
    return None if row is None else (_line(row[0], row[1], row[2]), row[3])


def _line(message: Message, code: str, name: str) -> Line:
    return Line(
        message.id,
        message.event,
        message.project,
        code,
        name,
        moment_of(message.record),
        message.read_at,
    )
