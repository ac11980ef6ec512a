"""Keys that trustees dealt to each other, and successions to their seats."""

from __future__ import annotations

from monitor.migrations.schema import raise_business_table, retire, tables_in

revision = "0036"
down_revision = "0035"

TABLES = "0036_succession.sql"


def upgrade() -> None:
    """Raise the tables."""
    for table, statements in tables_in(TABLES).items():
        raise_business_table(table, *statements)


def downgrade() -> None:
    """Retire the tables; nothing is dropped."""
    retire(*reversed(tables_in(TABLES)))
