"""The loop of a machine: look, do what is its own, look again; until it is told to stop."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlencode

from experts.ceremony.mail.view import View
from monitor.work.ending import go_on
from webui.program.client import Away, Refused
from webui.program.draw.side import Side, log

IDLE = 3
"""How many times rarer a machine looks that takes part in no draw."""
LONGEST = 30.0
"""Seconds between two looks at a platform that is away, or that said no."""


@dataclass(slots=True)
class Loop:
    """Looks at every draw of a side that changed since it was last looked at."""

    side: Side
    look: float = 1.0
    """Seconds between two looks."""
    _marks: set[str] = field(default_factory=set)
    """What was looked at already and left nothing to do."""
    _pause: float = 0.0
    _told: str = ""
    _looks: int = 0

    def once(self) -> bool:
        """Look at each draw once; tell whether something was done. Raises Away, Refused."""
        if self._looks % self.side.seldom == 0:
            self.side.attend()
        self._looks += 1
        seen = urlencode([("seen", mark) for mark in sorted(self._marks)])
        rows = self.side.client.read(f"/api/v1/draws?{seen}")["draws"]
        self._marks &= {str(row["mark"]) for row in rows}
        done = False
        for row in rows:
            if "view" not in row:
                continue
            if self.side.tend(View(row["view"])):
                done = True
            else:
                self._marks.add(str(row["mark"]))
        return done

    def _tell(self, fault: Exception) -> None:
        """Write a fault down once, however often it comes again."""
        told = f"{type(fault).__name__}: {fault}"
        if told != self._told:
            self._told = told
            log.warning(told)

    def looked(self) -> float:
        """Look once, and return how long to wait before the next look."""
        try:
            done = self.once()
        except (Away, Refused) as fault:
            self._tell(fault)
            self._pause = min(max(self._pause * 2, self.look), LONGEST)
            return self._pause
        self._pause, self._told = 0.0, ""
        if done:
            return 0.0
        return self.look if self._marks else IDLE * self.look


def run(side: Side, look: float) -> None:
    """Run a machine until SIGTERM or Ctrl-C."""
    loop = Loop(side, look)
    go_on(lambda _: loop.looked(), 0.0)
