"""Which witness measured an outage."""

from __future__ import annotations

from alembic import op

revision = "0032"
down_revision = "0031"


def upgrade() -> None:
    """Add the column; an outage of before names its witness in its record alone."""
    op.execute("ALTER TABLE outage ADD COLUMN IF NOT EXISTS witness text")


def downgrade() -> None:
    """Nothing is dropped."""
