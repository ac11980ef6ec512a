"""Who is there when the hall opens: tenderers check in 签到, under their pseudonyms until CLOSE.

It decides nothing: an absent tenderer's bid is opened like any other. The host sees how many are
there once it may know how many bid at all, and names as far as the trustees have opened them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session

from bidding.hall.stage import step
from bidding.submission import standing_bid
from bidding.terms import deadline
from monitor.record.act import Act
from monitor.record.action import Visibility, action
from monitor.record.identity import secret_id
from monitor.record.table import Recorded
from monitor.refusal import Conflict, TooEarly, WrongStage
from monitor.role import Role
from trading.notice.moment import required_project
from trading.notice.participation import Participant, masked

BASIS = "招标投标法 35"
BEFORE = timedelta(hours=1)
"""How long before the deadline the door of the hall opens."""
OVER = ("opening.reveal", "opening.fail")


class CheckIn(Recorded):
    """One tenderer that is there."""

    __tablename__ = "check_in"
    __table_args__ = (UniqueConstraint("project", "section", "mask"),)
    project: Mapped[UUID]
    section: Mapped[UUID]
    mask: Mapped[str]
    at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class Present:
    """One who checked in, and its name once that is known."""

    at: datetime
    name: str | None


@action("opening.check_in", by=(Role.TENDERER,), visibility=Visibility.SECRET)
def check_in(act: Act, *, section: UUID) -> None:
    """Say that one is there, from an hour before the deadline until everything was shown.

    Raises TooEarly, WrongStage once it is over, NotFound for who has no bid there, Conflict.
    """
    project, mask = required_project(act.project), masked(act)
    opens = deadline(act.session, project) - BEFORE
    act.require(
        act.now >= opens, TooEarly("开标前一小时开始签到 / an hour before, not earlier", rule=BASIS)
    )
    act.require(
        not any(step(act.session, project, section, name) for name in OVER),
        WrongStage("开标已结束 / the opening is over", rule=BASIS),
    )
    standing_bid(act.session, project, section, mask)
    act.on_conflict(
        "check_in_project_section_mask_key",
        lambda _: Conflict("已签到 / checked in already", rule=BASIS),
    )
    row = CheckIn(id=secret_id(), project=project, section=section, mask=mask, at=act.now)
    act.session.add(row)
    act.note(subject=str(row.id), section=str(section))


def checked_in(session: Session, project: UUID, section: UUID, mask: str) -> datetime | None:
    """Return when a pseudonym checked in; None if it has not."""
    return session.scalar(
        select(CheckIn.at).where(
            CheckIn.project == project, CheckIn.section == section, CheckIn.mask == mask
        )
    )


def present(session: Session, project: UUID, section: UUID) -> list[Present] | None:
    """Return who is there, in order of time; None before CLOSE: it would tell how many bid."""
    if step(session, project, section, "opening.close") is None:
        return None
    rows = session.execute(
        select(CheckIn.at, Participant.name)
        .outerjoin(
            Participant,
            (Participant.project == CheckIn.project) & (Participant.mask == CheckIn.mask),
        )
        .where(CheckIn.project == project, CheckIn.section == section)
        .order_by(CheckIn.at, CheckIn.id)
    )
    return [Present(row.at, row.name) for row in rows]
