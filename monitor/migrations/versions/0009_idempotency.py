"""Tables to come."""

from __future__ import annotations

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Raise nothing yet."""


def downgrade() -> None:
    """Retire nothing yet."""
