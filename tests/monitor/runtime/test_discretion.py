"""What a database quotes of a row never reaches a log."""

import logging
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from monitor.runtime.database import Addresses
from monitor.runtime.discretion import Discreet
from monitor.runtime.engine import engine_to

ROOT = Path(__file__).parents[3]
SECRET = "价格 12,340,000.00"


def logged(fault: BaseException) -> str:
    record = logging.LogRecord("x", logging.ERROR, "x", 1, "reference 1", None, None)
    record.exc_info = (type(fault), fault, fault.__traceback__)
    return Discreet(logging.BASIC_FORMAT).format(record)


@pytest.mark.parametrize(
    ("statement", "values"),
    [
        ("insert into told values (cast(:it as jsonb))", {"it": f'{{"q": "{SECRET}\\u0000"}}'}),
        ("select cast(:it as uuid)", {"it": SECRET}),
        ("insert into single values (:it), (:it)", {"it": SECRET}),
        ("insert into few values (:it)", {"it": SECRET}),
    ],
    ids=["a text that cannot be kept", "no such value", "twice", "a row against a rule"],
)
def test_a_fault_of_the_database_is_written_without_the_row(
    database: Addresses, statement: str, values: dict[str, str]
) -> None:
    engine = engine_to(database.owner_url)
    try:
        with engine.connect() as connection:
            connection.execute(text("create temp table told (it jsonb)"))
            connection.execute(text("create temp table single (it text unique)"))
            connection.execute(text("create temp table few (it text check (length(it) < 3))"))
            with pytest.raises(DBAPIError) as caught:
                connection.execute(text(statement), values)
    finally:
        engine.dispose()
    assert isinstance(caught.value.orig, psycopg.Error)
    assert SECRET in str(caught.value), "the database said it"
    written = logged(caught.value)
    assert SECRET not in written
    assert "12,340" not in written
    assert type(caught.value.orig).__name__ in written


def test_a_program_of_ours_writes_discreetly() -> None:
    code = (
        "import logging, psycopg\n"
        "from monitor.runtime.discretion import begin_log\n"
        "begin_log()\n"
        "told = [type(h.formatter).__name__ for h in logging.getLogger().handlers]\n"
        "print(told)\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert run.stdout == "['Discreet']\n"


def test_no_program_of_ours_begins_its_log_another_way() -> None:
    ours = [*ROOT.glob("monitor/**/*.py"), *ROOT.glob("webui/**/*.py")]
    begun = [path for path in ours if "basicConfig" in path.read_text("utf-8")]
    assert begun == [ROOT / "monitor/runtime/discretion.py"]
