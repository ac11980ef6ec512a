"""Set-up by the command line: the first of an office comes in, on record, by an invitation."""

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from monitor.record.disclosure import Audience, Viewer, timeline
from monitor.role import NOBODY, Role
from monitor.runtime.database import Addresses
from monitor.runtime.settings import load
from monitor.runtime.valkey import EmbeddedValkey
from tests.builders import a_credit_code
from trading.account.account import account_named
from trading.account.door import Attempt
from trading.account.office.roll import roll
from trading.account.proof.device import Source
from webui.cli import main
from webui.demo.account import open_keeping
from webui.house import open_house

HERE = Source("127.0.0.1")
WORD = "seven herons cross at dawn"


def run(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, words)
    return done.exit_code, done.output.strip()


@pytest.fixture
def data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database: Addresses, valkey: EmbeddedValkey
) -> Path:
    """A real folder over servers that run already."""
    told = {
        "DEMO": "0", "ENVIRONMENT": "development", "DATABASE_URL": database.app_url,
        "DATABASE_OWNER_URL": database.owner_url,
        "DATABASE_SEQUENCER_URL": database.sequencer_url, "REDIS_URL": valkey.url,
    }  # fmt: skip
    for name, value in told.items():
        monkeypatch.setenv(f"BATONG_{name}", value)
    (tmp_path / "data").mkdir()
    return tmp_path / "data"


def test_the_first_officer_comes_in_at_set_up_and_is_invited_again_there(data: Path) -> None:
    settings = load(os.environ, data=data)
    with open_house(settings) as house:
        where = ("--data", str(data))
        who = ("--person", "纪检甲", "--role", "discipline", "--uscc", a_credit_code())
        status, token = run("appoint", "discipline.jia", *who, "--unit", "某市纪委监委", *where)
        assert status == 0, token
        keeping = open_keeping(house.platform, settings, house.ground.redis_url)
        keeping.set_password(token, WORD, HERE)
        assert keeping.door.sign_in(Attempt("discipline.jia", WORD), HERE).token
        with house.platform.read() as session:
            [office] = roll(session, house.platform.clock.now())
            records = timeline(session, NOBODY, Viewer(Audience.DISCIPLINE))
        assert (office.role, office.org_name) == (Role.DISCIPLINE, "某市纪委监委")
        appointed = json.loads(records[2].body)
        assert (appointed["action"], appointed["actor"]["role"]) == ("party.appoint", "system")
        again = run("appoint", "discipline.jia", *who, *where)
        assert (again[0], "taken" in again[1]) == (1, True)
        status, token = run("invite", "discipline.jia", *where)
        assert status == 0, token
        keeping.set_password(token, "nine storks rest at noon", HERE)
        assert keeping.door.sign_in(Attempt("discipline.jia", "nine storks rest at noon"), HERE)
        keeping.close()
        unknown = run("invite", "nobody", *where)
        assert (unknown[0], "no such account" in unknown[1]) == (1, True)
        with house.platform.read() as session:
            assert account_named(session, "nobody") is None
