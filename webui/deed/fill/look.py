"""Coming upon a damaged object: what is stored is looked at again, and it is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from uuid import UUID

from bidding.hall.failure.damage import DamagedHere
from bidding.hall.failure.due import another_look
from monitor.clock import SystemClock
from monitor.record.platform import Platform
from monitor.refusal import Conflict
from monitor.role import SYSTEM
from monitor.work.due import missing, plan


@contextmanager
def looking_after(platform: Platform, project: UUID, section: UUID) -> Iterator[None]:
    """Plan another look where what is done in here comes upon a damaged object, and raise it on."""
    try:
        yield
    except DamagedHere:
        _plan(platform, project, section)
        raise


def _plan(platform: Platform, project: UUID, section: UUID) -> None:
    with platform.read() as session:
        wanted = missing(session, another_look(session, project, section, platform.clock.now()))
    if wanted:
        with suppress(Conflict):  # somebody else came upon it at the same moment
            platform.perform(plan, SYSTEM, None, wanted=wanted, wall=SystemClock().now())
