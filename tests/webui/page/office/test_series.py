"""The wall's hour, minute by minute: acts as the viewer may see them, and the age of heads."""

import json
import re
from datetime import timedelta

from monitor.log.head import witnessed_since
from monitor.record.disclosure import VISITOR, timeline
from monitor.role import Role
from tests.builders import a_standing, an_actor
from tests.trading.projects import an_issued_trade
from tests.webui.page.counter import Counter
from webui.page.office.wall.series import MINUTE, MINUTES, ages, begun, by_minute


def test_acts_are_counted_in_the_minute_in_which_they_were_done(counter: Counter) -> None:
    platform, clock = counter.house.platform, counter.house.clock
    clock.moment = clock.moment.replace(second=30) + MINUTE
    trade = an_issued_trade(platform)
    with platform.read() as session:
        seen = timeline(session, trade.id, VISITOR)
    assert by_minute([seen], clock.now()).values[-1] == len(seen) > 3
    clock.wait(7 * MINUTE)
    told = by_minute([seen], clock.now())
    assert (told.values[-8], sum(each or 0 for each in told.values)) == (len(seen), len(seen))
    assert told.first == begun(clock.now())
    assert by_minute([seen], clock.now() + 53 * MINUTE).most == 0


def test_a_checkpoints_age_grows_until_the_next_is_witnessed(counter: Counter) -> None:
    house = counter.house
    house.clock.moment = house.clock.moment.replace(second=20) + 90 * MINUTE
    first = house.clock.now()
    house.settle()
    house.clock.wait(4 * MINUTE)
    house.settle()
    now = house.clock.now() + timedelta(seconds=15)
    with house.platform.read() as session:
        heads = witnessed_since(session, begun(now), ["witness.test"], 1)
        assert witnessed_since(session, begun(now), ["witness.test"], 2) == [], "one alone signed"
        assert witnessed_since(session, begun(now), ["other.test"], 1) == [], "not its word"
    assert heads == [first, first + 4 * MINUTE]
    told = ages(heads, now).values
    assert told[-6:] == (None, 40, 100, 160, 220, 15)
    assert len(told) == MINUTES


def test_the_wall_reads_without_script_and_tells_it_the_same_figures(counter: Counter) -> None:
    platform, clock = counter.house.platform, counter.house.clock
    department = an_actor(platform, Role.DEPARTMENT)
    trade = an_issued_trade(platform)
    a_standing(platform, trade.id, department)
    page = counter.person(department).get("/wall")
    figures = re.findall(r'data-told="([^"]*)"><figcaption>([^<]*)<', page)
    [acts, _] = [json.loads(told.replace("&#34;", '"')) for told, _ in figures]
    assert acts["from"] == int(begun(clock.now()).timestamp())
    assert f"最多 {max(acts['values'])} 条" in figures[0][1]
    bars = re.search(r'data-series="acts".*?<svg[^>]*>(.*?)</svg>', page, re.DOTALL)
    assert bars is not None
    assert bars[1].count("<rect x=") == sum(each > 0 for each in acts["values"])
