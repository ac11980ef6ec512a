"""The course of a replay: the record's own moments on a demo folder's clock, real acts throughout.

Every tenderer seals by the offline tool's code and sends to the desk; deposits, evaluation and all
that follows are left out. The stopwatch is the machine's, the moments are the record's.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from monitor.record.identity import new_id
from webui.demo.cast import assemble
from webui.demo.plan import Plan, Rival, fiction
from webui.demo.play import Bidder, Play
from webui.demo.real.opening import amounts
from webui.demo.real.replay.row import Opening, Row
from webui.demo.scene import bid, notice, opening, registration
from webui.demo.stage import Stage

AHEAD = timedelta(days=34)
"""From the notice to the deadline: more than the law's twenty days (招标投标法 24)."""
BEAT = 20
"""Tenderers between two batches of the log."""
WINDOW = 60
"""Minutes in which the tenderers open by themselves: the record's last came after 32.9."""

Counted = Callable[[Sequence[Row], str], AbstractContextManager[Iterator[Row]]]
"""Lends rows one by one to a step of that name: a progress bar."""


@dataclass(frozen=True, slots=True)
class Phase:
    """One step of the course: what took how long, by the wall and of this process's processor."""

    name: str
    wall: float
    processor: float


@dataclass(slots=True)
class Watch:
    """Times the steps."""

    phases: list[Phase] = field(default_factory=list)

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        """Time what is done inside; the same name again adds up."""
        wall, processor = time.perf_counter(), time.process_time()
        yield
        done = Phase(name, time.perf_counter() - wall, time.process_time() - processor)
        same = next((one for one in self.phases if one.name == name), None)
        if same is None:
            self.phases.append(done)
            return
        at = self.phases.index(same)
        self.phases[at] = Phase(name, same.wall + done.wall, same.processor + done.processor)


@dataclass(slots=True)
class Course:
    """A replay under way."""

    it: Play
    record: Opening
    counted: Counted
    watch: Watch = field(default_factory=Watch)
    by_code: dict[str, Bidder] = field(default_factory=dict)

    def run(self) -> None:
        """Play it from the joining of the tenderers to the opening record."""
        self._enter()
        self._send()
        with self.watch.timed("close"):
            self.it.stage.until(self.it.plan.deadline + timedelta(seconds=1))
            opening.close_and_identify(self.it)
        opening.check_seals(self.it)
        self._release()
        with self.watch.timed("table"):
            opening.open_the_rest(self.it)
            opening.show_all(self.it)
            self.it.stage.settle()

    def _enter(self) -> None:
        with self.watch.timed("join"), self.counted(self.record.rows, "join") as rows:
            for row in rows:
                rival = Rival(row.name, row.uscc, row.price_fen)
                self.by_code[row.uscc] = notice.enter(self.it, rival)
                self._beat(len(self.by_code))
        self.it.bidders += self.by_code.values()

    def _send(self) -> None:
        with self.counted(self.record.rows, "seal + submit") as rows:
            for count, row in enumerate(rows, 1):
                one = self.by_code[row.uscc]
                self.it.stage.until(row.received)
                with self.watch.timed("seal"):
                    sealed = bid.seal(self.it, one)
                with self.watch.timed("submit"):
                    if rule := bid.send(self.it, one, sealed):
                        raise LookupError(f"{row.name}: {rule}")
                self._beat(count)

    def _release(self) -> None:
        released = self.record.released
        with self.watch.timed("release"), self.counted(released, "release") as rows:
            for count, row in enumerate(rows, 1):
                self._beat(count)
                self.it.stage.until(max(row.released or self.it.stage.now, self.it.stage.now))
                opening.release_key(self.it, self.by_code[row.uscc])
        end = self.it.plan.deadline + timedelta(minutes=WINDOW, seconds=5)
        self.it.stage.until(max(end, self.it.stage.now))

    def _beat(self, count: int) -> None:
        """Let the log take up what waits now and then, as its sequencer does all the time."""
        if count % BEAT == 0:
            self.it.stage.settle()


def plan_of(record: Opening) -> Plan:
    """Return the invented works trade whose deadline is just after the record's last arrival."""
    last = max(row.received for row in record.rows)
    first = min((row.released for row in record.rows if row.released), default=last)
    deadline = _half_hour(last, first)
    start = (deadline - AHEAD).date()
    plan = amounts(fiction(), [_cells(row) for row in record.rows])
    supply = datetime.combine(start + timedelta(days=18), deadline.timetz())
    return replace(
        plan, start=start, bid_end=deadline, supply_end=supply, rivals=(), window_minutes=WINDOW
    )


def _half_hour(last: datetime, first: datetime) -> datetime:
    """Return the full half hour before the first release, unless a bid came in later than that."""
    at = first.replace(minute=first.minute // 30 * 30, second=0, microsecond=0)
    return at if at > last else last + timedelta(minutes=1)


def _cells(row: Row) -> dict[str, str]:
    price = f"{row.price_fen / 1_000_000:.6f}"
    return {
        "bidder": row.name, "uscc": row.uscc, "price_wan": price, "decrypt_status": "",
        "deposit": "",
    }  # fmt: skip


def begin(stage: Stage, record: Opening, counted: Counted) -> Course:
    """Register the trade and publish it with its trustees."""
    plan = plan_of(record)
    stage.until(plan.at(0, "08:30"))
    cast = assemble(stage, plan.owner, plan.category, "示例市水利局（演示）")
    it = Play(stage, cast, plan, new_id(stage.now))
    registration.play(it)
    stage.until(plan.at(1))
    notice.announce_tender(it)
    stage.until(plan.at(2))
    return Course(it, record, counted)
