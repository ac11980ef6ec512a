"""The tables of trading."""

from __future__ import annotations

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Raise the tables."""


def downgrade() -> None:
    """Retire the tables; nothing is dropped."""
