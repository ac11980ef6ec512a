"""The tables of trading: duties, projects, notices, documents, rooms."""

from __future__ import annotations

from pathlib import Path

from monitor.migrations.schema import raise_business_table, retire

revision = "0002"
down_revision = "0001"

TABLES = Path(__file__).parents[1] / "sql" / "0002_trading.sql"


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
