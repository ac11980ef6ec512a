"""`python -m webui.serve.scheduling`: what nobody clicks, done when it is due.

It looks every second, at once when Valkey hints that something moved. One leads, by a lock; it
lets go of it for whoever waits, as a demo does that plays its own story. Every act is an ordinary
one, performed as SYSTEM and found no longer due once it is done: a run that is cut off anywhere,
or a second one beside it, does nothing twice.
"""

from __future__ import annotations

import logging
import os
import signal
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from bidding.agenda import Agenda, agenda
from bidding.hall.due import closings
from bidding.hall.preparation.program import publish_programs
from bidding.hall.trust import name_log
from experts.pool.register import snapshot, snapshot_due
from monitor.clock import Clock, SystemClock
from monitor.log.checkpoint import Policy
from monitor.record.platform import Platform
from monitor.role import NOBODY, SYSTEM
from monitor.runtime.discretion import begin_log
from monitor.runtime.folder import Kind
from monitor.runtime.settings import load
from monitor.runtime.valkey import connect
from monitor.work.due import missing, plan, ready
from monitor.work.ending import ending
from monitor.work.errand import Errand
from monitor.work.lead import SCHEDULER, Lead
from monitor.work.runner import REST, Runner
from monitor.work.tail import Tail
from trading.registration.project import all_projects
from trading.supervision.standstill.lost_deadline import outages_due
from trading.supervision.standstill.outage import pulse_due
from webui import build
from webui.deed.upload.incoming import FOLDER, Incoming
from webui.house import kept_keys, open_house
from webui.serve.state import Program, Signs
from webui.serve.work.hands import Hands
from webui.serve.work.job.book import kinds
from webui.serve.work.waiting import Waiting

log = logging.getLogger("batong.scheduler")
BUDGET = 0.5  # seconds of one look for the agendas of trades
SHARE = 10  # an agenda may take the tenth part of the processor: a large trade waits between two
HANDED = 20.0  # seconds until a job is handed out again
OUT = 32  # jobs handed out at once
ROUND = 3600.0  # seconds until every trade is looked at again, whatever moved
SWEEP = 3600.0  # seconds until abandoned uploads are looked for again

Ask = Callable[[Any, UUID, datetime], Agenda]


