"""Tips: what the public reports."""

from __future__ import annotations

from monitor.migrations.schema import raise_business_table, retire, tables_in

revision = "0016"
down_revision = "0015"

TABLES = "0016_*.sql"


def upgrade() -> None:
    """Raise the tables."""
    for table, statements in tables_in(TABLES).items():
        raise_business_table(table, *statements)


def downgrade() -> None:
    """Retire the tables; nothing is dropped."""
    retire(*reversed(tables_in(TABLES)))
