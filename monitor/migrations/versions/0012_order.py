"""Supervision orders; members' promises; the reasons beside a member's points."""

from __future__ import annotations

from alembic import op

from monitor.migrations.schema import raise_business_table, retire, tables_in

revision = "0012"
down_revision = "0011"

TABLES = "0012_*.sql"


def upgrade() -> None:
    """Raise the tables; a score sheet of before has no reasons, and keeps its digest so."""
    for table, statements in tables_in(TABLES).items():
        raise_business_table(table, *statements)
    op.execute("ALTER TABLE score_sheet ADD COLUMN IF NOT EXISTS reasons jsonb")


def downgrade() -> None:
    """Retire the tables; nothing is dropped, the reasons neither."""
    retire(*reversed(tables_in(TABLES)))
