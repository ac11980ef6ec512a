"""On whose side the fault lies when a bid stays shut, as two persons confirm it."""

from __future__ import annotations

from alembic import op

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    """Add the column; a bid of before has none, and keeps its digest so."""
    op.execute("ALTER TABLE undecrypted ADD COLUMN IF NOT EXISTS code text")


def downgrade() -> None:
    """Nothing is dropped."""
