"""Candidacies for sealed offices; the body that a tip is addressed to."""

from __future__ import annotations

from alembic import op

from monitor.migrations.schema import raise_business_table, retire, tables_in

revision = "0022"
down_revision = "0021"

TABLES = "0022_*.sql"


def upgrade() -> None:
    """Raise the table and add the column; a tip of before is addressed to none."""
    for table, statements in tables_in(TABLES).items():
        raise_business_table(table, *statements)
    op.execute(
        "ALTER TABLE tip ADD COLUMN IF NOT EXISTS addressed uuid "
        "CONSTRAINT tip_addressed_fkey REFERENCES organisation (id)"
    )


def downgrade() -> None:
    """Retire the table; nothing is dropped."""
    retire(*reversed(tables_in(TABLES)))
