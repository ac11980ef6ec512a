"""The schema: numbered migrations up and down, run as the owner.

"Down" retires a table (moves it, rows and all, to the schema `retired`); "up" brings it back.
Evidence is never dropped.
"""

from __future__ import annotations

from pathlib import Path

from alembic import command, op
from alembic.config import Config
from sqlalchemy import text

FOLDER = Path(__file__).parent
APP = "batong_app"


def _config(owner_url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["owner_url"] = owner_url
    return config


def migrate(owner_url: str, revision: str = "head") -> None:
    """Bring the database up to the revision, as the owner."""
    command.upgrade(_config(owner_url), revision)


def retreat(owner_url: str, revision: str) -> None:
    """Bring the database down to the revision; tables are retired, never dropped."""
    command.downgrade(_config(owner_url), revision)


def script(sql: str) -> None:
    """Run a script of several statements as it stands, without parameters."""
    op.get_bind().exec_driver_sql(sql, execution_options={"no_parameters": True})


def _retired(table: str) -> bool:
    return bool(
        op.get_bind()
        .execute(text("SELECT to_regclass(:name)"), {"name": f"retired.{table}"})
        .scalar()
    )


def raise_table(table: str, *ddl: str) -> None:
    """Create a table by its statements, or bring it back from `retired` with all its rows."""
    if _retired(table):
        op.execute(f'ALTER TABLE retired."{table}" SET SCHEMA public')
        return
    for statement in ddl:
        script(statement)


def raise_business_table(table: str, *ddl: str) -> None:
    """Raise a table under the change trigger: no row of it is written off the record.

    The app alone may touch it: the sequencer needs no business row, and may read none.
    """
    came_back = _retired(table)
    raise_table(table, *ddl)
    if not came_back:
        op.execute(f'GRANT SELECT, INSERT, UPDATE, DELETE ON "{table}" TO {APP}')
        op.execute(
            f'CREATE TRIGGER recorded AFTER INSERT OR UPDATE OR DELETE ON "{table}" '
            "FOR EACH ROW EXECUTE FUNCTION batong_change()"
        )
        op.execute(
            f'CREATE TRIGGER kept BEFORE TRUNCATE ON "{table}" '
            "FOR EACH STATEMENT EXECUTE FUNCTION batong_never()"
        )


def tables_in(pattern: str) -> dict[str, list[str]]:
    """Return the statements of each table in the SQL files of that pattern, by name.

    A file is a list of blocks, each headed by `-- @ table`.
    """
    found: dict[str, list[str]] = {}
    for path in sorted((FOLDER / "sql").glob(pattern)):
        for block in path.read_text("utf-8").split("-- @ ")[1:]:
            name, ddl = block.split("\n", 1)
            found[name.strip()] = [part for part in ddl.split(";\n") if part.strip()]
    return found


def retire(*tables: str) -> None:
    """Move tables aside, rows and all."""
    op.execute("CREATE SCHEMA IF NOT EXISTS retired")
    for table in tables:
        op.execute(f'ALTER TABLE "{table}" SET SCHEMA retired')
