"""A trade may stand still for good: its owner has ended it."""

from __future__ import annotations

from alembic import op

revision = "0044"
down_revision = "0043"

CAUSES = "order", "outage", "ended"


def _only(*causes: str) -> None:
    told = ",".join(f"'{cause}'" for cause in causes)
    op.execute("ALTER TABLE suspension DROP CONSTRAINT suspension_cause_check")
    op.execute(
        f"ALTER TABLE suspension ADD CONSTRAINT suspension_cause_check CHECK (cause IN ({told}))"
    )


def upgrade() -> None:
    """Let a standstill have that cause."""
    _only(*CAUSES)


def downgrade() -> None:
    """Let none have it."""
    _only(*CAUSES[:2])
