"""The pool's keepers of names, what each snapshot held; certificates, why an entry is declined."""

from __future__ import annotations

from alembic import op

from monitor.migrations.schema import raise_business_table, retire, tables_in

revision = "0019"
down_revision = "0018"

TABLES = "0019_*.sql"


def upgrade() -> None:
    """Raise the tables; an entry of before has neither, and keeps its digest so."""
    for table, statements in tables_in(TABLES).items():
        raise_business_table(table, *statements)
    op.execute("ALTER TABLE expert ADD COLUMN IF NOT EXISTS certificates jsonb")
    op.execute("ALTER TABLE expert ADD COLUMN IF NOT EXISTS refusal text")


def downgrade() -> None:
    """Retire the tables; nothing is dropped, the entries' columns neither."""
    retire(*reversed(tables_in(TABLES)))
