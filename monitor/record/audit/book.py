"""The book: each record against its opening, its change lines, its chain and its place."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import timedelta
from itertools import starmap
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from monitor.clock import time_text
from monitor.log.canonical import canonical
from monitor.log.commitment import commit
from monitor.record.act import gathering
from monitor.record.audit.finding import Finding
from monitor.record.identity import moment_of

RECORDS = """
SELECT r.id, r.chain, r.seq, r.prev, r.commitment, o.salt, o.body, o.private,
       l.commitment AS leaf, p.record_id IS NOT NULL AS waiting,
       ARRAY[s.chain::text, s.action, s.done::text, s.section, s.case_id, s.addressee, s.actor,
             s.org] AS sight,
       (SELECT string_agg(line, E'\\n' ORDER BY line COLLATE "C") FROM (
            SELECT concat_ws(' ', tbl, key, op, encode(salt, 'hex'), encode(digest, 'hex')) AS line
            FROM public.change WHERE record_id = r.id) AS lines) AS lines
FROM public.record r LEFT JOIN public.opening o ON o.record_id = r.id
LEFT JOIN public.leaf l ON l.record_id = r.id LEFT JOIN public.pending p ON p.record_id = r.id
LEFT JOIN public.sight s ON s.record_id = r.id
ORDER BY r.chain, r.id
"""
ORPHANS = """
SELECT c.tbl, c.key, c.record_id FROM public.change c
WHERE NOT EXISTS (SELECT 1 FROM public.record r WHERE r.id = c.record_id)
"""
LONGEST = 200
"""Characters of a name in `sight` (0035_sight.sql)."""
LAST_HEAD = "SELECT max(at) FROM public.head"
PATIENCE = timedelta(hours=1)
"""A record that waits longer than this before a head was passed over."""


def orphans(session: Session) -> Iterator[Finding]:
    """Name each change line whose record is not there."""
    for row in session.execute(text(ORPHANS)):
        what = f"change line of a record that is not there: {row.record_id}"
        yield Finding(row.tbl, str(row.key), what)


def records(session: Session) -> Iterator[Finding]:
    """Walk each chain in the order of its ids, which is the order of time."""
    last_head = session.scalar(text(LAST_HEAD))
    chain, seq, prev = None, 0, b""
    secret: list[bytes] = []
    for row in session.execute(text(RECORDS)):
        if row.chain != chain:
            chain, seq, prev, secret = row.chain, 0, b"", []
        faults = list(_faults(row, secret))
        if row.waiting and last_head is not None and last_head - moment_of(row.id) > PATIENCE:
            faults.append("record was passed over by the log")
        if row.seq is None:
            secret.append(row.commitment)
        else:
            if (row.seq, row.prev or b"") != (seq + 1, prev):
                faults.append(f"chain is broken at number {row.seq}")
            seq, prev = row.seq, row.commitment
        yield from (Finding("record", str(row.id), what) for what in faults)


def _faults(row: Any, secret: list[bytes]) -> Iterator[str]:
    if row.leaf is None and not row.waiting:
        yield "record is in no leaf and waits for none"
    if row.leaf is not None and row.waiting:
        yield "record is in a leaf and waits for another"
    if row.leaf is not None and row.leaf != row.commitment:
        yield "commitment is not the one in the log"
    if row.body is None:
        yield "opening is missing"
        return
    if commit(row.salt, row.body) != row.commitment:
        yield "opening is not what the commitment hides"
    said = _read(row.body)
    if said is None:
        yield "opening is no record's body"
    else:
        yield from _body_faults(row, said, secret)


def _body_faults(row: Any, said: dict[str, Any], secret: list[bytes]) -> Iterator[str]:
    if said.get("changes") != hashlib.sha256((row.lines or "").encode()).hexdigest():
        yield "change lines are not those that the record hashed"
    if _place(said) != (str(row.id), str(row.chain), row.seq, row.prev and row.prev.hex()):
        yield "body names another record, project or number"
    if str(said.get("time"))[:23] != time_text(moment_of(row.id))[:23]:
        yield "body tells another time than the record's id"
    if "gathers" in said and said["gathers"] != gathering(secret):
        yield "secret acts before it are not those that it gathered"
    if row.sight != _sight(said):
        yield "what tells who may see it is not what its body says"
    yield from _private(said.get("facts"), row.private or {})


def _place(said: dict[str, Any]) -> tuple[Any, Any, Any, Any]:
    return said.get("id"), said.get("project"), said.get("seq"), said.get("prev") or None


def _sight(said: dict[str, Any]) -> list[str | None]:
    told = [(said, "project"), (said, "action")]
    rest = [(said.get("facts"), name) for name in ("section", "case", "addressee")]
    rest += [(said.get("actor"), name) for name in ("id", "org")]
    done = "true" if "done" in (said.get("outcome") or ()) else "false"
    return [*starmap(_told, told), done, *starmap(_told, rest)]


def _told(part: Any, name: str) -> str | None:
    found = part.get(name) if isinstance(part, dict) else None
    return found[:LONGEST] if isinstance(found, str) else None


def _private(facts: Any, private: dict[str, Any]) -> Iterator[str]:
    for name, kept in private.items():
        if not isinstance(facts, dict) or facts.get(name) != {"sha256": _digest(kept)}:
            yield f"private fact {name} is not what the body hides"


def _digest(kept: Any) -> str | None:
    try:
        return hashlib.sha256(bytes.fromhex(kept["salt"]) + canonical(kept["value"])).hexdigest()
    except (KeyError, TypeError, ValueError):
        return None


def _read(body: bytes) -> dict[str, Any] | None:
    """The body as a dictionary; None for what an owner wrote there that is none."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return said if isinstance(said, dict) else None


def waiting(session: Session) -> int:
    """Return how many records have no place in the log yet."""
    return session.scalar(text("SELECT count(*) FROM public.pending")) or 0
