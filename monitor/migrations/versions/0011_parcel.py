"""The tables of a draw's mail: machines and their keys, requests, parcels, experts' answers."""

from __future__ import annotations

from monitor.migrations.schema import raise_business_table, retire, tables_in

revision = "0011"
down_revision = "0010"

TABLES = "0011_*.sql"


def upgrade() -> None:
    """Raise the tables."""
    for table, statements in tables_in(TABLES).items():
        raise_business_table(table, *statements)


def downgrade() -> None:
    """Retire the tables; nothing is dropped."""
    retire(*reversed(tables_in(TABLES)))
