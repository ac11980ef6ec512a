"""Who was confirmed to follow in a seat of a set of trustees, those of before taken over."""

from __future__ import annotations

from monitor.migrations.schema import raise_business_table, retire, tables_in

revision = "0039"
down_revision = "0038"

TABLES = "0039_key_heir.sql"


def upgrade() -> None:
    """Raise the table."""
    for table, statements in tables_in(TABLES).items():
        raise_business_table(table, *statements)


def downgrade() -> None:
    """Retire the table; nothing is dropped."""
    retire(*reversed(tables_in(TABLES)))
