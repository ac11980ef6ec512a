"""A witness looks whether a log grows where readers get it, and brings the platform what it saw.

All that it knows lies in one small file of its own folder, written whole before anything is sent:
a restart forgets nothing, and a measure that was sent twice is one.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from http import HTTPStatus
from itertools import takewhile
from pathlib import Path

from monitor.clock import Clock, time_text
from monitor.log.checkpoint import Checkpoint, Policy, open_checkpoint
from monitor.log.note import Kind, NoteError, SigningKey, VerifierKey
from monitor.log.tile import make_folder, write_durably
from monitor.log.witness.measure import Gauge, looked, measured
from monitor.log.witness.wire import PATIENCE, exchange, signing_key

log = logging.getLogger("batong.witness")
KEY, FOLDER = "outage.key", "looks"
EVERY = 30.0
"""Seconds between two looks."""
CHECKPOINT, OUTAGES = "/log/checkpoint", "/api/v1/outages"
LET = timedelta(minutes=1)
"""For so long a measure is kept back after its end: two clocks never quite agree."""
LATER = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.REQUEST_TIMEOUT})


def outage_key(folder: Path, name: str) -> SigningKey:
    """Return the key by which a witness signs its measures, made on first use."""
    return signing_key(folder, KEY, name, Kind.ED25519)


@dataclass(frozen=True, slots=True)
class Looker:
    """One platform, looked at by one witness; `logs` are the keys of the logs that it follows."""

    folder: Path
    key: SigningKey
    logs: Sequence[VerifierKey]
    url: str
    clock: Clock
    patience: float = PATIENCE

    def look(self) -> Gauge:
        """Look once, remember it, bring what is to be brought; return what is known then."""
        served, now = self._served(), self.clock.now()
        gauge, ended = looked(self._recalled(now), served, now)
        gauge = self._remembered(gauge.keeping([ended.signed(self.key)] if ended else []))
        if served is None or not gauge.unsent:
            return gauge
        taken = list(takewhile(lambda note: self._brought(note, now), gauge.unsent))
        return self._remembered(replace(gauge, unsent=gauge.unsent[len(taken) :]))

    def _served(self) -> Checkpoint | None:
        """Return the checkpoint that readers get, if one of the logs' own keys signed it."""
        try:
            status, note = exchange("GET", self.url + CHECKPOINT, None, self.patience)
        except (OSError, http.client.HTTPException, ValueError):
            return None
        for key in self.logs if status == HTTPStatus.OK else ():
            try:
                return open_checkpoint(note, Policy(key)).checkpoint
            except NoteError:
                continue
        return None

    def _brought(self, note: str, now: datetime) -> bool:
        """Tell whether a measure need not be kept any more: it was taken, or refused for good."""
        if now < measured(note).until + LET:
            return False
        try:
            where = self.url + OUTAGES
            status, told = exchange("POST", where, note.encode(), self.patience)
        except (OSError, http.client.HTTPException, ValueError):
            return False
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in LATER:
            return False
        if status >= HTTPStatus.MULTIPLE_CHOICES:
            log.warning("%s refused a measure: %s %s", self.url, status, told[:200])
        return True

    @property
    def _path(self) -> Path:
        return self.folder / FOLDER / f"{hashlib.sha256(self.url.encode()).hexdigest()}.json"

    def _recalled(self, now: datetime) -> Gauge:
        if not self._path.exists():
            return Gauge(now, now)
        told = json.loads(self._path.read_text("utf-8"))
        since, seen = (datetime.fromisoformat(told[name]) for name in ("since", "looked"))
        return Gauge(since, seen, told["origin"], told["size"], tuple(told["unsent"]))

    def _remembered(self, gauge: Gauge) -> Gauge:
        moments = {"since": time_text(gauge.since), "looked": time_text(gauge.looked)}
        told = asdict(gauge) | moments | {"url": self.url}
        make_folder(self._path.parent)
        write_durably(self._path, json.dumps(told, indent=1).encode())
        return gauge
