"""What every test of supervision does: people act in one trade, and a no is on record."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from monitor.clock import MovableClock
from monitor.record.platform import Platform
from monitor.refusal import Refusal
from monitor.role import Actor, Role
from tests.builders import a_standing, an_actor
from tests.trading.projects import Trade

START = datetime(2026, 3, 16, 1, 0, tzinfo=UTC)


class Desk:
    """A trade with its tenderee, its centre and the department that is competent for it."""

    def __init__(self, platform: Platform, clock: MovableClock, trade: Trade) -> None:
        self.platform, self.clock = platform, clock
        self.project: UUID = trade.id
        self.tenderee, self.clerk = trade.owner, trade.centre
        self.department = a_standing(platform, trade.id, an_actor(platform, Role.DEPARTMENT))

    def act(self, verb: Any, actor: Actor, **inputs: Any) -> Any:
        return self.platform.perform(verb, actor, self.project, **inputs)

    def refused(self, verb: Any, actor: Actor, **inputs: Any) -> Refusal:
        """The platform's no, which must be on record."""
        with pytest.raises(Refusal) as told:
            self.act(verb, actor, **inputs)
        assert told.value.record is not None
        return told.value

    def refusal(self, verb: Any, actor: Actor, **inputs: Any) -> type[Refusal]:
        """The kind of the platform's no."""
        return type(self.refused(verb, actor, **inputs))
