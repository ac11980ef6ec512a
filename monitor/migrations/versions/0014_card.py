"""Results of monitoring points, the cards that they show, notes beside them; orders of a card."""

from __future__ import annotations

from alembic import op

from monitor.migrations.schema import raise_business_table, retire, tables_in

revision = "0014"
down_revision = "0013"

TABLES = "0014_*.sql"


def upgrade() -> None:
    """Raise the tables; an order of before handles no card, and keeps its digest so."""
    for table, statements in tables_in(TABLES).items():
        raise_business_table(table, *statements)
    op.execute("ALTER TABLE supervision_order ADD COLUMN IF NOT EXISTS card uuid")


def downgrade() -> None:
    """Retire the tables; nothing is dropped, the orders' cards neither."""
    retire(*reversed(tables_in(TABLES)))
