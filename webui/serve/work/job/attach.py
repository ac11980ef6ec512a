"""Job `attach`: open the attachments of some bids that were read out, and keep them."""

from __future__ import annotations

from uuid import UUID

from bidding.attachment import Unsealed
from bidding.attachment import attach as write
from bidding.envelope.bid.opening import OpeningError
from bidding.hall.attaching import sealed_still, unsealed
from bidding.hall.ceremony import Noted
from monitor.role import SYSTEM
from monitor.work.due import Job
from webui.serve.work.job.bench import Bench
from webui.serve.work.job.name import trade


def attach(bench: Bench, job: Job) -> None:
    """Open what is not open yet of this part; a job cut short goes on with the next bid.

    Raises OpeningError, once the others are open, where one is damaged here and to be restored.
    """
    project = trade(job)
    told, _, part = job.key.partition(":")
    section, damaged = UUID(told), None
    with bench.platform.read() as session:
        sealed = sealed_still(session, project, section, int(part), bench.store)
    for noted, key in sealed:
        try:
            _attach(bench, project, section, noted, key)
        except OpeningError as failure:
            damaged = failure
    if damaged is not None:
        raise damaged


def _attach(bench: Bench, project: UUID, section: UUID, noted: Noted, key: str) -> None:
    files: list[Unsealed] = []
    try:
        for file in unsealed(noted, key, bench.store, bench.settings.data):
            files += [file]
        bench.platform.perform(
            write, SYSTEM, project, section=section, bid=noted.bid.id, files=files
        )
    except BaseException:
        for file in files:
            if file.blob is not None:
                bench.store.discard(file.blob)
        raise
