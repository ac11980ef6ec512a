"""`python -m webui.serve.work.worker`: the worker. One job at a time, by ids that Celery carries.

A job is claimed, done and finished by recorded acts; while it is done a lock is held, so that what
two are told of is done by one, and what a killed worker left behind is free at once. A job that
fails says why and comes again by itself.
"""

from __future__ import annotations

import logging
import os
import signal
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import NoReturn
from uuid import UUID

from celery.platforms import SecurityWarning

from monitor.clock import Clock, SystemClock
from monitor.record.platform import Platform
from monitor.refusal import Refusal
from monitor.role import SYSTEM
from monitor.runtime.discretion import begin_log
from monitor.runtime.settings import load
from monitor.work.due import Job, claim, fail, finish, is_ready
from monitor.work.lead import trying
from monitor.work.messenger import NotSent
from webui.house import open_house
from webui.serve.state import Program, Signs, beating
from webui.serve.work.hands import TASK, make_celery
from webui.serve.work.job.bench import Bench
from webui.serve.work.job.book import doer

log = logging.getLogger("batong.worker")
LIMIT = 600  # seconds for one job


class TooLong(TimeoutError):
    """A job took longer than any may."""


@dataclass(frozen=True, slots=True)
class Worker:
    """Does jobs at one bench."""

    bench: Bench
    app_url: str
    wall: Clock

    @property
    def _platform(self) -> Platform:
        return self.bench.platform

    def work(self, work: UUID) -> bool:
        """Do a job if it is due and nobody else does it; return whether it is done now."""
        with trying(self.app_url, f"work {work}") as free:
            if not free or not self._is_ready(work):
                return False
            job = self._platform.perform(claim, SYSTEM, None, work=work, wall=self.wall.now())
            try:
                with limit(LIMIT):
                    doer(job.kind)(self.bench, job)
            except Exception as trouble:
                self._fail(job, trouble)
                return False
            self._platform.perform(finish, SYSTEM, None, work=work, wall=self.wall.now())
            return True

    def _is_ready(self, work: UUID) -> bool:
        with self._platform.read() as session:
            return is_ready(session, work, self.wall.now())

    def _fail(self, job: Job, trouble: Exception) -> None:
        log.warning("job %s %s, attempt %d", job.kind, job.id, job.attempt, exc_info=trouble)
        self._platform.perform(fail, SYSTEM, None, work=job.id, error=named(trouble))


def named(trouble: Exception) -> str:
    """Say what went wrong without a secret: a refusal's words are for people, others may be not."""
    if isinstance(trouble, Refusal):
        return f"{type(trouble).__name__}: {trouble.message}"
    told = f": {trouble}" if isinstance(trouble, NotSent) else ""
    return f"{type(trouble).__name__}{told}"


@contextmanager
def limit(seconds: int) -> Iterator[None]:
    """Raise TooLong in what takes longer; for the main thread alone."""

    def end(_number: int, _frame: FrameType | None) -> NoReturn:
        raise TooLong

    previous = signal.signal(signal.SIGALRM, end)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, previous)


def main() -> None:
    """Work until SIGTERM; what is cut short then is taken up again at the next start."""
    settings = load(os.environ)
    with open_house(settings) as house:
        ground = house.ground
        bench = Bench(house.platform, settings)
        worker = Worker(bench, ground.database.app_url, SystemClock())
        celery = make_celery(ground.redis_url)

        @celery.task(name=TASK)  # type: ignore[untyped-decorator]
        def work(told: str) -> None:
            worker.work(UUID(told))

        signs = Signs.at(ground.redis_url)
        with beating(signs, Program.WORKER):
            celery.Worker(
                pool="solo", concurrency=1, quiet=True, loglevel="WARNING",
                without_gossip=True, without_mingle=True, without_heartbeat=True,
            ).start()  # fmt: skip
        signs.close()


if __name__ == "__main__":
    begin_log()
    # Celery warns of root, since others accept pickled messages; ours are ids in JSON.
    warnings.filterwarnings("ignore", category=SecurityWarning)
    main()
