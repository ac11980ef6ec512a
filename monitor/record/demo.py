"""A demo folder's clock: one row that every process honours, moved forward only, on the record."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Text, cast, func, select
from sqlalchemy.orm import Mapped, Session

from monitor.clock import time_text
from monitor.record.act import Act
from monitor.record.action import Visibility, action
from monitor.record.identity import instant_of
from monitor.record.table import Record, Recorded
from monitor.refusal import TooEarly
from monitor.role import Role
from monitor.runtime.engine import engine_to

ONLY = UUID(int=1)
READ_ONLY = "-c default_transaction_read_only=on"


class DemoMoment(Recorded):
    """The one row: where the demo's time stands."""

    __tablename__ = "demo_clock"
    moment: Mapped[datetime]


STANDS = select(
    select(DemoMoment.moment).scalar_subquery().label("moment"),
    select(Record.id).order_by(Record.id.desc()).limit(1).scalar_subquery().label("newest"),
)


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
    act.note(subject="demo", to=time_text(to))
    return to


SNAPSHOT = select(cast(func.pg_current_snapshot(), Text))


def seen(session: Session) -> str:
    """Return what of the database a reading sees: where it is the same, all rows are."""
    return str(session.scalar(SNAPSHOT))


class RowReader:
    """Reads the row for DemoClock, over connections of its own; `start` until it is first moved.

    Each process ticks by itself within one moment, so none may read a time before the newest
    record of any other: it would take what was just done for something to come.
    """

    def __init__(self, app_url: str, start: datetime) -> None:
        self._engine = engine_to(
            app_url, isolation_level="AUTOCOMMIT", connect_args={"options": READ_ONLY}
        )
        self._start = start

    def __call__(self) -> datetime:
        """Return where the demo's time stands, and never before the newest record."""
        with self._engine.connect() as connection:
            row = connection.execute(STANDS).one()
        moment = row.moment or self._start
        return moment if row.newest is None else max(moment, instant_of(row.newest))

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()
