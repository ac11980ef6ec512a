"""`python -m webui.serve.sequencing`: the sequencer as a process of its own.

It looks twice a second of real time, runs a batch at once where an act that is public waits for its
place, and one every ten seconds whatever happens: the beat tells nothing of secret acts.
"""

from __future__ import annotations

import logging
import os
import signal

import redis

from monitor.clock import Clock
from monitor.log.sequencer.latch import LatchMoved
from monitor.log.sequencer.sequencer import NotLeader, Sequencer
from monitor.runtime.embedded import embedded
from monitor.runtime.settings import load
from monitor.runtime.valkey import connect
from monitor.work.ending import ending
from webui.house import clock_of, named_witness, open_log
from webui.serve.state import Program, Signs

log = logging.getLogger("batong.sequencer")
LOOK = 0.5
BEAT = 20  # looks
CHANNEL = "batong:head"


class Beat:
    """Runs batches by the schedule; tells the web server of each by Valkey, as a hint."""

    def __init__(self, sequencer: Sequencer, clock: Clock, valkey: redis.Redis) -> None:
        self._sequencer = sequencer
        self._clock = clock
        self._valkey = valkey
        self._looks = 0
        self._absent: dict[str, str] = {}
        self.leads = True
        """Whether the last batch that was due was this process's to run."""

    def look(self) -> int | None:
        """Run a batch where one is due; return the size of its tree, None where none was run."""
        due = self._looks % BEAT == 0 or self._sequencer.public_waits()
        self._looks += 1
        if not due:
            return None
        try:
            size = self._sequencer.run_once(self._clock.now()).size
        except (NotLeader, LatchMoved):  # another leads for now: the demo that is being played
            self.leads = False
            return None
        self.leads = True
        self._hint(size)
        self._miss()
        return size

    def _miss(self) -> None:
        """Say once which witness did not cosign: the log goes on, who demands it waits."""
        absent = dict(self._sequencer.absent)
        if absent.keys() != self._absent.keys():
            log.warning("not cosigned by: %s", absent or "nobody is missing any more")
        self._absent = absent

    def _hint(self, size: int) -> None:
        try:
            self._valkey.publish(CHANNEL, size)
        except redis.RedisError:
            log.warning("valkey away: readers find the new head within a second by themselves")


def main() -> None:
    """Look twice a second until SIGTERM."""
    ended = ending(signal.SIGTERM)
    settings = load(os.environ)
    with embedded(settings) as ground:
        url = ground.database.sequencer_url
        sequencer, _ = open_log(settings, named_witness(settings), url)
        clock, valkey = (
            clock_of(settings, ground.database.app_url),
            connect(ground.redis_url),
        )
        beat = Beat(sequencer, clock, valkey)
        signs = Signs.at(ground.redis_url)
        while not ended.wait(LOOK):
            if beat.look() is not None and not sequencer.absent:
                signs.give(Program.WITNESS)
            if beat.leads:
                signs.give(Program.SEQUENCER)
        sequencer.close()


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING)
    main()
