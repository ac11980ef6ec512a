"""Complaints of trustees about shares that were dealt to them."""

from __future__ import annotations

from monitor.migrations.schema import raise_business_table, retire, tables_in

revision = "0030"
down_revision = "0029"

TABLES = "0030_complaint_of_share.sql"


def upgrade() -> None:
    """Raise the table."""
    for table, statements in tables_in(TABLES).items():
        raise_business_table(table, *statements)


def downgrade() -> None:
    """Retire the table; nothing is dropped."""
    retire(*reversed(tables_in(TABLES)))