@dataclass(slots=True)
class Scheduler:
    """Finds what is due and does it.

    `hand` gives a job's id to a worker; `prepare` is called whenever this process begins to lead.
    """

    platform: Platform
    wall: Clock
    kinds: frozenset[str]
    hand: Callable[[UUID], None]
    prepare: Callable[[], None] = lambda: None
    ask: Ask = agenda
    sweep: Callable[[datetime], None] = lambda _: None
    """Takes away what lies about outside of the record, by real time."""
    beats: bool = False
    """Whether time passes by itself here: a demo's stands still and leaps, and is no outage."""
    ticks: Callable[[], float] = time.monotonic
    cost: Callable[[], float] = time.process_time
    _tail: Tail | None = None
    _open: dict[UUID, float] = field(default_factory=dict)
    """Trades to look at, and from which tick on."""
    _quiet: dict[UUID, float] = field(default_factory=dict)
    """Until when a large trade is left alone, whatever moves in it."""
    _wakes: dict[UUID, datetime] = field(default_factory=dict)
    _runner: Runner = field(init=False)
    _handed: dict[UUID, float] = field(default_factory=dict)
    _round: float = 0.0
    _swept: float | None = None

    def __post_init__(self) -> None:
        self._runner = Runner(self.platform, self.ticks)

    def look(self) -> None:
        """Look once: deadlines first, then the trades that moved, then the jobs."""
        now = self.platform.clock.now()
        self._pulse(now)
        with self.platform.read() as session:
            due = closings(session, now)
        for errand in due:
            self._runner.run(errand)
        self._night(now)
        self._follow(now)
        self._tend()
        self._hand_out()
        self._tidy()

    def _tidy(self) -> None:
        """Sweep at first, and every hour; a fault there keeps nothing else from being done."""
        tick = self.ticks()
        if self._swept is not None and tick - self._swept < SWEEP:
            return
        self._swept = tick
        try:
            self.sweep(self.wall.now())
        except OSError:
            log.exception("sweep")

    def _pulse(self, now: datetime) -> None:
        """Write down that the platform is there, or was not; and first of all see to deadlines."""
        with self.platform.read() as session:
            errand = pulse_due(session, now) if self.beats else None
        if errand is not None:
            self._runner.run(errand)
        with self.platform.read() as session:
            lost = outages_due(session)
        for each in lost:
            self._runner.run(each)

    def _night(self, now: datetime) -> None:
        """Take the pool's snapshot of the night, whatever else is going on."""
        with self.platform.read() as session:
            due = snapshot_due(session, now)
        if due:
            self._runner.run(Errand(snapshot, None))

    def forget(self) -> None:
        """Forget what was known of the trades: another leads, and we may lead again later."""
        self._tail = None

    def _follow(self, now: datetime) -> None:
        """Open the trades that moved or whose turn has come; all of them at first, and hourly."""
        tick = self.ticks()
        if self._tail is None:
            self.prepare()
        with self.platform.read() as session:
            if self._tail is None or tick - self._round > ROUND:
                self._round, self._tail = tick, Tail(session)
                moved = set(all_projects(session))
            else:
                moved = self._tail.moved(session) - {NOBODY}
        moved |= {project for project, wake in self._wakes.items() if wake <= now}
        for project in moved:
            self._open.setdefault(project, max(tick, self._quiet.get(project, tick)))

    def _tend(self) -> None:
        begun = self.ticks()
        for project in sorted(self._open, key=lambda one: self._open[one]):
            tick = self.ticks()
            if self._open[project] > tick or tick - begun > BUDGET:
                return
            self._open.pop(project)
            try:
                self._tend_one(project)
            except Exception:
                log.exception("project %s", project)
                self._open[project] = self.ticks() + REST

    def _tend_one(self, project: UUID) -> None:
        cost = self.cost()
        with self.platform.read() as session:
            found = self.ask(session, project, self.platform.clock.now())
            served = [each for each in found.wanted if each.kind in self.kinds]
            wanted = missing(session, served) if served else ()
        self._quiet[project] = self.ticks() + SHARE * (self.cost() - cost)
        self._wakes.pop(project, None)
        if found.wake is not None:
            self._wakes[project] = found.wake
        rests = [self._runner.run(errand) for errand in found.errands]
        if wanted:
            self.platform.perform(plan, SYSTEM, None, wanted=wanted, wall=self.wall.now())
        if rests:
            self._open[project] = max(self.ticks() + min(rests), self._quiet[project])

    def _hand_out(self) -> None:
        tick = self.ticks()
        self._handed = {work: at for work, at in self._handed.items() if tick - at < HANDED}
        with self.platform.read() as session:
            due = ready(session, self.wall.now(), OUT)
        for work in due:
            if work in self._handed:
                continue
            try:
                self.hand(work)
            except Exception:  # whatever Celery raises without Valkey: the row stays, so it waits
                log.warning("no job can be handed out for the moment")
                return
            self._handed[work] = tick


def step(lead: Lead, scheduler: Scheduler) -> None:
    """Look once as the leader; let go for whoever waits, and do nothing while another leads."""
    if lead.asked_for():
        lead.release()
    if lead.held():
        scheduler.look()
    else:
        scheduler.forget()


def prepare(platform: Platform, policy: Policy) -> None:
    """Say in the record whose log this is, and which programs seal."""
    if policy.quorum:  # a log without witnesses is named by nobody: no trustee unlocks a bid by it
        name_log(platform, policy)
    publish_programs(platform, build.frame(), build.offline())


def main() -> None:
    """Look until SIGTERM."""
    ended = ending(signal.SIGTERM)
    settings = load(os.environ)
    with ExitStack() as stack:
        house = stack.enter_context(open_house(settings))
        redis_url, app_url = house.ground.redis_url, house.ground.database.app_url
        signs, hands, lead = Signs.at(redis_url), Hands(redis_url), Lead(app_url, SCHEDULER)
        for close in (signs.close, hands.close, lead.release):
            stack.callback(close)
        policy = kept_keys(settings).policy
        scheduler = Scheduler(
            house.platform, SystemClock(), kinds(settings), hands.hand,
            prepare=lambda: prepare(house.platform, policy),
            sweep=Incoming(settings.data / FOLDER).sweep, beats=settings.kind is not Kind.DEMO,
        )  # fmt: skip
        waiting = Waiting(connect(redis_url), ended)
        while waiting.wait():
            try:
                step(lead, scheduler)
            except Exception:
                log.exception("this look was cut short; the next one begins anew")
            else:
                signs.give(Program.SCHEDULER)


if __name__ == "__main__":
    begin_log()
    main()
