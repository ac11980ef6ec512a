"""The tables of award."""

from __future__ import annotations

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Raise the tables."""


def downgrade() -> None:
    """Retire the tables; nothing is dropped."""
