"""A witness's measure of an outage: for how long a log did not grow where it is published.

Signed note (C2SP signed-note, Ed25519 0x01) with a key of the witness's own that signs nothing
else: its cosigning key is for checkpoints alone. Four lines: the form, the log's origin, since,
until. Pure: looks and their moments in, measures out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Self
from uuid import UUID

from monitor.clock import time_text
from monitor.log.checkpoint import Checkpoint
from monitor.log.note import MalformedNote, SigningKey, VerifierKey, open_note, sign, split_note
from monitor.record.identity import named_id

FORM = "batong-outage/1"
GAP = timedelta(minutes=15)
"""From which silence on it was an outage: the platform measures its own by the same."""
BLIND = timedelta(minutes=5)
"""A longer time between two looks is the witness's own absence, and says nothing of the log."""
MOST_UNSENT = 100


@dataclass(frozen=True, slots=True)
class Measure:
    """A time in which a log did not grow, as one witness saw it; aware UTC."""

    origin: str
    since: datetime
    until: datetime

    def text(self) -> str:
        """Return the lines that are signed."""
        return f"{FORM}\n{self.origin}\n{time_text(self.since)}\n{time_text(self.until)}\n"

    def signed(self, key: SigningKey) -> str:
        """Return the measure as a note of that key; raises MalformedKey for one of another type."""
        return sign(self.text(), key)

    @property
    def id(self) -> UUID:
        """Return its name, a UUIDv8 of its digest: however often it is sent, it is one measure."""
        return named_id(hashlib.sha256(self.text().encode()).digest())

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the signed lines in their one spelling; raises MalformedNote."""
        lines = text.split("\n")
        if len(lines) != 5 or lines[0] != FORM:
            raise MalformedNote(f"measure: must be {FORM}, origin, since and until, a line each")
        try:
            since, until = (datetime.fromisoformat(each) for each in lines[2:4])
            found = cls(lines[1], since, until)
            canonical = found.text() == text and found.since < found.until
        except (ValueError, TypeError, OverflowError) as error:
            raise MalformedNote("measure: not a moment") from error
        if not canonical:
            raise MalformedNote("measure: since before until, in UTC, with microseconds and Z")
        return found


@dataclass(frozen=True, slots=True)
class Signed:
    """A measure, who signed it, and the whole note."""

    measure: Measure
    key: VerifierKey
    note: str


def open_measure(note: str, keys: Iterable[VerifierKey]) -> Signed:
    """Verify a signed measure by the keys of the witnesses; raises NoteError."""
    opened = open_note(note, keys)
    return Signed(Measure.parse(opened.text), opened.verified[0][0], note)


def measured(note: str) -> Measure:
    """Read a signed measure without asking who signed it; raises MalformedNote."""
    text, _ = split_note(note)
    return Measure.parse(text)


@dataclass(frozen=True, slots=True)
class Gauge:
    """What a witness knows of a platform: since when its log is silent, which tree it saw last."""

    since: datetime
    looked: datetime
    origin: str = ""
    """Empty until a checkpoint was seen: what was never there is not missed."""
    size: int = 0
    unsent: tuple[str, ...] = ()
    """Signed measures that the platform has not taken yet, oldest first."""

    def keeping(self, notes: Iterable[str]) -> Gauge:
        """Return the gauge with more measures to send: the last hundred at most."""
        return replace(self, unsent=(*self.unsent, *notes)[-MOST_UNSENT:])


def looked(gauge: Gauge, served: Checkpoint | None, now: datetime) -> tuple[Gauge, Measure | None]:
    """Take one look: `served` is the checkpoint that readers got, None where they got none.

    Return the gauge as it then stands, and the outage that has ended by it. Where the witness
    itself was away, a silence ends at its last look before: what came after is nobody's measure.
    """
    if not timedelta(0) <= now - gauge.looked <= BLIND:
        fresh = replace(gauge, since=now, looked=now)
        return _grown(fresh, served) if served else fresh, _silence(gauge, gauge.looked)
    if served is None or (served.origin == gauge.origin and served.size <= gauge.size):
        return replace(gauge, looked=now), None
    return _grown(replace(gauge, since=now, looked=now), served), _silence(gauge, now)


def _grown(gauge: Gauge, served: Checkpoint) -> Gauge:
    larger = max(served.size, gauge.size) if served.origin == gauge.origin else served.size
    return replace(gauge, origin=served.origin, size=larger)


def _silence(gauge: Gauge, until: datetime) -> Measure | None:
    """Return the silence up to a moment, if it was an outage."""
    was = gauge.origin and until - gauge.since >= GAP
    return Measure(gauge.origin, gauge.since, until) if was else None
