"""The wall narrowed to trades by stage, category and body, with its stream; never widened by it."""

import json
from dataclasses import dataclass
from uuid import UUID, uuid4

import pytest

from monitor.role import Actor, Role
from tests.builders import a_standing, an_actor
from tests.trading.projects import Trade, a_filing, a_registered_trade, an_issued_trade
from tests.webui.page.counter import Counter, Person
from tests.webui.page.live.wire import bodies

NOBODY = str(UUID(int=0))


@dataclass
class Watched:
    """A department with two trades of its own, and one of others."""

    person: Person
    works: Trade
    goods: Trade
    foreign: Trade
    department: Actor

    def feed(self, query: str) -> str:
        return self.person.get(f"/wall?{query}").partition('id="feed"')[2].partition("<template")[0]

    def framed(self, query: str) -> set[str]:
        frame = json.loads(self.person.get(f"/wall/frame?{query}&after=0"))
        shown = {one["project"] for one in bodies(frame)}
        assert NOBODY not in shown or not query, "what belongs to no trade is of no stage"
        return shown - {NOBODY}


@pytest.fixture
def watched(counter: Counter) -> Watched:
    platform = counter.house.platform
    department = an_actor(platform, Role.DEPARTMENT)
    works = an_issued_trade(platform)
    goods = an_issued_trade(platform, "procurement", "goods")
    foreign = an_issued_trade(platform, "procurement", "goods")
    for trade in (works, goods):
        a_standing(platform, trade.id, department)
    counter.house.settle()
    return Watched(counter.person(department), works, goods, foreign, department)


def test_each_choice_leaves_the_trades_that_it_names_in_page_and_frames(watched: Watched) -> None:
    works, goods = str(watched.works.id), str(watched.goods.id)
    table: dict[str, set[str]] = {
        "": {works, goods},
        "category=works": {works},
        "category=procurement": {goods},
        "category=works,procurement": {works, goods},
        f"body={watched.works.owner.org}": {works},
        f"body={watched.goods.owner.org}": {goods},
        f"body={watched.department.org}": {works, goods},
        "stage=bidding": {works, goods},
        "stage=archived": set(),
        f"category=works&body={watched.goods.owner.org}": set(),
        f"stage=bidding&category=works&body={watched.works.owner.org}": {works},
    }
    for query, trades in table.items():
        assert watched.framed(query) == trades, query
        feed = watched.feed(query)
        for trade in (works, goods):
            named = watched.person.get(f"/wall?{query}")
            assert (f'data-trade="{trade}"' in named) == (trade in trades), query
        assert ("<time" in feed) == bool(trades), query


def test_a_choice_never_adds_what_its_reader_may_not_see(watched: Watched) -> None:
    foreign = str(watched.foreign.id)
    for query in (f"body={watched.foreign.owner.org}", "category=procurement", "stage=bidding"):
        assert foreign not in watched.framed(query), query
        assert foreign not in watched.person.get(f"/wall?{query}"), query
    assert str(watched.foreign.owner.org) not in watched.person.get("/wall")
    assert watched.framed(f"body={watched.foreign.owner.org}") == set()
    assert watched.framed(f"body={uuid4()}") == set()


def test_the_stream_and_the_links_keep_the_choice(watched: Watched) -> None:
    page = watched.person.get(f"/wall?category=works&who=owner&body={watched.works.owner.org}")
    kept = f"category=works&amp;body={watched.works.owner.org}"
    by = "by=tenderee%2Cagency"
    assert f'data-stream="/live/events?as=wearer&amp;{by}&amp;{kept}"' in page
    assert f'data-frames="/wall/frame?{by}&amp;{kept}"' in page
    assert f'href="/wall?who=centre&amp;{kept}#feed"' in page
    assert f'href="/wall?{kept}#feed"' in page
    assert '<option value="works" selected>' in page
    assert '<input type="hidden" name="who" value="owner">' in page


@pytest.mark.parametrize(
    ("query", "words"),
    [("stage=finished", "没有此阶段"), ("category=weather", "没有此类别"), ("body=me", "不是单位编号"),
     ("body=00000000-0000-4000-8000-00000000000A", "不是单位编号")],
)  # fmt: skip
def test_a_choice_that_means_nothing_is_said_to_be_wrong_and_leaves_nothing_out(
    watched: Watched, query: str, words: str
) -> None:
    page = watched.person.get(f"/wall?{query}")
    assert words in page
    assert 'data-stream="/live/events?as=wearer"' in page
    for trade in (watched.works, watched.goods):
        assert f'data-trade="{trade.id}"' in page
    watched.person.get(f"/wall/frame?{query}&after=0", 400)


def test_a_trade_that_is_not_announced_yet_is_chosen_by_its_stage(
    counter: Counter, watched: Watched
) -> None:
    platform = counter.house.platform
    filed = a_registered_trade(platform, a_filing())
    a_standing(platform, filed.id, watched.department)
    counter.house.settle()
    assert watched.framed("stage=filed") == {str(filed.id)}
    assert f'data-trade="{filed.id}"' in watched.person.get("/wall?stage=filed")
    assert f'data-trade="{watched.works.id}"' not in watched.person.get("/wall?stage=filed")
