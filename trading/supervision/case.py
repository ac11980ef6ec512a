"""Cases 案件: what discipline takes up in a trade, what it looks at, what was reported to it.

All of it is discipline's own until the case ends; then the centre may read what there was. What is
entered of a report keeps no address and no name; what the public files itself is in tip.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from monitor.record.act import Act
from monitor.record.action import Visibility, action
from monitor.record.identity import new_id
from monitor.record.table import Recorded
from monitor.refusal import NotFound, WrongStage
from monitor.role import Actor, Role
from trading.registration.project import found_project
from trading.supervision.card.handling import found as found_card
from trading.supervision.wording import digest_of, worded

MAX_TITLE, MAX_TEXT = 100, 5_000


class Kind(StrEnum):
    """What stands in a case."""

    REPORT = "report"
    LOOK = "look"
    NOTE = "note"


class DisciplineCase(Recorded):
    """One case of discipline in one trade."""

    __tablename__ = "discipline_case"
    __table_args__ = (CheckConstraint("(closed_at IS NULL) = (finding IS NULL)", name="closed"),)
    project: Mapped[UUID] = mapped_column(ForeignKey("project.id"), index=True)
    org: Mapped[UUID]
    title: Mapped[str]
    ground: Mapped[str]
    opened_at: Mapped[datetime]
    finding: Mapped[str | None]
    closed_at: Mapped[datetime | None]


class CaseEntry(Recorded):
    """Something that stands in a case: a report, a look, a note."""

    __tablename__ = "case_entry"
    __table_args__ = (CheckConstraint("kind IN ('report','look','note')", name="kind"),)
    case: Mapped[UUID] = mapped_column(
        "discipline_case", ForeignKey("discipline_case.id"), index=True
    )
    kind: Mapped[str]
    text: Mapped[str]
    at: Mapped[datetime]


class Referral(Recorded):
    """A card, or what else a department found, referred to discipline 移送."""

    __tablename__ = "referral"
    project: Mapped[UUID] = mapped_column(ForeignKey("project.id"), index=True)
    org: Mapped[UUID]
    card: Mapped[UUID | None]
    text: Mapped[str]
    referred_at: Mapped[datetime]


@action("case.refer", by=(Role.DEPARTMENT,), visibility=Visibility.SECRET)
def refer(act: Act, *, text: str, card: UUID | None = None) -> UUID:
    """Refer a trade, or a card of it, to discipline; return the referral's id. Raises NotFound."""
    project = found_project(act.session, act.project).id
    if card is not None:
        found_card(act, card)
    row = Referral(
        id=new_id(act.now), project=project, org=act.actor.org, card=card,
        text=worded("text", text, MAX_TEXT), referred_at=act.now,
    )  # fmt: skip
    act.session.add(row)
    act.note(subject=str(row.id), text=digest_of(row.text), card=str(card or ""))
    return row.id


@action("case.open", by=(Role.DISCIPLINE,), visibility=Visibility.SECRET)
def open_case(act: Act, *, title: str, ground: str) -> UUID:
    """Open a case in a trade; return its id. Raises NotFound, Invalid."""
    project = found_project(act.session, act.project).id
    row = begin(act, new_id(act.now), project, title, ground)
    act.note(subject=str(row.id), case=str(row.id), title=row.title, ground=digest_of(row.ground))
    return row.id


@action("case.report", by=(Role.DISCIPLINE,), visibility=Visibility.SECRET)
def report(act: Act, *, case: UUID, text: str) -> None:
    """Enter what somebody reported, by letter, by telephone or in person: no name, no address."""
    _enter(act, case, Kind.REPORT, text)


@action("case.look", by=(Role.DISCIPLINE,), visibility=Visibility.SECRET)
def look(act: Act, *, case: UUID, text: str) -> None:
    """Write down what is looked at for a case, and why, before it is looked at."""
    _enter(act, case, Kind.LOOK, text)


@action("case.annotate", by=(Role.DISCIPLINE,), visibility=Visibility.SECRET)
def annotate(act: Act, *, case: UUID, text: str) -> None:
    """Write a note in a case."""
    _enter(act, case, Kind.NOTE, text)


@action("case.close", by=(Role.DISCIPLINE,))
def close(act: Act, *, case: UUID, finding: str) -> None:
    """End a case with its finding: from now on the centre may read what it held.

    That a case was ended is public; the finding itself is not. Raises NotFound, WrongStage.
    """
    row = _open(act, case)
    row.finding, row.closed_at = worded("finding", finding, MAX_TEXT), act.now
    act.note(subject=str(row.id), case=str(row.id), finding=digest_of(row.finding))


def begin(act: Act, case: UUID, project: UUID, title: str, ground: str) -> DisciplineCase:
    """Write down that a case begins under an id; raises Invalid."""
    row = DisciplineCase(
        id=case, project=project, org=act.actor.org,
        title=worded("title", title, MAX_TITLE), ground=worded("ground", ground, MAX_TEXT),
        opened_at=act.now, finding=None, closed_at=None,
    )  # fmt: skip
    act.session.add(row)
    return row


def enter(act: Act, case: DisciplineCase, kind: Kind, text: str) -> CaseEntry:
    """Write something into a case; raises Invalid."""
    entry = CaseEntry(
        id=new_id(act.now), case=case.id, kind=kind.value, text=worded("text", text, MAX_TEXT),
        at=act.now,
    )  # fmt: skip
    act.session.flush()  # the case before what stands in it
    act.session.add(entry)
    return entry


def cases(session: Session, actor: Actor) -> list[DisciplineCase]:
    """Return the cases that discipline may read, the open first; nobody else reads any."""
    if actor.role is not Role.DISCIPLINE:
        return []
    query = select(DisciplineCase).where(DisciplineCase.org == actor.org)
    ordered = query.order_by(DisciplineCase.closed_at.is_not(None), DisciplineCase.opened_at.desc())
    return list(session.scalars(ordered))


def entries(session: Session, found: Iterable[DisciplineCase]) -> dict[UUID, list[CaseEntry]]:
    """Return what stands in each of these cases, oldest first."""
    wanted = [row.id for row in found]
    rows = session.scalars(
        select(CaseEntry).where(CaseEntry.case.in_(wanted)).order_by(CaseEntry.id)
    )
    kept: dict[UUID, list[CaseEntry]] = {}
    for row in rows:
        kept.setdefault(row.case, []).append(row)
    return kept


def referrals(session: Session, actor: Actor) -> list[Referral]:
    """Return the referrals that this actor may read, newest first: discipline all, a department
    its own.
    """
    query = select(Referral).order_by(Referral.id.desc())
    if actor.role is Role.DEPARTMENT:
        query = query.where(Referral.org == actor.org)
    elif actor.role is not Role.DISCIPLINE:
        return []
    return list(session.scalars(query))


def _enter(act: Act, case: UUID, kind: Kind, text: str) -> None:
    row = _open(act, case)
    entry = enter(act, row, kind, text)
    act.note(subject=str(entry.id), case=str(row.id), text=digest_of(entry.text))


def _open(act: Act, case: UUID) -> DisciplineCase:
    row = act.session.get(DisciplineCase, case, with_for_update=True)
    if row is None or (row.project, row.org) != (act.project, act.actor.org):
        raise NotFound("没有此案件 / no such case", field="case")
    act.require(row.closed_at is None, WrongStage("案件已结 / the case has ended", field="case"))
    return row
