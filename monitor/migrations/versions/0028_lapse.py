"""Candidacies lapse: nobody decided in time, which is neither a confirmation nor a refusal."""

from __future__ import annotations

from alembic import op

revision = "0028"
down_revision = "0027"

FORMER = """ALTER TABLE candidacy
    DROP CONSTRAINT IF EXISTS candidacy_state_check,
    DROP CONSTRAINT IF EXISTS candidacy_decided_check"""
NOW = """ALTER TABLE candidacy
    ADD CONSTRAINT candidacy_state_check
        CHECK (state IN ('waiting','confirmed','refused','lapsed')),
    ADD CONSTRAINT candidacy_decided_check
        CHECK ((state IN ('confirmed','refused')) = (decided_at IS NOT NULL))"""


def upgrade() -> None:
    """Let a candidacy be one that lapsed."""
    op.execute(FORMER)
    op.execute(NOW)


def downgrade() -> None:
    """Nothing is dropped: rows that lapsed would break the former checks."""
