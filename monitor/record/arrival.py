"""Arrivals: the stamp of the last verified byte, committed the moment it comes.

A deadline is judged by this stamp, not by when the action got its turn. CLOSE takes the project's
lock exclusive, so every arrival before the deadline is in.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Mapped, Session, mapped_column

from monitor.record.act import Act
from monitor.record.action import Visibility, action
from monitor.record.identity import secret_id
from monitor.record.table import Recorded
from monitor.refusal import NotFound
from monitor.role import Role


class Arrival(Recorded):
    """Bytes of that digest were here, whole, at that moment; from whom is only a pseudonym."""

    __tablename__ = "arrival"
    project: Mapped[UUID] = mapped_column(index=True)
    mask: Mapped[str]
    digest: Mapped[bytes]
    at: Mapped[datetime]


@action("arrival.stamp", by=(Role.TENDERER,), visibility=Visibility.SECRET)
def stamp(act: Act, *, digest: bytes) -> UUID:
    """Stamp what has just arrived whole; return the arrival's id.

    Raises NotFound without a project or a pseudonym to keep it under.
    """
    if act.project is None or act.actor.mask is None:
        raise NotFound("没有项目或假名 / no project or pseudonym to receive this for")
    arrival = Arrival(
        id=secret_id(), project=act.project, mask=act.actor.mask, digest=digest, at=act.now
    )
    act.session.add(arrival)
    act.note(subject=str(arrival.id), digest=digest.hex())
    return arrival.id


def arrived(session: Session, arrival: UUID, project: UUID, mask: str) -> Arrival:
    """Return that pseudonym's arrival; raises NotFound for anybody else's."""
    found = session.get(Arrival, arrival)
    if found is None or found.project != project or found.mask != mask:
        raise NotFound("没有这次送达 / no such arrival")
    return found
