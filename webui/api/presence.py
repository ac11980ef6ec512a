"""Which machines are there: when each last asked, kept by this process alone and written nowhere.

A machine asks every second or two; one that has not for ten seconds is away, and the desk says so.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from uuid import UUID

from flask import Flask, current_app

PATIENCE = 10.0
"""Seconds without a question until a machine counts as away."""


@dataclass(slots=True)
class Presence:
    """The machines that asked, and when; `clock` counts seconds and goes by no calendar."""

    _last: dict[UUID, float] = field(default_factory=dict)
    _doing: dict[UUID, str] = field(default_factory=dict)

    def saw(self, machine: UUID, doing: str = "") -> None:
        """Note that a machine asked just now, and what it says it does."""
        self._last[machine] = time.monotonic()
        self._doing[machine] = doing

    def doing(self, machine: UUID) -> str:
        """Return what a machine said last that it does."""
        return self._doing.get(machine, "")

    def here(self, machine: UUID) -> bool:
        """Tell whether a machine asked of late."""
        last = self._last.get(machine)
        return last is not None and time.monotonic() - last < PATIENCE


def install(app: Flask) -> None:
    """Let the application know who is there."""
    app.extensions["presence"] = Presence()


def presence() -> Presence:
    """Return who is there."""
    found: Presence = current_app.extensions["presence"]
    return found
