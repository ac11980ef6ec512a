"""`python -m webui.serve.filling`: plays the demo trade into the folder that `serve` holds."""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType
from typing import NoReturn

from monitor.runtime.discretion import begin_log
from monitor.runtime.embedded import embedded
from monitor.runtime.settings import Settings, load
from monitor.work.lead import SCHEDULER, leading
from webui.demo.narrator import Narrator
from webui.demo.plan import fiction
from webui.demo.second import leave
from webui.demo.stage import set_stage
from webui.demo.story import play
from webui.house import stand_in_folder
from webui.serve.progress import Phase, State, write_progress

STEPS = 66


class Teller(Narrator):
    """A narrator that also writes down how far it is."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(sys.stdout, STEPS)
        self._settings = settings

    def _print(self, line: str) -> None:
        super()._print(line)
        self.report(Phase.FILLING, line.strip())

    def report(self, phase: Phase, line: str = "") -> None:
        """Write down the phase and the steps done."""
        write_progress(self._settings, State(phase, min(self.done, STEPS), STEPS, line))


def fill(settings: Settings) -> None:
    """Play the whole trade; raises whatever broke it, having said so in the progress file."""
    teller, plan = Teller(settings), fiction()
    teller.report(Phase.FILLING)
    try:
        with (
            embedded(settings) as ground,
            leading(ground.database.app_url, SCHEDULER),  # the story does by hand what is due
            set_stage(settings, stand_in_folder(settings), plan.at(0, "08:00"), teller) as stage,
        ):
            leave(play(stage, plan))
    except BaseException:
        teller.report(Phase.BROKEN)
        raise
    teller.done = STEPS
    teller.report(Phase.FILLED)


def _end(_number: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(0)


if __name__ == "__main__":
    begin_log()
    signal.signal(signal.SIGTERM, _end)
    fill(load(os.environ))
