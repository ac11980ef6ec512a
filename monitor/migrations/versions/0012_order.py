"""Tables to come."""

from __future__ import annotations

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Raise nothing yet."""


def downgrade() -> None:
    """Retire nothing yet."""
