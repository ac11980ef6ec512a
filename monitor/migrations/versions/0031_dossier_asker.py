"""Which office asked for a case file: what discipline asks for is discipline's to know."""

from __future__ import annotations

from alembic import op

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    """Add the column; a file of before has none, and keeps its digest so."""
    op.execute("ALTER TABLE dossier ADD COLUMN IF NOT EXISTS asker text")


def downgrade() -> None:
    """Nothing is dropped."""
