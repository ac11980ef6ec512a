"""`python -m webui.serve.sequencing`: the sequencer as a process of its own.

It is hinted at by each act that is public at once, looks four times a second besides, and runs a
batch every ten seconds whatever happens: the beat tells nothing of secret acts. Whoever leads goes
through the published files as well, and rebuilds one that is damaged. A second one stands
by: it follows the heads that the first makes, and leads when they stop coming.
"""

from __future__ import annotations

import logging
import os
import signal
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field

import redis

from monitor.clock import Clock, SystemClock
from monitor.log.checkpoint import Policy
from monitor.log.sequencer.halt import BatchDiffers, Halt
from monitor.log.sequencer.latch import LatchMoved
from monitor.log.sequencer.mending import mend, walk
from monitor.log.sequencer.sequencer import NotLeader, Sequencer
from monitor.log.tile import TileConflict
from monitor.runtime.discretion import begin_log
from monitor.runtime.embedded import embedded
from monitor.runtime.settings import load
from monitor.runtime.valkey import connect
from monitor.work.ending import ending
from monitor.work.hint import ACT, Hints
from webui.house import clock_of, named_watchers, open_log
from webui.serve.log import Colour, Teller
from webui.serve.state import Program, Signs

log = logging.getLogger("batong.sequencer")
LOOK = 0.25
CYCLE = 0.1
"""Seconds from one batch to the next at least: many acts share a place on the disk."""
GATHER = 0.2
"""Seconds that acts gather after a long batch at most, so that none waits long for its head."""
BEAT = 10.0
GRACE = 2.0
"""Seconds for which one that stands by waits longer than the one that leads."""
REST = 10.0
FILES = 8
"""Published files that are checked at a look: those of a million leaves in some four minutes."""
ROUND = 60.0
"""Seconds from the start of one such round to the next at least."""
CHANNEL = "batong:head"


@dataclass(slots=True)
class Beat:
    """Runs batches by the schedule; tells the web server of each by Valkey, as a hint."""

    sequencer: Sequencer
    clock: Clock
    valkey: redis.Redis
    ticks: Callable[[], float] = time.monotonic
    leads: bool = field(default=True, init=False)
    """Whether the last head was this process's own."""
    _size: int | None = field(default=None, init=False)
    _last: float = field(default=float("-inf"), init=False)
    _waiting: float | None = field(default=None, init=False)

    def look(self) -> int | None:
        """Run a batch where one is due; return the size of its tree, None where none was run.

        Raises Halt or TileConflict where the log must stand still.
        """
        if not self._due():
            return None
        self._last, self._waiting = self.ticks(), None
        try:
            self._size = self.sequencer.run_once(self.clock.now()).size
        except (NotLeader, LatchMoved):
            self.leads = False
            return None
        self.leads = True
        self._hint(self._size)
        return self._size

    def _due(self) -> bool:
        now, (size, waits) = self.ticks(), self.sequencer.glance()
        if self._size is not None and size != self._size:  # another leads: it is followed
            self.leads, self._last, self._waiting = False, now, None
        self._size = size
        grace = 0.0 if self.leads else GRACE
        if now - self._last >= BEAT + grace:
            return True
        if not waits:
            self._waiting = None
            return False
        self._waiting = now if self._waiting is None else self._waiting
        return now - self._waiting >= grace

    def _hint(self, size: int) -> None:
        try:
            self.valkey.publish(CHANNEL, size)
        except redis.RedisError:
            log.warning("valkey away: readers find the new head within a second by themselves")


