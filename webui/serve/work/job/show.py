"""Job `show`: open every letter of a section and reveal them at once, where its host does not."""

from __future__ import annotations

from uuid import UUID

from bidding.hall.reveal import reveal
from bidding.hall.showing import results_of
from bidding.hall.stage import is_opening
from monitor.role import SYSTEM
from monitor.work.due import Job
from webui.deed.fill.look import looking_after
from webui.serve.work.job.bench import Bench
from webui.serve.work.job.name import trade


def show(bench: Bench, job: Job) -> None:
    """Reveal a section; nothing happens where its host has done so meanwhile."""
    project, section, platform = trade(job), UUID(job.key), bench.platform
    with looking_after(platform, project, section), platform.read() as session:
        if not is_opening(session, project, section):
            return
        now = platform.clock.now()
        results = results_of(session, project, section, bench.store, now)
    platform.perform(reveal, SYSTEM, project, section=section, results=results)
