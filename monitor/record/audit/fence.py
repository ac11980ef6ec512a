"""The fences: tables, triggers, functions, rights, settings, each as the migrations left it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from monitor.record.audit.finding import Finding

SQL = Path(__file__).parents[2] / "migrations" / "sql"
WORKING = frozenset({"pending", "leaf", "head", "cosignature", "leader"})
LENT = frozenset({"answered", "due_work"})
"""Working rows that the app itself may write: nothing of a trade stands in them."""
OPERATIONAL = WORKING | LENT | {"record", "opening", "sight", "change", "alembic_version"}
"""Tables without the change trigger: the book itself, the log's and the app's working rows."""

RECORDED = {"recorded": (29, "batong_change"), "kept": (34, "batong_never")}
KEPT = {"kept": (58, "batong_never")}
TRIGGERS: dict[str, dict[str, tuple[int, str]]] = {
    "record": KEPT,
    "opening": KEPT,
    "sight": KEPT,
    "change": KEPT,
    "leaf": KEPT,
    "head": {"kept": (42, "batong_never"), "signed_once": (19, "batong_head")},
}
"""By table: each trigger's pg_trigger.tgtype (row 1, before 2, insert 4, delete 8, update 16,
truncate 32) and function; a business table has those of RECORDED."""

RELATIONS = """
SELECT c.relname, c.relkind, c.relrowsecurity,
       EXISTS (SELECT 1 FROM pg_inherits i WHERE i.inhrelid = c.oid OR i.inhparent = c.oid)
           AS inherits
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p', 'v', 'm', 'f') ORDER BY c.relname
"""
CHANGED = "SELECT DISTINCT tbl FROM public.change ORDER BY tbl"
TRIGGER = """
SELECT c.relname, t.tgname, t.tgtype, p.proname,
       t.tgenabled = 'O' AND t.tgqual IS NULL AND t.tgattr::text = '' AS stands
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_proc p ON p.oid = t.tgfoid WHERE n.nspname = 'public' AND NOT t.tgisinternal
"""
FUNCTION = """
SELECT p.proname, p.prosrc, p.prosecdef FROM pg_proc p
JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname = 'public' AND p.proname LIKE 'batong%' ORDER BY p.proname
"""
RIGHTS = """
SELECT c.relname, r.rolname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
CROSS JOIN pg_roles r
WHERE n.nspname = 'public' AND c.relkind = 'r' AND (
    r.rolname = 'batong_app' AND c.relname = ANY(:book)
        AND (has_table_privilege(r.oid, c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE, TRIGGER')
             OR has_any_column_privilege(r.oid, c.oid, 'INSERT, UPDATE'))
    OR r.rolname = 'batong_sequencer' AND c.relname <> ALL(:working)
        AND (has_table_privilege(r.oid, c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE, TRIGGER')
             OR has_any_column_privilege(r.oid, c.oid, 'INSERT, UPDATE')))
"""
ROLES = """
SELECT r.rolname, r.rolsuper OR r.rolbypassrls OR r.rolcreaterole OR r.rolreplication AS strong,
       EXISTS (SELECT 1 FROM pg_db_role_setting s WHERE s.setrole = r.oid) AS set
FROM pg_roles r WHERE r.rolname IN ('batong_app', 'batong_sequencer')
"""
KEY = """
SELECT convalidated AND condeferred FROM pg_constraint
WHERE conname = 'change_record_fkey' AND contype = 'f' AND conrelid = to_regclass('public.change')
"""


def tables(session: Session) -> list[str]:
    """Return the names of all tables that must stand under the change trigger."""
    names = (row.relname for row in session.execute(text(RELATIONS)) if row.relkind == "r")
    return [name for name in names if name not in OPERATIONAL]


def fences(session: Session) -> Iterator[Finding]:
    """Name each fence that is down, bent or missing."""
    yield from _relations(session)
    yield from _triggers(session)
    yield from _functions(session)
    yield from _rights(session)


def _relations(session: Session) -> Iterator[Finding]:
    known = set()
    for row in session.execute(text(RELATIONS)):
        known.add(row.relname)
        if row.relkind != "r" or row.inherits:
            yield Finding("table", row.relname, "is no plain table")
        if row.relrowsecurity:
            yield Finding("table", row.relname, "hides rows by row security")
    for name in sorted(set(session.scalars(text(CHANGED))) - known):
        yield Finding("table", name, "rows were recorded in a table that is not there")


def _triggers(session: Session) -> Iterator[Finding]:
    found: dict[tuple[str, str], Any] = {
        (row.relname, row.tgname): row for row in session.execute(text(TRIGGER))
    }
    expected = dict.fromkeys(tables(session), RECORDED) | TRIGGERS
    for table, triggers in expected.items():
        for name, (kind, function) in triggers.items():
            row = found.pop((table, name), None)
            if row is None or (row.tgtype, row.proname, row.stands) != (kind, function, True):
                yield Finding("trigger", f"{table}.{name}", "is missing, off or not ours")
    for table, name in found:
        yield Finding("trigger", f"{table}.{name}", "is not ours")
    if not session.scalar(text(KEY)):
        yield Finding("table", "change", "change_record_fkey is missing")


@cache
def _written() -> dict[str, tuple[str, bool]]:
    """Each function as the migrations wrote it: its source, and if it acts as owner."""
    pattern = r"CREATE OR REPLACE FUNCTION (\w+)\((.*?)AS\s+\$\$(.*?)\$\$"
    whole = "\n".join(path.read_text("utf-8") for path in sorted(SQL.glob("*.sql")))
    found = re.findall(pattern, whole, re.DOTALL)
    return {name: (source, "SECURITY DEFINER" in head) for name, head, source in found}


def _functions(session: Session) -> Iterator[Finding]:
    missing = dict(_written())
    for row in session.execute(text(FUNCTION)):
        if missing.pop(row.proname, None) != (row.prosrc, row.prosecdef):
            yield Finding("function", row.proname, "is not the one that a migration wrote")
    for name in missing:
        yield Finding("function", name, "is missing")


def _rights(session: Session) -> Iterator[Finding]:
    bound = {"book": sorted(OPERATIONAL - LENT), "working": sorted(WORKING)}
    for row in session.execute(text(RIGHTS), bound):
        yield Finding("right", f"{row.rolname} {row.relname}", "may write here")
    for row in session.execute(text(ROLES)):
        if row.strong or row.set:
            yield Finding("role", row.rolname, "has powers or settings of its own")
