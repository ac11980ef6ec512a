"""A whole office at work: the scheduler and a worker over a small world, run until all is quiet."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy import select

from bidding.hall.trust import name_log
from monitor.clock import MovableClock
from monitor.record.disclosure import custody
from monitor.runtime.database import Addresses
from monitor.runtime.settings import load
from monitor.work.due import DueWork
from tests.stories.world import World, a_world
from webui.artefact.keys import write_keys
from webui.house import keep_keys
from webui.serve.scheduling import Scheduler
from webui.serve.work.job.bench import Bench
from webui.serve.work.job.book import kinds
from webui.serve.work.worker import Worker

MOST_ROUNDS = 60


@dataclass(slots=True)
class Office:
    """Scheduler and worker over one world; `out` are the jobs handed out and not yet done."""

    world: World
    wall: MovableClock
    scheduler: Scheduler
    worker: Worker
    out: list[UUID]
    ticks: float = 0.0

    def look(self) -> None:
        """One look, a second after the last."""
        self.ticks += 1
        self.wall.wait(timedelta(seconds=1))
        self.scheduler.look()

    def run(self) -> int:
        """Look, work and settle until two rounds find nothing to do; how many rounds found some."""
        busy, quiet = 0, 0
        for _ in range(MOST_ROUNDS):
            before = self.records()
            self.look()
            jobs, self.out[:] = list(self.out), []
            for work in jobs:
                self.worker.work(work)
            self.world.settle()
            idle = self.records() == before and not self.out
            busy, quiet = busy + (not idle), quiet + 1 if idle else 0
            if quiet == 2:
                return busy
        raise AssertionError("it never comes to rest")

    def records(self) -> int:
        with self.world.house.platform.read() as session:
            query = "SELECT count(*) FROM record"
            return int(session.connection().exec_driver_sql(query).scalar_one())

    def done(self, project: UUID) -> list[str]:
        """What was done in a project by the platform itself, in order."""
        with self.world.house.platform.read() as session:
            held = custody(session, project)
        bodies = [json.loads(each.body) for each in held if each.body]
        return [
            str(body["action"])
            for body in bodies
            if body["actor"]["role"] == "system" and "done" in body["outcome"]
        ]

    def jobs(self, kind: str) -> list[DueWork]:
        with self.world.house.platform.read() as session:
            return list(session.scalars(select(DueWork).where(DueWork.kind == kind)))


@contextmanager
def an_office(database: Addresses, folder: Path) -> Iterator[Office]:
    with a_world(database, folder) as world:
        settings = load({"BATONG_CHECKPOINT_STORE": f"{folder}-store"}, data=folder, demo=True)
        keep_keys(settings, write_keys(world.house.policy, "00" * 32))
        platform, wall = world.house.platform, MovableClock(world.now)
        worker = Worker(Bench(platform, settings), database.app_url, wall)
        made: Office
        out: list[UUID] = []
        scheduler = Scheduler(
            platform, wall, kinds(settings), out.append,
            prepare=lambda: name_log(platform, world.house.policy), ticks=lambda: made.ticks,
            cost=lambda: 0.0,
        )  # fmt: skip
        made = Office(world, wall, scheduler, worker, out)
        yield made
