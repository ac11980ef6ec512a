"""VRF keys in escrow: their pieces, who found them to fit, and which key was lost."""

from __future__ import annotations

from alembic import op

from monitor.migrations.schema import raise_business_table, retire, tables_in

revision = "0037"
down_revision = "0036"

TABLES = "0037_key_escrow.sql"
ROLES = "ALTER TABLE escrow_holder DROP CONSTRAINT IF EXISTS escrow_holder_role_check"
WITH_CENTRE = (
    "ALTER TABLE escrow_holder ADD CONSTRAINT escrow_holder_role_check "
    "CHECK (role IN ('C', 'I', 'T'))"
)


def upgrade() -> None:
    """Raise the tables; a machine of before was not lost, and keeps its digest so."""
    for table, statements in tables_in(TABLES).items():
        raise_business_table(table, *statements)
    op.execute(ROLES)
    op.execute(WITH_CENTRE)
    op.execute("ALTER TABLE draw_machine ADD COLUMN IF NOT EXISTS lost_at timestamptz")


def downgrade() -> None:
    """Retire the tables; nothing is dropped."""
    retire(*reversed(tables_in(TABLES)))
