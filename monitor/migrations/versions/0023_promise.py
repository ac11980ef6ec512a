"""Promised limits; a step is chased at its promise too."""

from __future__ import annotations

from alembic import op

from monitor.migrations.schema import raise_business_table, retire, tables_in

revision = "0023"
down_revision = "0022"

TABLES = "0023_*.sql"
LEVELS = "ALTER TABLE chase DROP CONSTRAINT IF EXISTS chase_level_check"
PROMPTED = "ALTER TABLE chase ADD CONSTRAINT chase_level_check CHECK (level IN (1, 2, 3))"


def upgrade() -> None:
    """Raise the table, and let a chase be of the second level."""
    for table, statements in tables_in(TABLES).items():
        raise_business_table(table, *statements)
    op.execute(LEVELS)
    op.execute(PROMPTED)


def downgrade() -> None:
    """Retire the table; nothing is dropped."""
    retire(*reversed(tables_in(TABLES)))
