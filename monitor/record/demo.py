"""A demo folder's clock: one row that every process honours, moved forward only, on the record."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from sqlalchemy import Engine, select
from sqlalchemy.orm import Mapped, Session

from monitor.record.act import Act
from monitor.record.action import Visibility, action
from monitor.record.table import Recorded
from monitor.refusal import TooEarly
from monitor.role import Role

ONLY = UUID(int=1)


class DemoMoment(Recorded):
    """The one row: where the demo's time stands."""

    __tablename__ = "demo_clock"
    moment: Mapped[datetime]


@action("clock.advance", by=(Role.SYSTEM,), visibility=Visibility.SECRET, standing=False)
def advance(act: Act, *, to: datetime) -> datetime:
    """Move the demo's time forward; raises TooEarly when that would be backward."""
    row = act.session.get(DemoMoment, ONLY)
    if row is None:
        row = DemoMoment(id=ONLY, moment=to)
        act.session.add(row)
    act.require(
        row.moment <= to, TooEarly("演示时间只能向前 / demo time only goes forward", rule="clock")
    )
    row.moment = to
    act.note(subject="demo", to=to.strftime("%Y-%m-%dT%H:%M:%SZ"))
    return to


def row_reader(engine: Engine, start: datetime) -> Callable[[], datetime]:
    """Return a reader of the row for DemoClock; `start` until the clock was first advanced."""

    def read() -> datetime:
        with Session(engine) as session:
            return session.scalar(select(DemoMoment.moment)) or start

    return read
