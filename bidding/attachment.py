"""Attachments of opened bids 投标文件附件: listed at REVEAL from the letters, then opened in turn.

Nobody has them before REVEAL, and opening them changes nothing that was read out: who judges sees
of each file that it is what its bidder sealed, or why it cannot be opened (电子招标投标办法 31).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session

from bidding.envelope.bid.letter import Attachment
from monitor.record.act import Act
from monitor.record.action import action
from monitor.record.identity import secret_id
from monitor.record.table import Recorded
from monitor.refusal import Conflict, Invalid
from monitor.role import Role
from monitor.work.due import Wanted
from trading.notice.moment import required_project

ATTACH = "attach"
PART = 20
"""Bids whose attachments one job opens: the key of each is put together once a job."""


class State(StrEnum):
    """Where an attachment stands."""

    WAITING = "waiting"
    OPENED = "opened"
    SHUT = "shut"


class BidAttachment(Recorded):
    """One file of an opened bid as its letter names it; `size` in bytes, `blob` once it is open."""

    __tablename__ = "bid_attachment"
    __table_args__ = (
        UniqueConstraint("bid", "object"),
        CheckConstraint("(state = 'opened') = (blob IS NOT NULL)", name="kept"),
        CheckConstraint("(state = 'shut') = (cause <> '')", name="told"),
    )
    project: Mapped[UUID]
    section: Mapped[UUID]
    bid: Mapped[UUID]
    object: Mapped[str]
    name: Mapped[str]
    size: Mapped[int]
    sha256: Mapped[str]
    state: Mapped[str]
    blob: Mapped[UUID | None]
    cause: Mapped[str]
    opened_at: Mapped[datetime | None]

    @property
    def told(self) -> dict[str, str | int]:
        """Return what a program is told of it."""
        return {
            "id": str(self.id), "object": self.object, "name": self.name, "size": self.size,
            "sha256": self.sha256, "state": self.state, "cause": self.cause,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Unsealed:
    """How one file came out: under which name it is kept, or why it stays shut."""

    object: str
    blob: UUID | None
    cause: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the attachments of a section are."""

    opened: int
    shut: int
    total: int

    @property
    def waiting(self) -> int:
        """Return how many are still to be opened."""
        return self.total - self.opened - self.shut


def listed(
    project: UUID, section: UUID, bid: UUID, files: Iterable[Attachment]
) -> Iterator[BidAttachment]:
    """Give the rows of a bid's attachments as its letter lists them."""
    for file in files:
        yield BidAttachment(
            id=secret_id(), project=project, section=section, bid=bid, object=file.object,
            name=file.name, size=file.size, sha256=file.sha256, state=State.WAITING.value,
            blob=None, cause="", opened_at=None,
        )  # fmt: skip


@action("opening.attach", by=(Role.SYSTEM,))
def attach(act: Act, *, section: UUID, bid: UUID, files: Sequence[Unsealed]) -> None:
    """Write down how the attachments of one bid came out, all at once.

    Raises Conflict where none waits, Invalid unless each that waits is told, once.
    """
    project = required_project(act.project)
    rows = {
        row.object: row
        for row in attachments_of(act.session, bid)
        if (row.project, row.section) == (project, section)
    }
    waiting = {name for name, row in rows.items() if row.state == State.WAITING.value}
    act.require(waiting, Conflict("附件已打开 / the attachments are opened already", field="bid"))
    act.require(
        sorted(waiting) == sorted(file.object for file in files),
        Invalid("files", "须一次写明全部附件 / all attachments of the bid at once"),
    )
    for file in files:
        row = rows[file.object]
        row.state = (State.OPENED if file.blob else State.SHUT).value
        row.blob, row.cause, row.opened_at = file.blob, file.cause, act.now
    act.note(
        subject=str(bid),
        section=str(section),
        opened=sum(file.blob is not None for file in files),
        shut={file.object: file.cause for file in files if file.blob is None},
    )


def attachments(session: Session, project: UUID, section: UUID) -> dict[UUID, list[BidAttachment]]:
    """Return the attachments of a section by bid, each bid's in the order of its letter."""
    found = defaultdict[UUID, list[BidAttachment]](list)
    for row in session.scalars(
        select(BidAttachment)
        .where(BidAttachment.project == project, BidAttachment.section == section)
        .order_by(BidAttachment.bid, BidAttachment.object)
    ):
        found[row.bid].append(row)
    return found


def attachments_of(session: Session, bid: UUID) -> list[BidAttachment]:
    """Return the attachments of one bid in the order of its letter."""
    query = select(BidAttachment).where(BidAttachment.bid == bid)
    return list(session.scalars(query.order_by(BidAttachment.object)))


def found_attachment(session: Session, project: UUID, number: UUID) -> BidAttachment | None:
    """Return an attachment of a trade by its id, if it is open."""
    return session.scalar(
        select(BidAttachment)
        .where(BidAttachment.id == number, BidAttachment.project == project)
        .where(BidAttachment.state == State.OPENED.value)
    )


def progress(session: Session, project: UUID, section: UUID) -> Progress:
    """Return how far the attachments of a section are."""
    rows = session.execute(
        select(BidAttachment.state, func.count().label("count"))
        .where(BidAttachment.project == project, BidAttachment.section == section)
        .group_by(BidAttachment.state)
    )
    found = Counter({row.state: row.count for row in rows})
    return Progress(found[State.OPENED], found[State.SHUT], found.total())


def part_of(session: Session, project: UUID, section: UUID, part: int) -> set[UUID]:
    """Return the bids of one part of a section that have an attachment to be opened."""
    bids = session.scalars(
        select(BidAttachment.bid)
        .where(BidAttachment.project == project, BidAttachment.section == section)
        .group_by(BidAttachment.bid)
        .order_by(BidAttachment.bid)
        .offset(part * PART)
        .limit(PART)
    ).all()
    return set(
        session.scalars(
            select(BidAttachment.bid)
            .where(BidAttachment.bid.in_(bids), BidAttachment.state == State.WAITING.value)
            .distinct()
        )
    )


def wanted_attachments(session: Session, project: UUID) -> list[Wanted]:
    """Return the jobs that open the attachments of the sections that were revealed."""
    rows = session.execute(
        select(BidAttachment.section, func.count(BidAttachment.bid.distinct()))
        .where(BidAttachment.project == project)
        .group_by(BidAttachment.section)
        .order_by(BidAttachment.section)
    )
    return [
        Wanted(ATTACH, f"{section}:{part}", project)
        for section, bids in rows
        for part in range(-(-bids // PART))
    ]
