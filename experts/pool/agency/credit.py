"""The credit file: ratings by owners, marks and blacklists by departments, each with its basis.

Nothing is ever taken out: a blacklist ends by its own date, and the file shows that it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from monitor.record.act import Act
from monitor.record.action import action
from monitor.record.identity import new_id
from monitor.record.table import Recorded
from monitor.refusal import Conflict, Invalid
from monitor.role import Role
from trading.registration.party import found_organisation

START, COUNTS = 100, timedelta(days=3 * 365)
"""Points that everybody begins with, and for how long a mark counts."""
MOST_POINTS, LONGEST, YEAR = 50, 2000, timedelta(days=365)


class Kind(StrEnum):
    """What a line of the file is."""

    RATING = "rating"
    MARK = "mark"
    BLACKLIST = "blacklist"


class CreditLine(Recorded):
    """One line: stars of a rating, points of a mark, the end of a blacklist."""

    __tablename__ = "agency_credit"
    __table_args__ = (
        UniqueConstraint("organisation", "project", "kind"),
        CheckConstraint("kind IN ('rating', 'mark', 'blacklist')", name="kind"),
        CheckConstraint("(kind = 'blacklist') = (until IS NOT NULL)", name="until"),
    )
    organisation: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    kind: Mapped[str]
    project: Mapped[UUID | None]
    points: Mapped[int]
    basis: Mapped[str]
    text: Mapped[str]
    by: Mapped[UUID]
    at: Mapped[datetime]
    until: Mapped[datetime | None]


@dataclass(frozen=True, slots=True)
class Standing:
    """How an agency stands: credit points, mean of stars (hundredths), until when it is barred."""

    points: int
    stars: int
    ratings: int
    barred: datetime | None


@action("agency.mark", by=(Role.DEPARTMENT,), standing=False)
def mark(act: Act, *, agency: UUID, points: int, basis: str, text: str) -> UUID:
    """Add or take credit points, with the basis; return the line's id.

    What one department adds or takes of one agency is bounded for any year, and counts once a
    basis. Raises Invalid, Conflict for a basis that was counted.
    """
    fits = points != 0 and abs(points) <= MOST_POINTS
    act.require(fits, Invalid("points", f"应为±1至±{MOST_POINTS} / ±1 to ±{MOST_POINTS}"))
    own = _own_marks(act, agency)
    act.require(
        basis.strip() not in {each.basis for each in own},
        Conflict("同一依据已记分 / this basis was counted already", field="basis"),
    )
    given = sum(abs(each.points) for each in own if each.at > act.now - YEAR)
    act.require(
        given + abs(points) <= MOST_POINTS,
        Invalid(
            "points",
            f"一年内对同一机构累计不超过 {MOST_POINTS} 分，已记 {given} 分 / "
            f"{MOST_POINTS} points of one agency in a year at most; {given} were given",
        ),
    )
    return add_line(act, Kind.MARK, agency, Told(text, points, basis))


@action("agency.blacklist", by=(Role.DEPARTMENT,), standing=False)
def blacklist(act: Act, *, agency: UUID, until: datetime, basis: str, text: str) -> UUID:
    """Put an agency on the blacklist until a day, with the basis; return the line's id.

    It is out at once, and may enter again by itself after the end. Raises Invalid.
    """
    act.require(until > act.now, Invalid("until", "期限须在将来 / must be in the future"))
    return add_line(act, Kind.BLACKLIST, agency, Told(text, 0, basis, until=until))


def credit_file(session: Session, organisation: UUID) -> Sequence[CreditLine]:
    """Return the whole file, newest first."""
    query = select(CreditLine).where(CreditLine.organisation == organisation)
    return session.scalars(query.order_by(CreditLine.at.desc(), CreditLine.id.desc())).all()


def standing(session: Session, organisation: UUID, now: datetime) -> Standing:
    """Return how an agency stands now."""
    return standings(session, [organisation], now)[organisation]


def standings(
    session: Session, organisations: Sequence[UUID], now: datetime
) -> dict[UUID, Standing]:
    """Return how each of these agencies stands now."""
    files: dict[UUID, list[CreditLine]] = {each: [] for each in organisations}
    for line in session.scalars(
        select(CreditLine).where(CreditLine.organisation.in_(organisations))
    ):
        files[line.organisation].append(line)
    return {each: _standing(lines, now) for each, lines in files.items()}


def barred(session: Session, organisation: UUID, now: datetime) -> datetime | None:
    """Return until when an organisation is on the blacklist; None when it is not."""
    return session.scalar(
        select(CreditLine.until)
        .where(CreditLine.organisation == organisation, CreditLine.kind == Kind.BLACKLIST.value)
        .where(CreditLine.until > now)
        .order_by(CreditLine.until.desc())
        .limit(1)
    )


@dataclass(frozen=True, slots=True)
class Told:
    """What a line says: stars or points, its basis and words, of which project, until when."""

    text: str
    points: int = 0
    basis: str = ""
    project: UUID | None = None
    until: datetime | None = None


def add_line(act: Act, kind: Kind, agency: UUID, told: Told) -> UUID:
    """Add a line to the file of an agency; return its id. Raises Invalid, NotFound."""
    unit = found_organisation(act.session, agency)
    if kind is not Kind.RATING:
        act.require(told.basis.strip(), Invalid("basis", "须写明依据 / a basis is needed"))
    act.require(
        0 < len(told.text.strip()) <= LONGEST,
        Invalid("text", f"应为1至{LONGEST}字 / 1 to {LONGEST} characters"),
    )
    made = CreditLine(
        id=new_id(act.now), organisation=agency, kind=kind.value, project=told.project,
        points=told.points, basis=told.basis.strip(), text=told.text.strip(), by=act.actor.org,
        at=act.now, until=told.until,
    )  # fmt: skip
    act.session.add(made)
    act.note(
        subject=str(made.id), uscc=unit.uscc, name=unit.name, points=told.points,
        basis=made.basis, until=told.until.isoformat() if told.until else "",
    )  # fmt: skip
    return made.id


def _own_marks(act: Act, agency: UUID) -> Sequence[CreditLine]:
    """Return the marks that the actor's department gave an agency."""
    query = select(CreditLine).where(
        CreditLine.organisation == agency, CreditLine.kind == Kind.MARK.value,
        CreditLine.by == act.actor.org,
    )  # fmt: skip
    return act.session.scalars(query).all()


def _standing(lines: Sequence[CreditLine], now: datetime) -> Standing:
    stars = [each.points for each in lines if each.kind == Kind.RATING.value]
    marks = [
        each.points for each in lines if each.kind == Kind.MARK.value and each.at > now - COUNTS
    ]
    ends = [each.until for each in lines if each.until is not None and each.until > now]
    mean = 100 * sum(stars) // len(stars) if stars else 0
    return Standing(START + sum(marks), mean, len(stars), max(ends, default=None))
