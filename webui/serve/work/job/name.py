"""Job `identify`: open who takes part and who paid, and write it down, an act each."""

from __future__ import annotations

from uuid import UUID

from bidding.hall.due import names
from monitor.role import SYSTEM
from monitor.work.due import Job
from webui.serve.work.job.bench import Bench


class NoTrade(LookupError):
    """A job that names no trade."""


def trade(job: Job) -> UUID:
    """Return the trade of a job; raises NoTrade."""
    if job.project is None:
        raise NoTrade(job.kind)
    return job.project


def identify(bench: Bench, job: Job) -> None:
    """Write down the names behind a section's pseudonyms; what is there already is passed over."""
    section = UUID(job.key.partition(":")[0])
    with bench.platform.read() as session:
        found = names(session, trade(job), section)
    for errand in found:
        bench.platform.perform(errand.action, SYSTEM, errand.project, **errand.inputs)
