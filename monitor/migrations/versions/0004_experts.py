"""The tables of experts."""

from __future__ import annotations

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Raise the tables."""


def downgrade() -> None:
    """Retire the tables; nothing is dropped."""
