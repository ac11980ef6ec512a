"""The table of the logs and witnesses that halls rely on."""

from __future__ import annotations

from monitor.migrations.schema import raise_business_table, retire

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Raise the table."""
    raise_business_table(
        "log_policy",
        """CREATE TABLE log_policy (
             id uuid PRIMARY KEY, log text NOT NULL, witnesses jsonb NOT NULL,
             quorum bigint NOT NULL CONSTRAINT log_policy_quorum_check CHECK (quorum >= 1),
             since timestamptz NOT NULL)""",
    )


def downgrade() -> None:
    """Retire the table; nothing is dropped."""
    retire("log_policy")