@dataclass(slots=True)
class Scrub:
    """Goes through the published files, a few at each look, and has damaged ones rebuilt."""

    sequencer: Sequencer
    ticks: Callable[[], float] = time.monotonic
    damaged: bool = field(default=False, init=False)
    """Whether something is found that could not be rebuilt yet."""
    _walk: Iterator[str] = field(default=iter(()), init=False)
    _next: float = field(default=float("-inf"), init=False)

    def look(self, files: int = FILES) -> None:
        """Check the next files; raises BatchDiffers where a damaged one cannot be rebuilt."""
        for _ in range(files):
            path = next(self._walk, None)
            if path is None:
                if self.ticks() >= self._next:
                    self._begin()
                break
            if path:
                log.error("a published file is missing or damaged: %s", path)
                self.damaged = True
                break
        if self.damaged:
            self.rebuild()

    def rebuild(self) -> bool:
        """Have what is damaged rebuilt; tell whether anything was. Raises BatchDiffers."""
        try:
            found = mend(self.sequencer)
        except NotLeader:  # whoever leads looks as well
            return False
        except BatchDiffers:
            self.damaged = True
            raise
        for path in found:
            log.error("rebuilt from its rows, as it was signed: %s", path)
        self.damaged = False
        self._begin()
        return bool(found)

    def _begin(self) -> None:
        self._next = self.ticks() + ROUND
        note = self.sequencer.published()
        signed = None if note is None else self.sequencer.opened(note)
        self._walk = iter(()) if signed is None else walk(self.sequencer.tiles, signed)


def pause(took: float) -> float:
    """Return how long acts gather after a look that took so long, in seconds.

    Twice as long as it took, within bounds: on a busy machine the log leaves two thirds of the time
    to the acts, and more of them share the cost of a batch.
    """
    return max(CYCLE - took, min(2 * took, GATHER))


def colour_of(policy: Policy, absent: dict[str, str], refused: Collection[str] = ()) -> Colour:
    """Return how a log stands whose last checkpoint those witnesses did not cosign.

    refused: those of them that call it a fork or a rollback; one is enough.
    """
    if refused:
        return Colour.RED
    if not policy.quorum:
        return Colour.GREY
    known = {key.name for key in policy.witnesses}
    return Colour.YELLOW if len(known) - len(absent) < policy.quorum else Colour.GREEN


def step(
    beat: Beat, policy: Policy, teller: Teller, wall: Clock, scrub: Scrub | None = None
) -> bool | None:
    """Look once and say how the log stands; return whether a batch was run, None where it halts."""
    try:
        done = _looked(beat, scrub)
    except (Halt, TileConflict) as halt:
        log.error("the log stands still: %s", halt)
        teller.tell(Colour.RED, str(halt), {}, wall.now())
        return None
    if done is not None:
        absent, refused = dict(beat.sequencer.absent), set(beat.sequencer.refused)
        teller.tell(colour_of(policy, absent, refused), "", absent, wall.now(), refused)
    return done is not None


def _looked(beat: Beat, scrub: Scrub | None) -> int | None:
    """Look for a batch; a damaged file that stands in its way is rebuilt first, if it can be."""
    if scrub is None:
        return beat.look()
    if beat.leads:
        scrub.look()
    try:
        return beat.look()
    except (BatchDiffers, TileConflict):
        if not scrub.rebuild():
            raise
        return None


def main() -> None:
    """Look until SIGTERM; where the log halts, look again later: people may have recovered it."""
    ended = ending(signal.SIGTERM)
    settings, wall = load(os.environ), SystemClock()
    with embedded(settings) as ground:
        url = ground.database.sequencer_url
        sequencer, policy = open_log(settings, named_watchers(settings), url)
        clock, valkey = clock_of(settings, ground.database.app_url), connect(ground.redis_url)
        beat, hints = Beat(sequencer, clock, valkey), Hints(ground.redis_url, ACT)
        signs, teller, scrub = Signs.at(ground.redis_url), Teller(settings), Scrub(sequencer)
        while not ended.is_set():
            begun = time.monotonic()
            done = step(beat, policy, teller, wall, scrub)
            if done is None:
                ended.wait(REST)
                continue
            if done and sequencer.absent.keys() <= sequencer.refused:  # who refuses is there
                signs.give(Program.WITNESS)
            if beat.leads:
                signs.give(Program.SEQUENCER)
            if done:
                ended.wait(pause(time.monotonic() - begun))
            hints.wait(LOOK)
        hints.close()
        sequencer.close()


if __name__ == "__main__":
    begin_log()
    main()
