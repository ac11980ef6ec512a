"""Attachments of opened bids, and how far their opening is."""

from __future__ import annotations

from monitor.migrations.schema import raise_business_table, retire, tables_in

revision = "0045"
down_revision = "0044"

TABLES = "0045_*.sql"


def upgrade() -> None:
    """Raise the table."""
    for table, statements in tables_in(TABLES).items():
        raise_business_table(table, *statements)


def downgrade() -> None:
    """Retire the table."""
    retire(*reversed(tables_in(TABLES)))
