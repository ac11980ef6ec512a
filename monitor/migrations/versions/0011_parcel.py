"""Tables to come."""

from __future__ import annotations

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Raise nothing yet."""


def downgrade() -> None:
    """Retire nothing yet."""
