"""The supervisors' wall: red first, each duty with its article and evidence; nothing bid-side."""

import json
import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from monitor.law.watch import steps
from monitor.record.disclosure import VISITOR, timeline
from monitor.role import SYSTEM, Actor, Role
from tests.builders import a_participation, a_standing, an_actor, the_act
from tests.trading.projects import Trade, an_announced_trade, an_issued_trade
from tests.webui.page.counter import Counter
from tests.webui.page.live.wire import bodies
from trading.fee.block import announce
from trading.fee.deposit import open_account, receive
from trading.ledger import Rate
from trading.registration.project import found_project, sections, trade_of
from trading.supervision.order import issue
from trading.venue.booking import book
from trading.venue.room import Purpose, add_room
from webui.page.office.wall.board import _is_end


@pytest.fixture
def department(counter: Counter) -> Actor:
    return an_actor(counter.house.platform, Role.DEPARTMENT)


@pytest.fixture
def trade(counter: Counter, department: Actor) -> Trade:
    made = an_issued_trade(counter.house.platform)
    a_standing(counter.house.platform, made.id, department)
    return made


def do(counter: Counter, verb: Any, actor: Actor, project: UUID | None, **inputs: Any) -> Any:
    return counter.house.platform.perform(verb, actor, project, **inputs)


def watch(counter: Counter, project: UUID) -> None:
    """Let the watch write down every card that is due."""
    platform = counter.house.platform
    with platform.read() as session:
        about = trade_of(found_project(session, project))
        due = steps(session, project, about, counter.house.clock.now())
    for step in due:
        platform.perform(step.action, SYSTEM, project, owed=step.owed)


def plain(page: str) -> str:
    """A page without what differs at every look: keys, the clock, the log's own size and heads."""
    for pattern in (
        r'name="(?:once|csrf)" value="[^"]*"', r'data-after="\d+"', r'<ol class="chain".*?</ol>',
        r"共 [\d,]+ 条",
    ):  # fmt: skip
        page = re.sub(pattern, "", page, flags=re.DOTALL)
    return page


def test_before_close_the_wall_is_the_same_whether_anybody_bids_or_not(
    counter: Counter, department: Actor, trade: Trade
) -> None:
    platform = counter.house.platform
    with platform.read() as session:
        section = sections(session, trade.id)[0].id
    finance = an_actor(platform, Role.FINANCE)
    do(counter, announce, finance, trade.id, section=section, prefix="889101", size=100,
       rate=Rate(500, 360, "test"))  # fmt: skip
    counter.house.settle()
    centre = an_actor(platform, Role.CENTRE)
    people = [counter.person(each) for each in (department, centre)]
    before = [plain(each.get("/wall")) for each in people[:1]]
    bidder = a_participation(platform, trade.id)
    number = do(counter, open_account, bidder, trade.id, section=section)
    do(counter, receive, SYSTEM, trade.id, number=number, amount_fen=80_000_00,
       reference=f"T{number}", received_at=counter.house.clock.now(), sealed_payer=b"s")  # fmt: skip
    counter.house.settle()
    assert [plain(each.get("/wall")) for each in people[:1]] == before
    for person in people:
        frame = json.loads(person.get("/wall/frame?after=0"))
        acts = {one["action"] for one in bodies(frame) if one["project"] == str(trade.id)}
        assert not acts & {"deposit.open", "deposit.receive", "participation.join"}
        assert str(bidder.mask) not in json.dumps(bodies(frame))
        assert number not in person.get("/wall")


def test_duties_stand_red_first_each_with_article_limit_and_evidence(
    counter: Counter, department: Actor
) -> None:
    platform = counter.house.platform
    contracted, late = an_announced_trade(platform), an_announced_trade(platform)
    for each in (contracted, late):
        a_standing(platform, each.id, department)
    the_act(platform, "contract.sign", late.id)
    watch(counter, late.id)
    counter.house.clock.wait(timedelta(days=400))
    the_act(platform, "contract.sign", contracted.id)
    watch(counter, contracted.id)
    watch(counter, late.id)
    counter.house.settle()
    page = counter.person(department).get("/wall")
    tones = re.findall(r'<li class="(hot|amber|)"><span class="tag', page)
    assert tones
    assert tones == sorted(tones, key=["hot", "amber", ""].index)
    assert {"hot", ""} <= set(tones)
    assert "项职责超期" in page
    assert re.search(r"依据 《[^》]+》第 \d+ 条|依据 [^<]{2,}", page)
    evidence = re.search(r'class="check" href="(/record/[0-9a-f-]{36})">证据', page)
    assert evidence is not None
    person = counter.person(department)
    assert "红牌超期" in person.get(evidence[1])
    assert counter.app.test_client().get(evidence[1]).status_code == 404


def test_the_wall_shows_the_logs_head_and_who_has_not_witnessed_it(
    counter: Counter, department: Actor
) -> None:
    counter.house.settle()
    person = counter.person(department)
    page = person.get("/wall")
    head = counter.source.head()
    assert head is not None
    assert f"共 {head.size:,} 条" in page
    assert "witness.test 已见证" in page
    assert "检查点缺少见证签名" not in page
    bare = re.sub(r"\n— witness\.test [^\n]*", "", head.note)
    counter.source.tiles.write_checkpoint(bare)
    try:
        page = person.get("/wall")
        assert "检查点缺少见证签名" in page
        assert "请见证方启动见证程序" in page
    finally:
        counter.source.tiles.write_checkpoint(head.note)


