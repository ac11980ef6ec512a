"""Jobs that are stuck stand on the wall and on the desk; one that would tell of a bid never does."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from monitor.record.platform import Platform
from monitor.role import SYSTEM, Role
from monitor.work.due import Wanted, claim, fail, finish, open_work, plan, ready
from tests.builders import an_actor
from tests.trading.projects import an_announced_trade
from tests.webui.page.counter import Counter

WALL = datetime(2026, 3, 16, 1, 0, tzinfo=UTC)


def failing(platform: Platform, *, sealed: bool) -> UUID:
    """A job that was begun three times and is not done."""
    wanted = Wanted("mail", str(uuid4()), sealed=sealed)
    with platform.read() as session:
        before = set(ready(session, WALL, 10_000))
    platform.perform(plan, SYSTEM, None, wanted=(wanted,), wall=WALL)
    with platform.read() as session:
        [work] = set(ready(session, WALL, 10_000)) - before
    for turn in range(3):
        platform.perform(claim, SYSTEM, None, work=work, wall=WALL + turn * timedelta(days=1))
        platform.perform(fail, SYSTEM, None, work=work, error="SMTPServerDisconnected")
    return work


@pytest.mark.parametrize("role", [Role.DEPARTMENT, Role.DISCIPLINE, Role.CENTRE])
def test_a_stuck_job_stands_on_the_wall_until_it_is_done(counter: Counter, role: Role) -> None:
    platform = counter.house.platform
    person = counter.person(an_actor(platform, role))
    assert "后台任务卡住" not in person.get("/wall")
    hidden = failing(platform, sealed=True)
    assert "后台任务卡住" not in person.get("/wall")
    work = failing(platform, sealed=False)
    page = person.get("/wall")
    assert "后台任务卡住 1 项" in page
    assert 'href="/work"' in page
    later = WALL + timedelta(days=9)
    for each in (work, hidden):
        platform.perform(claim, SYSTEM, None, work=each, wall=later)
        platform.perform(finish, SYSTEM, None, work=each, wall=later)
    assert "后台任务卡住" not in person.get("/wall")
    with platform.read() as session:
        assert work not in {each.id for each in open_work(session)}


def test_the_desk_leads_staff_to_the_jobs_and_nobody_else(counter: Counter) -> None:
    platform = counter.house.platform
    trade = an_announced_trade(platform)
    clerk, owner = counter.person(trade.centre), counter.person(trade.owner)
    assert 'href="/work"' in clerk.get("/desk")
    assert "后台任务卡住" not in clerk.get("/desk")
    work = failing(platform, sealed=False)
    assert "后台任务卡住 1 项" in clerk.get("/desk")
    page = owner.get("/desk")
    assert 'href="/work"' not in page
    assert "后台任务卡住" not in page
    later = WALL + timedelta(days=9)
    platform.perform(claim, SYSTEM, None, work=work, wall=later)
    platform.perform(finish, SYSTEM, None, work=work, wall=later)
