"""Errands done by the platform of itself; one that fails rests, longer each time it fails again."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from monitor.record.platform import Platform
from monitor.refusal import Refusal
from monitor.role import SYSTEM
from monitor.work.errand import Errand

log = logging.getLogger("batong.scheduler")
REST, LONGEST_REST = 5.0, 600.0  # seconds until what was refused is tried again


@dataclass(slots=True)
class Resting:
    """An errand that failed: until when it rests, and how long the next time."""

    until: float
    pause: float


@dataclass(slots=True)
class Runner:
    """Does errands as SYSTEM, and remembers which of them rest."""

    platform: Platform
    ticks: Callable[[], float]
    _rests: dict[str, Resting] = field(default_factory=dict)

    def run(self, errand: Errand) -> float:
        """Do an errand; return for how long it rests if it failed, now or before.

        One that meets a fault rests too: it keeps nothing else from being done.
        """
        tick, rest = self.ticks(), self._rests.get(errand.key)
        if rest is not None and rest.until > tick:
            return rest.until - tick
        try:
            self.platform.perform(errand.action, SYSTEM, errand.project, **errand.inputs)
        except Exception as fault:
            if isinstance(fault, Refusal):
                log.warning("%s: %s", errand.key, fault.message)
            else:
                log.exception("%s", errand.key)
            pause = min(rest.pause * 2, LONGEST_REST) if rest else REST
            self._rests[errand.key] = Resting(tick + pause, pause)
            return pause
        self._rests.pop(errand.key, None)
        return 0.0
