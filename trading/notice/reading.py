"""That the documents were read as they stand: ticked by a tenderer, against their digest.

It opens nothing and refuses nobody: a bid is taken without it. It tells the tenderer, and after
CLOSE the committee, which version of the tender a bid was made by.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session

from monitor.record.act import Act
from monitor.record.action import Visibility, action
from monitor.record.identity import secret_id
from monitor.record.table import Recorded
from monitor.refusal import Conflict
from monitor.role import Role
from trading.notice.addendum import tender_digest
from trading.notice.moment import require_open, required_project
from trading.notice.participation import joined, masked

BASIS = "招标投标法 23"


class Reading(Recorded):
    """A pseudonym has read the tender as that digest names it."""

    __tablename__ = "reading"
    __table_args__ = (
        UniqueConstraint("project", "mask", "notice"),
        CheckConstraint("octet_length(notice) = 32", name="notice"),
    )
    project: Mapped[UUID]
    mask: Mapped[str]
    notice: Mapped[bytes]
    at: Mapped[datetime]


@action("document.read", by=(Role.TENDERER,), visibility=Visibility.SECRET)
def read(act: Act, *, notice: bytes) -> None:
    """Say under a pseudonym that the documents with all addenda were read, as they stand now.

    Raises Conflict where an addendum came meanwhile or it was said already, TooLate.
    """
    project, mask = required_project(act.project), masked(act)
    joined(act.session, project, mask)
    require_open(act.session, project)
    act.require(
        notice == tender_digest(act.session, project),
        Conflict("招标文件已有变化，请先阅读 / the tender has changed: read it first", rule=BASIS),
    )
    act.on_conflict(
        "reading_project_mask_notice_key",
        lambda _: Conflict("已确认 / it was said already", field="notice"),
    )
    row = Reading(id=secret_id(), project=project, mask=mask, notice=notice, at=act.now)
    act.session.add(row)
    act.note(subject=str(row.id), notice=notice.hex())


def has_read(session: Session, project: UUID, mask: str) -> datetime | None:
    """Return when a pseudonym read the tender as it stands now; None if it has not."""
    return session.scalar(
        select(Reading.at).where(
            Reading.project == project,
            Reading.mask == mask,
            Reading.notice == tender_digest(session, project),
        )
    )
