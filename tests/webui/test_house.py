"""A data folder opened for one command: by its own clock, and no more changed than was asked for."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from monitor.clock import DemoClock, SystemClock
from monitor.record.demo import advance
from monitor.role import SYSTEM
from monitor.runtime.folder import Kind, claim, socket_folder
from monitor.runtime.settings import Settings, load
from webui.house import BEFORE_DEMO, open_house

MOVED = datetime(2026, 3, 16, 1, 0, tzinfo=UTC)


def a_folder(tmp_path: Path, kind: Kind) -> Settings:
    claim(tmp_path / "data", kind)
    return load({}, data=tmp_path / "data")


@pytest.mark.parametrize(("kind", "clock"), [(Kind.DEMO, DemoClock), (Kind.REAL, SystemClock)])
def test_a_command_lives_by_the_clock_of_the_folder(
    tmp_path: Path, kind: Kind, clock: type
) -> None:
    settings = a_folder(tmp_path, kind)
    with open_house(settings) as house:
        assert type(house.platform.clock) is clock
        with house.platform.read() as session:
            before = session.scalar(text("SELECT to_regclass('public.record')"))
        house.prepare()
        with house.platform.read() as session:
            after = session.scalar(text("SELECT to_regclass('public.record')"))
        if kind is Kind.DEMO:
            assert (house.platform.clock.now() - BEFORE_DEMO).total_seconds() < 1
            house.platform.perform(advance, SYSTEM, None, to=MOVED)
            with open_house(settings) as guest:
                assert guest.ground.borrowed
                assert (guest.platform.clock.now() - MOVED).total_seconds() < 1
    shutil.rmtree(socket_folder(settings.data), ignore_errors=True)
    assert before is None
    assert after is not None
