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
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast
from uuid import UUID

import redis

from bidding.agenda import Agenda, agenda
from bidding.hall.due import closings
from bidding.hall.trust import name_log
from monitor.clock import Clock, SystemClock
from monitor.record.platform import Platform
from monitor.refusal import Refusal
from monitor.role import NOBODY, SYSTEM
from monitor.runtime.settings import load
from monitor.runtime.valkey import connect
from monitor.work.due import missing, plan, ready
from monitor.work.ending import ending
from monitor.work.errand import Errand
from monitor.work.lead import SCHEDULER, Lead
from monitor.work.tail import Tail
from trading.registration.project import all_projects
from webui.house import kept_keys, open_house
from webui.serve.sequencing import CHANNEL
from webui.serve.state import HINTS, Program, Signs
from webui.serve.work.hands import Hands
from webui.serve.work.job.book import kinds

log = logging.getLogger("batong.scheduler")
LOOK = 1.0  # seconds
SHORTEST = 0.25  # seconds between two looks, however many hints come
BUDGET = 0.5  # seconds of one look for the agendas of trades
SHARE = 10  # an agenda may take the tenth part of the processor: a large trade waits between two
REST, LONGEST_REST = 5.0, 600.0  # seconds until what was refused is tried again
HANDED = 20.0  # seconds until a job is handed out again
OUT = 32  # jobs handed out at once
ROUND = 3600.0  # seconds until every trade is looked at again, whatever moved

Ask = Callable[[Any, UUID, datetime], Agenda]


@dataclass(slots=True)
class Resting:
    """An errand that failed: until when it rests, and how long the next time."""

    until: float
    pause: float = REST


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
    ticks: Callable[[], float] = time.monotonic
    cost: Callable[[], float] = time.process_time
    _tail: Tail | None = None
    _open: dict[UUID, float] = field(default_factory=dict)
    """Trades to look at, and from which tick on."""
    _quiet: dict[UUID, float] = field(default_factory=dict)
    """Until when a large trade is left alone, whatever moves in it."""
    _wakes: dict[UUID, datetime] = field(default_factory=dict)
    _rests: dict[str, Resting] = field(default_factory=dict)
    _handed: dict[UUID, float] = field(default_factory=dict)
    _round: float = 0.0

    def look(self) -> None:
        """Look once: deadlines first, then the trades that moved, then the jobs."""
        now = self.platform.clock.now()
        with self.platform.read() as session:
            due = closings(session, now)
        for errand in due:
            self._do(errand)
        self._follow(now)
        self._tend()
        self._hand_out()

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
        rests = [self._do(errand) for errand in found.errands]
        if wanted:
            self.platform.perform(plan, SYSTEM, None, wanted=wanted, wall=self.wall.now())
        if rests:
            self._open[project] = max(self.ticks() + min(rests), self._quiet[project])

    def _do(self, errand: Errand) -> float:
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


class Waiting:
    """Waits between two looks; a hint in Valkey ends it early."""

    def __init__(self, client: redis.Redis, ending: threading.Event) -> None:
        self._pubsub = cast("Any", client).pubsub(ignore_subscribe_messages=True)
        self._ending = ending
        self._subscribed = False

    def wait(self) -> bool:
        """Wait for a second or a hint; return whether to go on."""
        try:
            if not self._subscribed:
                self._pubsub.subscribe(HINTS, CHANNEL)
                self._subscribed = True
            self._pubsub.get_message(timeout=LOOK)
            self._ending.wait(SHORTEST)
        except (redis.RedisError, OSError):
            self._subscribed = False
            self._ending.wait(LOOK)
        return not self._ending.is_set()


def step(lead: Lead, scheduler: Scheduler) -> None:
    """Look once as the leader; let go for whoever waits, and do nothing while another leads."""
    if lead.asked_for():
        lead.release()
    if lead.held():
        scheduler.look()
    else:
        scheduler.forget()


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
            prepare=lambda: name_log(house.platform, policy),
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
    logging.basicConfig(level=logging.WARNING)
    main()
