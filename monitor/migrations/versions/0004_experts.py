"""The tables of experts: the pool and its snapshots, draws and their steps, seats, panels."""

from __future__ import annotations

from pathlib import Path

from monitor.record.schema import raise_business_table, retire

revision = "0004"
down_revision = "0003"

TABLES = Path(__file__).parent / "0004_experts.sql"


def _tables() -> dict[str, list[str]]:
    """The statements of each table, by its name."""
    blocks = TABLES.read_text("utf-8").split("-- @ ")[1:]
    named = (block.split("\n", 1) for block in blocks)
    return {
        name.strip(): [part for part in ddl.split(";\n") if part.strip()] for name, ddl in named
    }


def upgrade() -> None:
    """Raise the tables."""
    for table, statements in _tables().items():
        raise_business_table(table, *statements)


def downgrade() -> None:
    """Retire the tables; nothing is dropped."""
    retire(*reversed(_tables()))
