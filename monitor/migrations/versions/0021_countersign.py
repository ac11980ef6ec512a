"""What the inspector's machine signed of a snapshot of the pool."""

from __future__ import annotations

from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    """Add the column; a snapshot of before has none, and keeps its digest so."""
    op.execute("ALTER TABLE pool_snapshot ADD COLUMN IF NOT EXISTS countersigned jsonb")


def downgrade() -> None:
    """Nothing is dropped."""
