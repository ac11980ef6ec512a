"""A successor's word serves once; a piece that it cannot open is set aside by its own claim."""

from __future__ import annotations

from alembic import op

revision = "0038"
down_revision = "0037"

KEY = "handed_piece_succession_seat_key"
STATEMENTS = (
    "CREATE UNIQUE INDEX IF NOT EXISTS succession_acceptance_key "
    "ON succession (sha256(acceptance))",
    "ALTER TABLE handed_piece ADD COLUMN IF NOT EXISTS rejected bytea",
    f"ALTER TABLE handed_piece DROP CONSTRAINT IF EXISTS {KEY}",
    f"CREATE UNIQUE INDEX IF NOT EXISTS {KEY} ON handed_piece (succession, seat) "
    "WHERE rejected IS NULL",
)


def upgrade() -> None:
    """Add index and column; a piece of before is not rejected, and keeps its digest so."""
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    """Nothing is dropped."""
