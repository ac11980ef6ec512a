"""`batong audit`: row → last change line → record → commitment → tree → last cosigned checkpoint.

It names what differs, what is missing and what was never recorded. It trusts no function and no
setting inside the database: the checkpoint to compare with and the keys come from outside.
"""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session

from monitor.log.checkpoint import Checkpoint, Policy
from monitor.record.audit.book import orphans, records
from monitor.record.audit.fence import fences, tables
from monitor.record.audit.finding import Finding
from monitor.record.audit.row import rows
from monitor.record.audit.tree import tree

PLAIN = (
    "SET LOCAL search_path = pg_catalog, pg_temp",
    "SET LOCAL row_security = off",
    "SET LOCAL TimeZone = 'UTC'",
    "SET LOCAL DateStyle = 'ISO, MDY'",
    "SET LOCAL IntervalStyle = 'iso_8601'",
    "SET LOCAL extra_float_digits = 1",
    "SET LOCAL bytea_output = 'hex'",
)
"""The text form of a row as the change trigger hashed it, whatever this login's settings are."""


def audit(session: Session, trusted: Checkpoint | None, policy: Policy) -> list[Finding]:
    """Walk everything; return what is not as the record says (an empty list is a clean house).

    `trusted` is the last cosigned checkpoint, obtained outside this database (None on a log that
    has none yet); `policy` holds the keys of the log and its witnesses.
    """
    for setting in PLAIN:
        session.execute(text(setting))
    found = list(fences(session))
    for table in tables(session):
        found += rows(session, table)
    found += orphans(session)
    found += records(session)
    found += tree(session, trusted, policy)
    return found
