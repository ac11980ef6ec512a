"""How far the filling of a demo folder is: a small file that terminal and pages read."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from enum import StrEnum

from monitor.log.tile import write_durably
from monitor.runtime.settings import Settings

FILE = "demo-progress.json"


class Phase(StrEnum):
    """Whether the demo trade is being played, was played whole, or broke off."""

    NONE = "none"
    FILLING = "filling"
    FILLED = "filled"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class State:
    """The phase, and steps done of all."""

    phase: Phase
    done: int = 0
    steps: int = 0
    line: str = ""


def read_progress(settings: Settings) -> State:
    """Return how far the filling is; NONE where nothing was ever filled."""
    try:
        told = json.loads((settings.data / FILE).read_text("utf-8"))
        return State(Phase(told["phase"]), told["done"], told["steps"], told["line"])
    except FileNotFoundError:
        return State(Phase.NONE)


def break_off(settings: Settings) -> None:
    """Write down that a filling which no process goes on with broke off."""
    told = read_progress(settings)
    if told.phase is Phase.FILLING:
        write_progress(settings, replace(told, phase=Phase.BROKEN))


def write_progress(settings: Settings, state: State) -> None:
    """Write how far it is."""
    write_durably(settings.data / FILE, json.dumps(asdict(state), ensure_ascii=False).encode())
