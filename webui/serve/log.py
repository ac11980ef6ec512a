"""How the log stands, as its sequencer last said: a small file that pages and the wall read.

Red: the log halted, and nothing is signed until people have looked. Yellow: fewer witnesses than
are wanted cosigned. Grey: it is a log without witnesses. Green: signed and cosigned as wanted.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum

from monitor.clock import time_text
from monitor.log.tile import write_durably
from monitor.runtime.settings import Settings

FILE = "log-state.json"


class Colour(StrEnum):
    """What the wall shows."""

    NONE = "none"  # nothing said yet
    GREY = "grey"
    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"


@dataclass(frozen=True, slots=True)
class LogState:
    """The colour, since when (machine's clock, UTC), the cause, who did not cosign and why."""

    colour: Colour
    since: str = ""
    cause: str = ""
    absent: dict[str, str] = field(default_factory=dict)

    @property
    def halted(self) -> bool:
        """Tell whether nothing is signed any more."""
        return self.colour is Colour.RED


def read_log(settings: Settings) -> LogState:
    """Return how the log stands; NONE where no sequencer has said it yet."""
    try:
        told = json.loads((settings.data / FILE).read_text("utf-8"))
        return LogState(Colour(told["colour"]), told["since"], told["cause"], told["absent"])
    except FileNotFoundError:
        return LogState(Colour.NONE)


class Teller:
    """Writes how the log stands, where it changed."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._last = read_log(settings)

    def tell(self, colour: Colour, cause: str, absent: dict[str, str], now: datetime) -> None:
        """Say how it stands now, by the machine's clock."""
        same = (self._last.colour, self._last.cause, self._last.absent.keys())
        if same == (colour, cause, absent.keys()):
            return
        self._last = LogState(colour, time_text(now), cause, absent)
        said = json.dumps(asdict(self._last), ensure_ascii=False)
        write_durably(self._settings.data / FILE, said.encode())
