"""The wall at a glance: trades by stage, cards, acts by hour, the log's age and halt, the clock."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from monitor.clock import Discipline, discipline
from monitor.log.checkpoint import Policy
from monitor.log.note import Kind, SigningKey
from monitor.record.disclosure import VISITOR, timeline
from monitor.role import Actor, Role
from tests.builders import a_standing, an_actor
from tests.trading.projects import an_announced_trade, an_issued_trade
from tests.webui.page.counter import Counter
from trading.desk.docket import docket
from trading.supervision.order import issue
from webui.page.office.wall import glance as glancing
from webui.page.office.wall.board import CHAIN
from webui.page.office.wall.glance import by_hour, by_stage
from webui.serve.log import Colour, Teller


@pytest.fixture
def department(counter: Counter) -> Actor:
    return an_actor(counter.house.platform, Role.DEPARTMENT)


def wall(counter: Counter, actor: Actor) -> str:
    return counter.person(actor).get("/wall")


def test_trades_are_counted_at_their_stages_and_nobody_elses(
    counter: Counter, department: Actor
) -> None:
    platform = counter.house.platform
    for made in (an_issued_trade(platform), an_issued_trade(platform)):
        a_standing(platform, made.id, department)
    an_announced_trade(platform)
    counter.house.settle()
    with platform.read() as session:
        told = by_stage(docket(session, department, counter.house.clock.now()))
    assert {bar.label: bar.value for bar in told if bar.value} == {"bidding": 2}
    assert "archived" in {bar.label for bar in told}, "the ordinary stages all stand there"
    strip = re.search(r'<ol class="wall-stages".*?</ol>', wall(counter, department), re.DOTALL)
    assert strip is not None
    assert re.findall(r"<b>(\d+)</b>", strip[0]).count("2") == 1


def test_acts_are_counted_in_the_hour_in_which_they_were_done(
    counter: Counter, department: Actor
) -> None:
    platform, clock = counter.house.platform, counter.house.clock
    trade = an_issued_trade(platform)
    a_standing(platform, trade.id, department)
    with platform.read() as session:
        before = len(timeline(session, trade.id, VISITOR))
    clock.wait(timedelta(hours=3))
    platform.perform(
        issue, department, trade.id, addressee=trade.owner.org, role=Role.TENDEREE, title="说明",
        text="请说明。", article="招标投标法 7", limit=clock.now() + timedelta(days=3),
    )  # fmt: skip
    with platform.read() as session:
        seen = timeline(session, trade.id, VISITOR)
    hours = [bar.value for bar in by_hour([seen], clock.now())]
    assert (len(hours), hours[-4], sum(hours)) == (24, before, len(seen))
    clock.wait(timedelta(hours=24))
    assert sum(bar.value for bar in by_hour([seen], clock.now())) == hours[-1]


def test_a_checkpoint_that_grows_old_unwitnessed_is_told_in_colour(
    counter: Counter, department: Actor
) -> None:
    counter.house.settle()
    assert 'tag-ok"' in _around(wall(counter, department), "最近见证检查点 0 秒前")
    counter.house.clock.wait(timedelta(minutes=5))
    assert 'tag-warn"' in _around(wall(counter, department), "最近见证检查点 5 分钟前")


def test_the_age_is_the_last_witnessed_ones_however_many_heads_came_since(
    counter: Counter, department: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = counter.house
    house.settle()
    monkeypatch.setattr(house.sequencer, "witnesses", {})
    monkeypatch.setattr(house.sequencer._asking, "witnesses", {})
    house.clock.wait(timedelta(minutes=7))
    for _ in range(CHAIN + 1):
        house.sequencer.run_once(house.clock.now())
    page = wall(counter, department)
    assert 'tag-warn"' in _around(page, "最近见证检查点 7 分钟前")
    assert "检查点缺少见证签名" in page
    monkeypatch.undo()
    house.settle()
    assert "最近见证检查点 0 秒前" in wall(counter, department)


@pytest.mark.parametrize("named", [True, False])
def test_a_log_that_asks_no_witness_is_never_green(
    counter: Counter, department: Actor, monkeypatch: pytest.MonkeyPatch, named: bool
) -> None:
    counter.house.settle()
    keys = counter.source.keys
    witnesses = keys.policy.witnesses if named else ()
    policy = Policy(keys.policy.log, witnesses, 0)
    monkeypatch.setattr(counter.source, "keys", replace(keys, policy=policy))
    page = wall(counter, department)
    assert 'role="alert" data-part="witness"' in page
    assert 'tag-stop"' in _around(page, "未设见证方</span>")
    assert "最近见证检查点" not in page
    monkeypatch.undo()
    assert "未设见证方" not in wall(counter, department)


def test_a_checkpoint_that_no_named_witness_ever_signed_is_told_so(
    counter: Counter, department: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    counter.house.settle()
    keys, other = counter.source.keys, SigningKey.generate("other.test", Kind.COSIGNATURE)
    policy = Policy(keys.policy.log, (other.verifier,), 1)
    monkeypatch.setattr(counter.source, "keys", replace(keys, policy=policy))
    assert 'tag-stop"' in _around(wall(counter, department), "尚无任何检查点得到见证")


def test_a_log_that_halted_on_a_fork_fills_the_wall_until_people_have_looked(
    counter: Counter, department: Actor
) -> None:
    teller, now = Teller(counter.source.settings), counter.house.clock.now()
    assert "日志已停止签名" not in wall(counter, department)
    teller.tell(Colour.RED, "witness w1 holds another root at 512", {}, now)
    page = wall(counter, department)
    assert page.count("witness w1 holds another root at 512") == 1, "told once"
    assert page.count("日志已停止签名") == 1
    assert 'role="alert" data-part="halted"' in page
    check = counter.app.test_client().get("/verify").text
    assert "日志已停止签名" in check
    assert check.count(" data-log") == 1, "script finds the log, not the banner above it"
    teller.tell(Colour.GREEN, "", {}, now)
    assert "日志已停止签名" not in wall(counter, department)


def test_a_witness_that_refuses_stands_on_the_wall_in_red_with_its_answer(
    counter: Counter, department: Actor
) -> None:
    teller, now = Teller(counter.source.settings), counter.house.clock.now()
    told = {"w2.test": "422: <fork>", "w3.test": "away"}
    teller.tell(Colour.RED, "", told, now, ["w2.test"])
    page = wall(counter, department)
    assert 'role="alert" data-part="refused-w2.test"' in page
    assert "见证方 w2.test 拒绝签署" in page
    assert "422: &lt;fork&gt;" in page
    assert "refused-w3.test" not in page
    assert "日志已停止签名" not in page
    teller.tell(Colour.GREEN, "", {}, now)
    assert "拒绝签署" not in wall(counter, department)


def test_the_clock_is_what_the_kernel_says_it_is(
    counter: Counter, department: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = discipline()
    assert found is None or found.error > timedelta(0)
    words = {True: "时钟已对时，误差不超过", False: "时钟未与标准时间对时"}
    is_held = found is not None and found.is_held
    page = wall(counter, department)
    assert (words[is_held] in page, words[not is_held] in page) == (True, False)
    said = {Discipline(True, timedelta(seconds=0.25)): "0.25 秒", None: words[False]}
    for told, shown in said.items():
        monkeypatch.setattr(glancing, "discipline", lambda told=told: told)
        assert shown in wall(counter, department)


def _around(page: str, words: str) -> str:
    at = page.index(words)
    return page[at - 200 : at]
