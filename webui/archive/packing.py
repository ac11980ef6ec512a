"""Packing and filing: close the file, wait for the log, make both bags, file their digests."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID

import experts.draw_verify
from bidding.holding import ObjectDamaged, bidding_documents
from experts.ceremony.holding import required_bundles
from monitor.law.workday import local_date
from monitor.log.tile import TileStore
from monitor.record.disclosure import custody
from monitor.record.platform import Platform
from monitor.role import Actor
from monitor.store import FileStore
from trading.archive.evidence import Evidence
from trading.archive.filing import Bag, close, file, last_edition
from trading.archive.holding import required_papers, trade_documents
from trading.archive.volume import Document, Volume
from trading.notice.moment import last_at
from trading.registration.project import found_project
from webui.archive.evidence import evidence
from webui.artefact.keys import Keys
from webui.page.language import catalogue

ENDED = ("contract.sign", "award.issue", "opening.fail", "project.terminate")
"""The acts that a trade ends with; retention counts from the day of the last of them."""


class PaperMissing(LookupError):
    """A file that a record names by its digest was not handed in, or is damaged in the store."""


class PaperTwice(ValueError):
    """Two documents would lie under one path."""


class ChangedSince(ValueError):
    """What the trade holds is no longer what was closed: close the file anew."""


@dataclass(frozen=True, slots=True)
class Packed:
    """Both bags as filed, and the edition."""

    archive: bytes
    public: bytes
    edition: UUID


@dataclass(frozen=True, slots=True)
class Archivist:
    """Where a file is packed from; `settle` has what is pending sequenced and cosigned."""

    platform: Platform
    store: FileStore
    tiles: TileStore
    keys: Keys
    settle: Callable[[], object]
    mark: str = ""
    """What the bags of a demo say of themselves."""

    def pack(self, actor: Actor, project: UUID, papers: Sequence[Document]) -> Packed:
        """Close, pack and file the archive of a trade as `actor` of the centre.

        papers: the files of which tables hold the digest alone (tender documents, letters,
        contract, draw bundles) and any further ones. Raises PaperMissing, PaperTwice, the
        refusals of archive.close and archive.file, NotSequenced, NoteError.
        """
        manifest = self.manifest(project, papers)
        self.platform.perform(close, actor, project, manifest=manifest)
        self.settle()
        bags = self.bags(project, papers)
        edition = self.platform.perform(
            file, actor, project, custody=Bag.of(bags[0]), public=Bag.of(bags[1])
        )
        return Packed(*bags, edition)

    def manifest(self, project: UUID, papers: Sequence[Document]) -> bytes:
        """Return the list of contents that archive.close takes; raises PaperMissing, PaperTwice."""
        return self.volume(project, papers).manifest()

    def bags(self, project: UUID, papers: Sequence[Document]) -> tuple[bytes, bytes]:
        """Return both bags of the edition closed last, custody and public, with its evidence.

        Raises ChangedSince, NotSequenced, NoteError, PaperMissing, PaperTwice, NotFound.
        """
        volume = self.volume(project, papers)
        with self.platform.read() as session:
            closed = last_edition(session, project).manifest
        if hashlib.sha256(volume.manifest()).digest() != closed:
            raise ChangedSince("归档后内容有变，须重新归档 / changed since it was closed")
        whole = self._with_evidence(volume, project)
        return whole.custody_zip(), whole.public_zip()

    def volume(self, project: UUID, papers: Sequence[Document]) -> Volume:
        """Return the documents of a trade, without evidence yet; raises as `pack` does."""
        with self.platform.read() as session:
            found = found_project(session, project)
            wanted = required_papers(session, project) | required_bundles(session, project)
            _require(wanted, papers)
            held = trade_documents(session, project)
            held += _bids(session, project, self.store)
            last = last_at(session, project, *ENDED)
            ended = local_date(last or found.registered_at)
            title, code, category = found.name, found.code, found.category
        documents = (*papers, *held)
        _require_apart(documents)
        nothing = Evidence((), b"", "")
        verifier = Path(experts.draw_verify.__file__).read_bytes()
        return Volume(
            code, title, category, ended, ended, documents, nothing, verifier, self.mark, _names()
        )

    def _with_evidence(self, volume: Volume, project: UUID) -> Volume:
        with self.platform.read() as session:
            edition = last_edition(session, project)
            held = custody(session, project, edition.through)
            made = local_date(edition.closed_at)
        return replace(volume, made=made, evidence=evidence(held, self.tiles, self.keys))


def _bids(session: Any, project: UUID, store: FileStore) -> list[Document]:
    try:
        return bidding_documents(session, project, store)
    except ObjectDamaged as fault:
        raise PaperMissing(str(fault)) from fault


def _names() -> dict[str, str]:
    """Return what readers call each action, from the catalogue of the pages."""
    start = "action."
    return {
        key.removeprefix(start): entry["zh"]
        for key, entry in catalogue().items()
        if key.startswith(start)
    }


def _require(wanted: dict[str, str], papers: Sequence[Document]) -> None:
    given = {paper.sha256 for paper in papers}
    if missing := [
        f"{title} ({digest})" for digest, title in wanted.items() if digest not in given
    ]:
        raise PaperMissing(f"缺少文件 / not handed in: {'；'.join(missing)}")


def _require_apart(documents: Sequence[Document]) -> None:
    seen: set[str] = set()
    for document in documents:
        if document.path in seen:
            raise PaperTwice(f"{document.path}: 重复 / two documents of one path")
        seen.add(document.path)
