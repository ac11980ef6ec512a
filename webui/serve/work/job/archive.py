"""Job `bags`: both bags of a file that the centre has closed, kept and filed."""

from __future__ import annotations

from uuid import UUID

from monitor.role import SYSTEM
from monitor.work.due import Job
from trading.archive.filing import Bag, file, last_edition
from trading.paper.keeping import BAG, File, keep_file, kept_documents, paper_named
from webui.archive.packing import Archivist
from webui.serve.work.job.bench import Bench
from webui.serve.work.job.name import trade


def archivist(bench: Bench) -> Archivist:
    """Return who packs this platform's archives; the sequencer settles by itself."""
    return Archivist(bench.platform, bench.store, bench.tiles, bench.keys, lambda: None, bench.mark)


def contents(bench: Bench, project: UUID) -> bytes:
    """Return the list of contents for `archive.close`, from what is kept with the trade.

    Raises PaperMissing naming each file that a record names and nobody has handed in.
    """
    with bench.platform.read() as session:
        papers = kept_documents(session, project, bench.store)
    return archivist(bench).manifest(project, papers)


def make(bench: Bench, job: Job) -> None:
    """Pack and file the edition that was closed last; raises what packing does."""
    project = trade(job)
    with bench.platform.read() as session:
        edition = last_edition(session, project)
    if edition.filed_at is not None or str(edition.id) != job.key:
        return
    names = (f"archive-{edition.edition}.zip", f"public-{edition.edition}.zip")
    with bench.platform.read() as session:
        kept = [paper_named(session, project, BAG, name) for name in names]
    if not all(kept):
        _keep(bench, project, names, edition.through)
    with bench.platform.read() as session:
        rows = [paper_named(session, project, BAG, name) for name in names]
    custody, public = (Bag(row.digest, row.size) for row in rows if row is not None)
    bench.platform.perform(file, SYSTEM, project, custody=custody, public=public)


def _keep(bench: Bench, project: UUID, names: tuple[str, str], closing: UUID) -> None:
    """Keep both bags over the papers that were there at the close; one kept already stays."""
    with bench.platform.read() as session:
        papers = kept_documents(session, project, bench.store, closing)
    bags = archivist(bench).bags(project, papers)
    for name, bag in zip(names, bags, strict=True):
        with bench.platform.read() as session:
            there = paper_named(session, project, BAG, name)
        if there is None:
            made = File(BAG, name, "归档包 / archive bag", bag)
            keep_file(bench.platform, bench.store, SYSTEM, project, made)
