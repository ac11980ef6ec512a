"""Job `look`: read every stored object of a closed section, and ask for those that are damaged."""

from __future__ import annotations

from uuid import UUID

from bidding.hall.failure.damage import ask
from bidding.hall.failure.inspection import lacks
from bidding.hall.stage import is_opening
from monitor.role import SYSTEM
from monitor.work.due import Job
from webui.serve.work.job.bench import Bench
from webui.serve.work.job.name import trade


def look(bench: Bench, job: Job) -> None:
    """Ask the bidders for what is damaged; nothing is written where all is whole.

    Nor is anything read where the section is over: nobody can be asked any more.
    """
    project, section = trade(job), UUID(job.key.partition(":")[0])
    with bench.platform.read() as session:
        if not is_opening(session, project, section):
            return
        found = lacks(session, project, section, bench.store)
    if found:
        bench.platform.perform(ask, SYSTEM, project, section=section, lacks=found)
