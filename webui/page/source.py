"""What pages, JSON and the live stream read from: the records, the published log, the clock."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import g, has_request_context, request

from monitor.log.checkpoint import Checkpoint, Policy, open_checkpoint
from monitor.log.proof import LogProof
from monitor.log.tile import MissingTile, TileStore
from monitor.log.tree import consistency_path, inclusion_path
from monitor.record.disclosure import Disclosed, Viewer, between
from monitor.record.moment import BRINGS
from monitor.record.platform import Platform
from monitor.runtime.folder import Kind
from monitor.runtime.settings import Settings
from monitor.store import FolderStore
from webui.artefact.keys import Keys
from webui.house import House, files_folder, kept_keys, log_folder

READS = frozenset({"GET", "HEAD"})
REOPENS = frozenset({*BRINGS, "log.disclose"})
"""Acts from which on older records may be seen that could not be seen before."""


@dataclass(frozen=True, slots=True)
class Head:
    """A published checkpoint: the signed note as it is served, and its size."""

    note: str
    checkpoint: Checkpoint

    @property
    def size(self) -> int:
        """Return the number of leaves."""
        return self.checkpoint.size


@dataclass(slots=True)
class Source:
    """What pages read from; every record goes through monitor.record.disclosure."""

    platform: Platform
    app_url: str = field(repr=False)
    settings: Settings
    keys: Keys
    tiles: TileStore
    _head: Head | None = field(default=None, init=False)

    @classmethod
    def of(cls, settings: Settings, house: House) -> Source:
        """Return the source of an open data folder; raises KeysError when its keys are not kept."""
        tiles, app_url = TileStore(log_folder(settings)), house.ground.database.app_url
        return cls(house.platform, app_url, settings, kept_keys(settings), tiles)

    @property
    def demo(self) -> bool:
        """Tell whether time stands still until it is advanced."""
        return self.settings.kind is Kind.DEMO

    @property
    def now(self) -> datetime:
        """Return the platform's present moment, aware UTC: one for all of a page.

        A demo's clock is a row, read anew each time, and the time of one page must not differ. A
        request that may write sees its own acts: it reads the clock again.
        """
        if not has_request_context() or request.method not in READS:
            return self.platform.clock.now()
        if "now" not in g:
            g.now = self.platform.clock.now()
        found: datetime = g.now
        return found

    @property
    def store(self) -> FolderStore:
        """Return where files lie, under random names."""
        return FolderStore(files_folder(self.settings))

    def head(self) -> Head | None:
        """Return the last published checkpoint, its log's signature checked; None before it."""
        try:
            note = self.tiles.read_checkpoint().decode()
        except MissingTile:
            return None
        if self._head is None or self._head.note != note:
            opened = open_checkpoint(note, Policy(self.keys.policy.log))
            self._head = Head(note, opened.checkpoint)
        return self._head

    def proof(self, index: int, extra: bytes | None = None) -> LogProof | None:
        """Return the inclusion proof of a leaf in the last checkpoint; None beyond it."""
        head = self.head()
        if head is None or not 0 <= index < head.size:
            return None
        reader = self.tiles.hash_reader(head.size)
        return LogProof.build(reader, index, head.size, head.note, extra)

    def frame(
        self, project: UUID, viewer: Viewer, start: int, head: Head, seen_size: int | None = None
    ) -> dict[str, Any]:
        """Return the frame of one project; see `frames`."""
        return self.frames({project: viewer}, start, head, seen_size)

    def frames(
        self,
        viewers: Mapping[UUID, Viewer],
        start: int,
        head: Head,
        seen_size: int | None = None,
        keeps: Callable[[Mapping[str, Any]], bool] = lambda body: True,
        shows: Callable[[list[Disclosed]], None] | None = None,
    ) -> dict[str, Any]:
        """Return the frame [start, head.size): what of its leaves may be seen, with proofs.

        `viewers`: as what the reader looks at each chain; no other chain is in it.
        `keeps`: of what may be seen, by its body, what the reader wants of it.
        `shows`: is told what the frame shows, so that the look is put on record.
        `reopened`: older records may be seen from here on, and are to be fetched again.
        `consistency`: that the log extends the one of seen_size leaves (RFC 6962 §2.1.2).
        """
        old = start if seen_size is None else seen_size
        reader = self.tiles.hash_reader(head.size)
        with self.platform.read() as session:
            rows = between(session, viewers, start, head.size)
        (shows or showing)([each for each in rows if keeps(each.facts)])
        return {
            "from": start,
            "to": head.size,
            "checkpoint": head.note,
            "consistency": {
                "from": old,
                "path": [
                    _b64(one) for one in (consistency_path(reader, old, head.size) if old else [])
                ],
            },
            "reopened": any(each.facts["action"] in REOPENS for each in rows),
            "openings": [
                {
                    "index": each.index,
                    "salt": each.salt.hex(),
                    "body": _b64(each.body),
                    "path": [
                        _b64(one) for one in inclusion_path(reader, each.index or 0, head.size)
                    ],
                }
                for each in rows
                if keeps(each.facts)
            ],
        }


def showing(records: Iterable[Disclosed]) -> None:
    """Remember whether what this request shows is another's: then reading it is a look.

    See answer/recording.py.
    """
    if any(each.is_anothers for each in records):
        show_secret()


def show_secret() -> None:
    """Remember that this request shows something secret by right of an office."""
    if has_request_context():
        g.shows_anothers = True


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()
