"""Papers are given on to owners and put aside; documents are issued with a table of prices."""

from __future__ import annotations

from alembic import op

from monitor.migrations.schema import raise_business_table, retire, tables_in

revision = "0041"
down_revision = "0040"

TABLES = "0041_*.sql"
COLUMNS = (
    "ALTER TABLE taken_paper ADD COLUMN IF NOT EXISTS aside_at timestamptz",
    "ALTER TABLE tender_document ADD COLUMN IF NOT EXISTS prices bytea "
    "CONSTRAINT tender_document_prices_check CHECK (octet_length(prices) = 32)",
)


def upgrade() -> None:
    """Raise the table; no paper of before is aside, no documents have such a table."""
    for table, statements in tables_in(TABLES).items():
        raise_business_table(table, *statements)
    for statement in COLUMNS:
        op.execute(statement)


def downgrade() -> None:
    """Retire the table; no column is dropped."""
    retire(*reversed(tables_in(TABLES)))
