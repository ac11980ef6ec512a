"""Halls ready for a draw, whole draws, and what a thief or an audience then reads."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg

from experts.ceremony.seat import Seat, seated
from experts.draw.transcript import Contact
from experts.pool.register import snapshot
from experts.pool.stand_in import StandIn
from monitor.clock import MovableClock
from monitor.record.disclosure import Audience, Viewer, timeline
from monitor.record.platform import Platform
from monitor.role import Role
from monitor.runtime.database import Addresses, libpq
from tests.builders import a_standing, an_actor
from tests.experts.desk import STRATA_5
from tests.experts.hall import Hall
from tests.experts.pool_world import PoolKeepers, a_pool, the_keepers
from tests.trading.projects import an_accepted_trade
from trading.registration.project import sections

START = datetime(2026, 3, 16, 1, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class DrawingPool:
    """A platform whose pool of stand-ins is past its cooling."""

    platform: Platform
    keepers: PoolKeepers
    people: dict[str, StandIn]


def a_drawing_pool(platform: Platform, n: int) -> DrawingPool:
    keepers = the_keepers(platform)
    people = a_pool(platform, keepers, n)
    platform.clock.wait(timedelta(days=8))
    platform.perform(snapshot, keepers.first, None)
    return DrawingPool(platform, keepers, {one.facts.uid: one for one in people})


@contextmanager
def an_open_pool(database: Addresses) -> Iterator[DrawingPool]:
    """A pool of forty over a platform of its own, whose clock begins on a working day."""
    with closing(Platform(database.app_url, MovableClock(START))) as platform:
        yield a_drawing_pool(platform, 40)


def a_hall(pool: DrawingPool, folder: Path, strata: tuple[tuple[int, int], ...] = STRATA_5) -> Hall:
    """A fresh project with everybody at the ceremony."""
    trade = an_accepted_trade(pool.platform)
    with pool.platform.read() as session:
        [section] = sections(session, trade.id)
    inspector = an_actor(pool.platform, Role.DEPARTMENT)
    a_standing(pool.platform, trade.id, inspector, pool.keepers.first)
    return Hall(
        pool.platform,
        folder,
        trade.id,
        section.id,
        pool.keepers,
        pool.people,
        inspector,
        trade.owner,
        strata,
    )


def everything_at_rest(database: Addresses) -> dict[str, str]:
    """Every table's rows as text, bytes as they are, records opened: what a thief of it all reads."""
    found = {}
    with psycopg.connect(libpq(database.superuser_url)) as connection:
        names = [
            row[0]
            for row in connection.execute(
                "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
            )
        ]
        for name in names:
            rows = connection.execute(f"SELECT to_jsonb(t)::text FROM {name} t").fetchall()
            found[name] = "\n".join(row[0] for row in rows)
        bodies = connection.execute("SELECT convert_from(body, 'UTF8') FROM opening").fetchall()
        found["bodies"] = "\n".join(row[0] for row in bodies)
    return found


def seen_by(hall: Hall, audience: Audience) -> str:
    viewer = Viewer(audience)
    with hall.platform.read() as session:
        return "\n".join(one.body.decode() for one in timeline(session, hall.project, viewer))


def a_finished_draw(hall: Hall) -> None:
    """A decline, a replacement, CLOSE, a re-check that bars one, a linked round, all checked in."""
    hall.start().round()
    hall.call(Contact.DECLINED)
    hall.round()
    hall.call()
    hall.close()
    assert hall.recheck(hall.employer_of(next(iter(hall.sitting().values())))) >= 1
    hall.round()
    hall.call()
    hall.check_in()
    hall.finish()


def seats_in(hall: Hall) -> list[Seat]:
    with hall.platform.read() as session:
        return list(seated(session, hall.project, hall.section))
