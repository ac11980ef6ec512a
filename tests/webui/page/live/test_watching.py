"""A wearer's stream: all that they may see of their trades, nothing else, and only while they may."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from monitor.record.disclosure import VISITOR, Audience, Viewer, timeline
from monitor.record.table import Opening, Sight
from monitor.role import SYSTEM, Role
from tests.builders import a_participation, a_standing, an_actor, the_act
from tests.trading.projects import an_issued_trade, leave_no_task
from tests.webui.page.live.watched import MINE, Watched, up_to
from tests.webui.page.live.wire import bodies
from trading.account.office.roll import roll
from trading.fee.block import announce
from trading.fee.deposit import open_account, receive
from trading.ledger import Rate
from trading.registration.party import dismiss
from trading.registration.project import sections
from trading.supervision.look import look
from trading.supervision.order import issue
from webui.serve.live import stream as streaming


def test_the_stream_of_all_trades_holds_what_each_shows_and_no_more(watched: Watched) -> None:
    watched.platform.perform(
        issue, watched.department, watched.own.id, addressee=watched.own.owner.org,
        role=Role.TENDEREE, title="限期说明", text="请说明。", article="招标投标法 7",
        limit=watched.counter.house.clock.now() + timedelta(days=3),
    )  # fmt: skip
    size = watched.counter.house.settle().size
    viewing, _ = watched.open(watched.department)
    told = [body for frame in up_to(viewing.frames(), size) for body in bodies(frame)]
    with watched.platform.read() as session:
        own = timeline(session, watched.own.id, Viewer(Audience.INSPECTOR, watched.department.org))
        outside = timeline(session, UUID(int=0), VISITOR)
    expected = [str(each.record_id) for each in (*own, *outside) if each.index is not None]
    assert sorted(body["id"] for body in told) == sorted(expected)
    assert any("seq" not in body for body in told), "secret acts that an inspector may see"
    watched.wire.leave(viewing)


def test_frames_follow_on_without_gap_or_doubling_and_go_on_from_the_last(watched: Watched) -> None:
    begun = watched.counter.house.settle().size
    viewing, token = watched.open(watched.department)
    stream = viewing.frames()
    earlier = up_to(stream, begun)
    frame = earlier[-1]
    seen = [body["id"] for each in earlier for body in bodies(each)]
    for _ in range(3):
        size = frame["to"]
        watched.publish(watched.own.id)
        frame = next(stream)
        assert frame["from"] == size
        [new] = bodies(frame)
        seen.append(new["id"])
    assert len(seen) == len(set(seen))
    watched.wire.leave(viewing)
    resumed = watched.wire.open(f"{MINE}&after={frame['from']}", token)
    again = next(resumed.frames())
    assert (again["from"], [body["id"] for body in bodies(again)]) == (frame["from"], seen[-1:])
    whole = next(watched.wire.open(MINE, token).frames())
    assert sorted(body["id"] for body in bodies(whole)) == sorted(seen)


def test_before_close_no_frame_tells_of_payers_bidders_or_their_number(watched: Watched) -> None:
    trade = an_issued_trade(watched.platform)
    a_standing(watched.platform, trade.id, watched.department)
    with watched.platform.read() as session:
        section = sections(session, trade.id)[0].id
    finance = an_actor(watched.platform, Role.FINANCE)
    watched.platform.perform(
        announce, finance, trade.id, section=section, prefix="889001", size=100,
        rate=Rate(500, 360, "test"),
    )  # fmt: skip
    watched.counter.house.settle()
    since = watched.size
    bidder = a_participation(watched.platform, trade.id)
    number = watched.platform.perform(open_account, bidder, trade.id, section=section)
    watched.platform.perform(
        receive, SYSTEM, trade.id, number=number, amount_fen=8_000_000, reference=f"T{number}",
        received_at=watched.counter.house.clock.now(), sealed_payer=b"sealed",
    )  # fmt: skip
    watched.publish(trade.id)
    centre = an_actor(watched.platform, Role.CENTRE)
    discipline = an_actor(watched.platform, Role.DISCIPLINE)
    for actor in (watched.department, finance, centre, discipline, trade.owner):
        frame = next(watched.open(actor, f"{MINE}&after={since}")[0].frames())
        here = [body for body in bodies(frame) if body["project"] == str(trade.id)]
        assert [body["action"] for body in here] == ["notice.carry"], actor.role
        said = json.dumps(bodies(frame))
        assert str(bidder.mask) not in said
        assert number not in said
    the_act(watched.platform, "opening.close", trade.id)
    watched.counter.house.settle()
    whole = next(watched.open(finance)[0].frames())
    after = {body["action"] for body in bodies(whole) if body["project"] == str(trade.id)}
    assert {"deposit.open", "deposit.receive"} <= after
    whole = next(watched.open(watched.department)[0].frames())
    assert "deposit.receive" not in {body["action"] for body in bodies(whole)}


def test_what_close_reveals_is_announced_so_that_it_is_fetched(watched: Watched) -> None:
    trade = an_issued_trade(watched.platform)
    a_standing(watched.platform, trade.id, watched.department)
    watched.counter.house.settle()
    viewing, _ = watched.open(watched.department, f"{MINE}&after={watched.size}")
    the_act(watched.platform, "opening.close", trade.id)
    watched.counter.house.settle()
    assert next(viewing.frames())["reopened"] is True
    watched.wire.leave(viewing)


def test_another_departments_trade_is_not_in_it(watched: Watched) -> None:
    since = watched.size
    viewing, token = watched.open(watched.department, f"{MINE}&after={since}")
    watched.publish(watched.foreign.id)
    watched.publish(watched.own.id)
    got: list[Any] = []
    for frame in viewing.frames():
        got += bodies(frame)
        if frame["to"] == watched.size:
            break
    assert [body["project"] for body in got] == [str(watched.own.id)]
    watched.wire.leave(viewing)
    there = watched.wire.open(f"{MINE}&project={watched.foreign.id}", token)
    assert all("seq" in body for body in bodies(next(there.frames()))), "as a visitor there"


def test_a_session_that_is_ended_hears_so_and_sees_nothing_after(watched: Watched) -> None:
    viewing, token = watched.open(watched.department)
    events = iter(viewing)
    assert next(events)[0] == "frame"
    watched.counter.keeping.sign_out(token)
    watched.publish(watched.own.id)
    assert next(events) == ("end", "signed_out")
    assert watched.wire.open(MINE, token).status == 401


def test_the_right_is_asked_at_every_beat_too(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streaming, "SILENCE", 0.2)
    viewing, token = watched.open(watched.department, f"{MINE}&after={watched.size}")
    events = iter(viewing)
    assert next(events)[0] == "beat"
    watched.counter.keeping.sign_out(token)
    *beats, last = events
    assert last == ("end", "signed_out")
    assert {name for name, _ in beats} <= {"beat"}


def test_whoever_is_dismissed_or_changes_office_watches_no_longer(watched: Watched) -> None:
    clerk = an_actor(watched.platform, Role.CENTRE)
    viewing, _ = watched.open(clerk)
    events = iter(viewing)
    assert next(events)[0] == "frame"
    with watched.platform.read() as session:
        offices = roll(session, watched.counter.house.clock.now())
    [office] = [each for each in offices if each.person == clerk.person]
    watched.platform.perform(dismiss, SYSTEM, None, appointment=office.appointment)
    watched.publish(watched.own.id)
    assert next(events) == ("end", "not_allowed")


def test_a_browsers_cookie_is_as_good_as_a_programs_header(watched: Watched) -> None:
    token = watched.counter.person(watched.department).token
    for cookie, scheme in ((f"session={token}", "http"), (f"__Host-session={token}", "https")):
        viewing = watched.wire.open(MINE, cookie=cookie, scheme=scheme)
        assert viewing.status == 200
        watched.wire.leave(viewing)
    assert watched.wire.open(MINE, cookie=f"session={token}", scheme="https").status == 401


def test_nobody_and_whoever_has_no_part_is_refused(watched: Watched) -> None:
    centre = watched.counter.person(an_actor(watched.platform, Role.CENTRE)).token
    bidder = watched.counter.person(an_actor(watched.platform, Role.TENDERER)).token
    asked = {
        (MINE, ""): 401, (MINE, "no-token"): 401, (MINE, bidder): 403,
        (f"{MINE}&project=nobody", centre): 400, (f"{MINE}&after=x", centre): 400,
        (f"{MINE}&after=99999999", centre): 400, ("as=nobody", centre): 400, ("", centre): 400,
    }  # fmt: skip
    for (query, token), status in asked.items():
        viewing = watched.wire.open(query, token)
        assert viewing.status == status, query
        assert json.loads(viewing.body)["detail"]
    assert watched.wire.open(MINE, cookie='session="broken\x7f').status == 401


def test_the_public_path_asks_nothing_and_shows_a_signed_in_one_no_more(watched: Watched) -> None:
    token = watched.counter.person(watched.department).token
    frames = [
        next(watched.wire.open(f"project={watched.own.id}", told).frames()) for told in ("", token)
    ]
    assert frames[0] == frames[1]
    assert all("seq" in body for body in bodies(frames[0]))


def test_who_has_nothing_to_do_in_a_trade_is_told_by_its_stream_as_by_its_page(
    watched: Watched,
) -> None:
    platform = watched.platform
    idle = an_actor(platform, Role.CENTRE)
    the_act(platform, "duty.open", watched.foreign.id)
    with platform.read() as session:
        section = sections(session, watched.foreign.id)[0].id
    platform.perform(
        announce, an_actor(platform, Role.FINANCE), watched.foreign.id, section=section,
        prefix="889002", size=100, rate=Rate(500, 360, "test"),
    )  # fmt: skip
    leave_no_task(platform, watched.foreign)
    size = watched.counter.house.settle().size
    viewing, _ = watched.open(idle, f"project={watched.foreign.id}&{MINE}")
    up_to(viewing.frames(), size)
    query = (
        select(Opening.body)
        .join(Sight, Opening.record_id == Sight.record_id)
        .where(Sight.action == look.name, Sight.actor == str(idle.person))
    )
    with platform.read() as session:
        (told,) = [json.loads(body)["facts"] for body in session.scalars(query)]
    assert (told["kind"], "early" in told["unusual"]) == ("records", True)
    watched.wire.leave(viewing)
