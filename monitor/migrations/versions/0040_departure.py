"""Members who leave a seat of a draw, by their own act or found absent."""

from __future__ import annotations

from monitor.migrations.schema import raise_business_table, retire, tables_in

revision = "0040"
down_revision = "0039"

TABLES = "0040_departure.sql"


def upgrade() -> None:
    """Raise the table."""
    for table, statements in tables_in(TABLES).items():
        raise_business_table(table, *statements)


def downgrade() -> None:
    """Retire the table; nothing is dropped."""
    retire(*reversed(tables_in(TABLES)))
