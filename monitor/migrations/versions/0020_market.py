"""The market of agencies: entries, credit, choices, offers; pools of double-random inspection."""

from __future__ import annotations

from monitor.migrations.schema import raise_business_table, retire, tables_in

revision = "0020"
down_revision = "0019"

TABLES = "0020_*.sql"


def upgrade() -> None:
    """Raise the tables."""
    for table, statements in tables_in(TABLES).items():
        raise_business_table(table, *statements)


def downgrade() -> None:
    """Retire the tables; nothing is dropped."""
    retire(*reversed(tables_in(TABLES)))
