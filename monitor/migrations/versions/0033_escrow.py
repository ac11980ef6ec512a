"""Who holds the pieces of a side's shares in draws."""

from __future__ import annotations

from monitor.migrations.schema import raise_business_table, retire, tables_in

revision = "0033"
down_revision = "0032"

TABLES = "0033_escrow.sql"


def upgrade() -> None:
    """Raise the table."""
    for table, statements in tables_in(TABLES).items():
        raise_business_table(table, *statements)


def downgrade() -> None:
    """Retire the table; nothing is dropped."""
    retire(*reversed(tables_in(TABLES)))
