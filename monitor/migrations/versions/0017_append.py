"""A record's body leaves room for the digest of its change lines; the append function writes it."""

from __future__ import annotations

from pathlib import Path

from monitor.migrations.schema import script

revision = "0017"
down_revision = "0016"

SQL = Path(__file__).parents[1] / "sql"


def upgrade() -> None:
    """Replace the function."""
    script((SQL / "0017_append.sql").read_text("utf-8"))


def downgrade() -> None:
    """Put the function back that wants the digest told."""
    fence = (SQL / "0001_fence.sql").read_text("utf-8")
    begin = fence.index("CREATE OR REPLACE FUNCTION batong_append(")
    script(fence[begin : fence.index("END $$;", begin) + len("END $$;")])
