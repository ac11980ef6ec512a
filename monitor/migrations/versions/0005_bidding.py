"""The tables of bidding: bids, opening, evaluation; one SQL file a part."""

from __future__ import annotations

from monitor.migrations.schema import raise_business_table, retire, tables_in

revision = "0005"
down_revision = "0004"

TABLES = "0005_*.sql"


def upgrade() -> None:
    """Raise the tables."""
    for table, statements in tables_in(TABLES).items():
        raise_business_table(table, *statements)


def downgrade() -> None:
    """Retire the tables; nothing is dropped."""
    retire(*tables_in(TABLES))
