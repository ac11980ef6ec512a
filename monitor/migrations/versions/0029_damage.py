"""Objects of a bid that were damaged in the store, and what became of each."""

from __future__ import annotations

from monitor.migrations.schema import raise_business_table, retire, tables_in

revision = "0029"
down_revision = "0028"

TABLES = "0029_damage.sql"


def upgrade() -> None:
    """Raise the table."""
    for table, statements in tables_in(TABLES).items():
        raise_business_table(table, *statements)


def downgrade() -> None:
    """Retire the table; nothing is dropped."""
    retire(*reversed(tables_in(TABLES)))
