"""Answers kept for requests that come twice: working rows of the platform, not of any trade."""

from __future__ import annotations

from alembic import op

from monitor.migrations.schema import APP, raise_table, retire

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Raise the table; the app may add to it and forget, never change."""
    raise_table(
        "answered",
        """CREATE TABLE answered (
             key bytea PRIMARY KEY, request bytea NOT NULL, reply bytea NOT NULL,
             record_id uuid NOT NULL REFERENCES record (id))""",
    )
    op.execute(f"GRANT SELECT, INSERT, DELETE ON answered TO {APP}")


def downgrade() -> None:
    """Retire the table; nothing is dropped."""
    retire("answered")
