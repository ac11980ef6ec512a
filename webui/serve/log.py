"""How the log stands, as its sequencer last said: a small file that pages and the wall read.

Red: the log halted, and nothing is signed until people have looked; or a witness refuses what it is
asked to cosign as a fork or a rollback, however many others do not. Yellow: fewer witnesses than
are wanted cosigned. Grey: it is a log without witnesses. Green: signed and cosigned as wanted.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
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
    """The colour, since when (machine's clock, UTC), the cause, who did not cosign and why.

    refused: those of them that called it a fork or a rollback.
    """

    colour: Colour
    since: str = ""
    cause: str = ""
    absent: dict[str, str] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)

    @property
    def halted(self) -> bool:
        """Tell whether nothing is signed any more."""
        return self.colour is Colour.RED and not self.refused


def read_log(settings: Settings) -> LogState:
    """Return how the log stands; NONE where no sequencer has said it yet."""
    try:
        told = json.loads((settings.data / FILE).read_text("utf-8"))
        return LogState(Colour(told["colour"]), told["since"], told["cause"], told["absent"],
                        told.get("refused", []))  # fmt: skip
    except FileNotFoundError:
        return LogState(Colour.NONE)


class Teller:
    """Writes how the log stands, where it changed."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._last = read_log(settings)

    def tell(
        self,
        colour: Colour,
        cause: str,
        absent: dict[str, str],
        now: datetime,
        refused: Iterable[str] = (),
    ) -> None:
        """Say how it stands now, by the machine's clock."""
        names, last = sorted(refused), self._last
        same = (last.colour, last.cause, last.absent.keys(), last.refused)
        if same == (colour, cause, absent.keys(), names):
            return
        self._last = LogState(colour, time_text(now), cause, absent, names)
        said = json.dumps(asdict(self._last), ensure_ascii=False)
        write_durably(self._settings.data / FILE, said.encode())
