"""Migrations up, down and up on a filled database: no evidence is lost."""

from pathlib import Path
from uuid import UUID, uuid4

import psycopg
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine
from sqlalchemy.dialects.postgresql.base import ischema_names

from monitor.migrations.schema import migrate, retreat
from monitor.record.audit.walk import audit
from monitor.record.table import Base, Xid8
from monitor.role import SYSTEM
from monitor.runtime.database import Addresses, libpq
from tests.monitor.record.house import a_house
from tests.monitor.record.test_audit import ASSIGN


def counts(database: Addresses) -> dict[str, int]:
    names = ("record", "opening", "change", "leaf", "head", "cosignature", "standing")
    with psycopg.connect(libpq(database.superuser_url)) as connection:
        found = {}
        for name in names:
            row = connection.execute(f"SELECT count(*) FROM {name}").fetchone()
            assert row is not None
            found[name] = row[0]
        return found


def test_down_retires_and_up_brings_back_every_row(database: Addresses, tmp_path: Path) -> None:
    with a_house(database, tmp_path) as house:
        chain: UUID = uuid4()
        for _ in range(3):
            house.platform.perform(ASSIGN, SYSTEM, chain)
        trusted = house.settle()
        before = counts(database)
        house.platform.close()
        house.sequencer.close()
        retreat(database.owner_url, "base")
        with psycopg.connect(libpq(database.superuser_url)) as connection:
            gone = connection.execute("SELECT to_regclass('public.record')").fetchone()
            kept = connection.execute("SELECT count(*) FROM retired.record").fetchone()
        assert gone == (None,)
        assert kept == (before["record"],)
        migrate(database.owner_url)
        assert counts(database) == before
        house.platform.perform(ASSIGN, SYSTEM, chain)
        with house.platform.read() as session:
            assert audit(session, trusted, house.policy) == []


def test_the_migrated_schema_is_the_one_the_models_describe(database: Addresses) -> None:
    import_all_models()
    ischema_names["xid8"] = Xid8  # a type that SQLAlchemy's reflection does not know
    engine = create_engine(database.owner_url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        differences = compare_metadata(context, Base.metadata)
    engine.dispose()
    unknown = [
        item
        for item in differences
        if not isinstance(item, tuple)
        or item[0] not in {"remove_index", "remove_table", "remove_fk"}
    ]
    assert unknown == []


def import_all_models() -> None:
    import importlib

    for folder in (
        "monitor/law",
        "monitor/record",
        "monitor/work",
        "trading",
        "experts",
        "bidding",
    ):
        for file in sorted(Path(folder).rglob("*.py")):
            module = ".".join(file.with_suffix("").parts)
            if "migrations" not in module and file.stem not in {"verify_archive", "draw_verify"}:
                importlib.import_module(module.removesuffix(".__init__"))
