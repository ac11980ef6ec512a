"""The deputy of an inspector's machine, and which requests it took over."""

from __future__ import annotations

from alembic import op

revision = "0034"
down_revision = "0033"

ROLES = "ALTER TABLE draw_machine DROP CONSTRAINT IF EXISTS draw_machine_role_check"
WITH_DEPUTY = (
    "ALTER TABLE draw_machine ADD CONSTRAINT draw_machine_role_check "
    "CHECK (role IN ('C', 'I', 'T', 'D'))"
)


def upgrade() -> None:
    """Allow the role, add the columns; a request of before has none, and keeps its digest so."""
    op.execute(ROLES)
    op.execute(WITH_DEPUTY)
    for column in ("taken_over_at timestamptz", "void bigint"):
        op.execute(f"ALTER TABLE draw_request ADD COLUMN IF NOT EXISTS {column}")


def downgrade() -> None:
    """Nothing is dropped."""
