"""The tables of bidding."""

from __future__ import annotations

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Raise the tables."""


def downgrade() -> None:
    """Retire the tables; nothing is dropped."""
