"""Business rows against the last change line of each."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import text
from sqlalchemy.orm import Session

from monitor.record.audit.finding import Finding

ROWS = """
SELECT * FROM (
    SELECT t.id, c.op, c.record_id,
           c.digest = sha256(c.salt || convert_to(jsonb_strip_nulls(to_jsonb(t))::text, 'UTF8'))
               AS same
    FROM ONLY public."{table}" t LEFT JOIN LATERAL (
        SELECT op, salt, digest, record_id FROM public.change
        WHERE tbl = :table AND key = t.id ORDER BY n DESC LIMIT 1) c ON true) AS compared
WHERE same IS NOT TRUE OR op = 'DELETE'
"""
MISSING = """
SELECT last.key, last.record_id FROM (
    SELECT DISTINCT ON (key) key, op, record_id FROM public.change WHERE tbl = :table
    ORDER BY key, n DESC) last
WHERE last.op <> 'DELETE'
  AND NOT EXISTS (SELECT 1 FROM ONLY public."{table}" t WHERE t.id = last.key)
"""


def rows(session: Session, table: str) -> Iterator[Finding]:
    """Name each row of that table that no record wrote so, and each that is gone."""
    bound = {"table": table}
    quoted = table.replace('"', '""')
    for row in session.execute(text(ROWS.format(table=quoted)), bound):
        if row.op is None:
            yield Finding(table, str(row.id), "row was never recorded")
        elif row.op == "DELETE":
            yield Finding(
                table, str(row.id), f"row came back after record {row.record_id} deleted it"
            )
        else:
            yield Finding(table, str(row.id), f"row differs from what record {row.record_id} wrote")
    for row in session.execute(text(MISSING.format(table=quoted)), bound):
        yield Finding(table, str(row.key), f"row that record {row.record_id} wrote is missing")
