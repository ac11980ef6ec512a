"""Whether a trade stands still: the table and the one question that `perform` asks of every act.

Those who suspend and resume act by trading/supervision/standstill/suspension.py, an owner who ends
its trade by termination.py beside it. While a trade stands still every act in it is refused but
those named here: supervision's own, what parties say to it, remedies, and facts of the world
outside (a bank's payment) that are only written down; of one that has ended its money, its rooms
and its file as well.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import CheckConstraint, ColumnElement, SQLColumnExpression, exists, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from monitor.law.workday import SHANGHAI
from monitor.record.table import Recorded
from monitor.refusal import WrongStage

SUSPEND, RESUME = "project.suspend", "project.resume"
ENDED = "ended"
"""The cause of a standstill for good: the owner has ended the trade."""
AFTER_END = frozenset({"archive", "deposit", "venue"})
"""Nouns whose acts go on in a trade that has ended."""
GO_ON = frozenset(
    {
        "account", "card", "case", "chase", "clock", "complaint", "complaint_duty", "duty", "log",
        "member", "message", "objection", "order", "outage", "paper", "party", "point",
        "sealed_duty", "secret", "standing", "supervision", "tip", "work",
    }
)  # fmt: skip
"""Nouns whose acts go on while a trade stands still."""
GOES_ON = frozenset(
    {SUSPEND, RESUME, "project.confirm_stage", "deposit.receive", "deposit.confirm_refund"}
)
"""Single acts that do."""


class Suspension(Recorded):
    """A time in which a trade stands still; `until` is empty while it does."""

    __tablename__ = "suspension"
    __table_args__ = (
        CheckConstraint("cause IN ('order','outage','ended')", name="cause"),
        CheckConstraint("until >= since", name="until"),
        CheckConstraint("(until IS NULL) = (lifted IS NULL)", name="lifted"),
    )
    project: Mapped[UUID] = mapped_column(index=True)
    org: Mapped[UUID]
    """The department that ordered it; nobody where the platform itself stood still."""
    cause: Mapped[str]
    article: Mapped[str]
    reason: Mapped[str]
    since: Mapped[datetime]
    lifted: Mapped[str | None]
    """Why it was ended."""
    until: Mapped[datetime | None]


class Suspended(WrongStage):
    """The trade stands still by an order, or because the platform did."""


def goes_on(action: str) -> bool:
    """Tell whether an act may be done while its trade stands still."""
    return action in GOES_ON or action.partition(".")[0] in GO_ON


def goes_on_in(held: Suspension, action: str) -> bool:
    """Tell whether an act may be done in a trade that stands still by this."""
    return goes_on(action) or (held.cause == ENDED and action.partition(".")[0] in AFTER_END)


def standing_still(session: Session, project: UUID) -> Suspension | None:
    """Return the suspension under which a trade stands still now, if any."""
    return session.scalar(
        select(Suspension).where(Suspension.project == project, Suspension.until.is_(None)).limit(1)
    )


def has_ended(project: SQLColumnExpression[UUID]) -> ColumnElement[bool]:
    """What is true of a trade, by the column that names it, which its owner has ended."""
    return (
        exists()
        .where(Suspension.project == project, Suspension.until.is_(None))
        .where(Suspension.cause == ENDED)
    )


def stood_still(session: Session, project: UUID, since: datetime) -> timedelta:
    """Return how long a trade stood still after a moment, by the suspensions that have ended."""
    rows = session.scalars(
        select(Suspension).where(Suspension.project == project, Suspension.until > since)
    )
    spans = (row.until - max(row.since, since) for row in rows if row.until is not None)
    return sum(spans, timedelta())


def require_moving(session: Session, project: UUID, action: str) -> None:
    """Refuse what is not done while the trade stands still; raises Suspended."""
    if goes_on(action):
        return
    held = standing_still(session, project)
    if held is None or goes_on_in(held, action):
        return
    since = f"{held.since.astimezone(SHANGHAI):%Y-%m-%d}"
    if held.cause == ENDED:
        raise Suspended(
            f"招标人已于{since}终止本项目 / the owner has ended this trade", rule=held.article
        )
    raise Suspended(
        f"本项目自{since}起暂停，恢复前不得办理 / "
        "the trade is suspended; nothing is done in it before it is resumed",
        rule=held.article,
    )