def test_an_overdue_order_alarms_and_is_no_centres_to_see(
    counter: Counter, department: Actor, trade: Trade
) -> None:
    now = counter.house.clock.now()
    do(counter, issue, department, trade.id, addressee=trade.owner.org, role=Role.TENDEREE,
       title="限期说明资格条件", text="请说明。", article="招标投标法 7",
       limit=now + timedelta(days=1))  # fmt: skip
    assert "逾期未复" not in counter.person(department).get("/wall")
    counter.house.clock.wait(timedelta(days=2))
    assert "1 份督办单逾期未复" in counter.person(department).get("/wall")
    centre = counter.person(an_actor(counter.house.platform, Role.CENTRE))
    assert "限期说明资格条件" not in centre.get("/wall")
    counter.house.settle()
    assert "order.issue" not in centre.get("/wall/frame?after=0")
    told = [one["action"] for one in bodies(json.loads(centre.get("/wall/frame?after=0")))]
    assert "order.issue" not in told


def test_todays_openings_stand_by_time_and_tell_nothing_before_close(
    counter: Counter, department: Actor, trade: Trade
) -> None:
    platform, now = counter.house.platform, counter.house.clock.now()
    clerk = an_actor(platform, Role.CENTRE)
    room = do(counter, add_room, clerk, None, name=f"开标室{trade.id.hex[:4]}",
              purpose=Purpose.OPENING, seats=10)  # fmt: skip
    do(counter, book, trade.owner, trade.id, room=room, start=now + timedelta(minutes=5),
       end=now + timedelta(hours=2))  # fmt: skip
    counter.house.settle()
    page = counter.person(department).get("/wall")
    assert f"开标室{trade.id.hex[:4]}" in page
    assert "截止前保密" in page
    foreign = counter.person(an_actor(platform, Role.DEPARTMENT)).get("/wall")
    assert f"开标室{trade.id.hex[:4]}" not in foreign.partition("实时动态")[0]


def by_whom(page: str) -> list[str]:
    """By which roles the rows of a wall's feed were done, in the words of the page."""
    return re.findall(r'<span class="role quiet">([^<]+)</span>', page)


def test_the_feed_is_chosen_by_whom_and_reads_without_script(
    counter: Counter, department: Actor, trade: Trade
) -> None:
    counter.house.settle()
    person = counter.person(department)
    every, owners = by_whom(person.get("/wall")), {"招标人", "代理机构"}
    assert len(set(every)) > 1
    assert set(by_whom(person.get("/wall?who=owner"))) <= owners
    assert by_whom(person.get("/wall?who=owner"))
    assert by_whom(person.get("/wall?who=nobody")) == every


def test_a_chosen_wall_follows_a_chosen_stream_and_frames(
    counter: Counter, department: Actor, trade: Trade
) -> None:
    counter.house.settle()
    person = counter.person(department)
    page = person.get("/wall?who=owner")
    assert 'data-stream="/live/events?as=wearer&amp;by=tenderee%2Cagency"' in page
    assert 'data-frames="/wall/frame?by=tenderee%2Cagency"' in page
    whole = bodies(json.loads(person.get("/wall/frame?after=0")))
    chosen = bodies(json.loads(person.get("/wall/frame?by=tenderee%2Cagency&after=0")))
    mine = [one for one in whole if one["actor"]["role"] in {"tenderee", "agency"}]
    assert chosen == mine
    assert 0 < len(chosen) < len(whole)
    at = bodies(json.loads(person.get("/wall/frame?stage=bidding&after=0")))
    assert {one["project"] for one in at} == {str(trade.id)}
    person.get("/wall/frame?by=king&after=0", 400)


def test_the_frames_beside_the_stream_are_the_wearers_and_start_where_asked(
    counter: Counter, department: Actor, trade: Trade
) -> None:
    centre = an_actor(counter.house.platform, Role.CENTRE)
    do(counter, add_room, centre, None, name=f"询标室{trade.id.hex[:4]}", purpose=Purpose.OPENING,
       seats=20)  # fmt: skip
    counter.house.settle()
    person = counter.person(department)
    head = counter.source.head()
    assert head is not None
    whole = json.loads(person.get("/wall/frame?after=0"))
    rest = json.loads(person.get(f"/wall/frame?after={head.size - 3}"))
    assert [whole["to"], rest["from"], rest["to"]] == [head.size, head.size - 3, head.size]
    here = {one["project"] for one in bodies(whole)}
    assert here == {str(trade.id), str(UUID(int=0))}
    with counter.house.platform.read() as session:
        public = timeline(session, trade.id, VISITOR)
    mine = [one for one in bodies(whole) if one["project"] == str(trade.id)]
    assert len(mine) >= len(public)
    for wrong in ("after=x", f"after={head.size + 1}", "seen=-1"):
        person.get(f"/wall/frame?{wrong}", 400)


def test_the_wall_is_for_supervisors_and_the_centre_alone(counter: Counter) -> None:
    assert counter.app.test_client().get("/wall").status_code == 303
    for role in (Role.TENDERER, Role.TENDEREE, Role.FINANCE, Role.EXPERT, Role.TRUSTEE):
        person = counter.person(an_actor(counter.house.platform, role))
        person.get("/wall", 403)
        person.get("/wall/frame", 403)
    for role in (Role.DEPARTMENT, Role.DISCIPLINE, Role.CENTRE):
        counter.person(an_actor(counter.house.platform, role)).get("/wall")


def test_an_opening_is_over_by_what_was_done_and_not_by_what_was_refused() -> None:
    assert _is_end({"action": "opening.end", "outcome": {"done": True}})
    assert _is_end({"action": "opening.reveal", "outcome": {"done": True}})
    assert not _is_end({"action": "opening.end", "outcome": {"refused": "wrong_stage"}})
    assert not _is_end({"action": "opening.unlock", "outcome": {"done": True}})
