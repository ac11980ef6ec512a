"""What a viewer chooses of a stream, from where it goes on, and a viewer that does not read."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from monitor.log.tree import root_from
from monitor.role import SYSTEM, Role
from tests.builders import a_participation, an_actor
from tests.trading.projects import an_issued_trade
from tests.webui.page.live.watched import MINE, Watched, up_to
from tests.webui.page.live.wire import bodies
from trading.account.proof.mask import Masks
from trading.fee.block import announce
from trading.fee.deposit import open_account
from trading.ledger import Rate
from trading.registration.party import appoint
from trading.registration.project import sections
from webui.serve.live import stream as streaming


def whole(watched: Watched, query: str = MINE) -> list[dict[str, Any]]:
    """All records of a stream from the beginning to the log's present end."""
    viewing, _ = watched.open(watched.department, query)
    found = up_to(viewing.frames(), watched.size)
    watched.wire.leave(viewing)
    return [body for frame in found for body in bodies(frame)]


def test_a_choice_by_act_role_or_stage_leaves_out_the_rest_and_adds_nothing(
    watched: Watched,
) -> None:
    every = whole(watched)
    chosen: dict[str, Callable[[dict[str, Any]], bool]] = {
        "act=notice": lambda body: body["action"].startswith("notice."),
        "act=notice.publish,project": lambda body: (
            body["action"] == "notice.publish" or body["action"].startswith("project.")
        ),
        "by=centre&by=agency": lambda body: body["actor"]["role"] in {"centre", "agency"},
        "act=project&by=tenderee": lambda body: (
            body["action"].startswith("project.") and body["actor"]["role"] == "tenderee"
        ),
        "stage=bidding": lambda body: body["project"] == str(watched.own.id),
        "stage=awarded": lambda body: False,
    }
    for query, keeps in chosen.items():
        expected = [body["id"] for body in every if keeps(body)]
        assert [body["id"] for body in whole(watched, f"{MINE}&{query}")] == expected, query
    assert 0 < len(whole(watched, f"{MINE}&act=notice")) < len(every)


def test_no_choice_shows_what_may_not_be_seen(watched: Watched) -> None:
    """Another department's trade, and acts that are none of a visitor's, whatever one asks for."""
    for query in ("stage=bidding", "act=notice", "by=centre,tenderee,agency,system"):
        told = whole(watched, f"{MINE}&{query}")
        assert str(watched.foreign.id) not in {body["project"] for body in told}, query
    public = watched.wire.open(f"project={watched.foreign.id}&act=order,deposit&after=0")
    assert bodies(next(public.frames())) == []


BAD = {
    "act=nothing": "act", "act=": "act", "act=notice.nothing": "act", "by=king": "by",
    "stage=finished": "stage", "stages=bidding": "stages", "act=" + ",".join(["deposit"] * 65): "act",
    "by=%00": "by", "seen=1": "root", "root=00": "seen", "seen=99999999&root=00": "seen",
}  # fmt: skip


def test_a_choice_that_means_nothing_is_refused_by_its_name(watched: Watched) -> None:
    for query, field in BAD.items():
        viewing = watched.wire.open(f"project={watched.own.id}&{query}")
        assert viewing.status in {400, 409}, query
        assert field in json.loads(viewing.body)["detail"].partition(":")[0], query


def test_a_stream_goes_on_only_in_the_log_that_its_viewer_has_seen(watched: Watched) -> None:
    size, source = watched.size, watched.counter.source
    reader, at = source.tiles.hash_reader(size), f"project={watched.own.id}&after={size - 3}"
    for seen in (0, 1, size - 3, size):
        root = root_from(reader, seen).hex()
        good = watched.wire.open(f"{at}&seen={seen}&root={root}")
        assert (good.status, next(good.frames())["from"]) == (200, size - 3)
        other = ("1" if root[0] == "0" else "0") + root[1:]
        refused = watched.wire.open(f"{at}&seen={seen}&root={other}")
        assert (refused.status, b"root" in refused.body) == (409, True)
    assert watched.wire.open(f"{at}&seen=1&root={root_from(reader, 2).hex()}").status == 409


def test_who_reads_nothing_is_sent_away_slows_nobody_and_goes_on_without_gap_or_doubling(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streaming, "UNREAD", 0.5)
    begun = watched.size
    slow, token = watched.open(watched.department, f"{MINE}&after={begun}")
    quick, _ = watched.open(watched.department, f"{MINE}&after={begun}")
    watched.wire.stall(slow)
    got: list[str] = []
    stream = quick.frames()
    for _ in range(3):
        watched.publish(watched.own.id)
        got += [body["id"] for body in bodies(next(stream))]
    assert len(got) == 3
    assert list(slow) == [], "nothing of it came, and the stream is over"
    assert slow._running is not None
    slow._running.result(5)
    again = watched.wire.open(f"{MINE}&after={begun}", token)
    frame = next(again.frames())
    assert (frame["from"], [body["id"] for body in bodies(frame)]) == (begun, got)
    for each in (quick, again):
        watched.wire.leave(each)


def test_a_proof_of_a_mask_that_runs_out_narrows_the_running_stream(watched: Watched) -> None:
    platform, trade = watched.platform, an_issued_trade(watched.platform)
    with platform.read() as session:
        section = sections(session, trade.id)[0].id
    finance = an_actor(platform, Role.FINANCE)
    platform.perform(
        announce, finance, trade.id, section=section, prefix="889002", size=100,
        rate=Rate(500, 360, "test"),
    )  # fmt: skip
    watched.counter.house.settle()
    since, bidder = watched.size, a_participation(platform, trade.id)
    watched.publish(trade.id)
    token, gate = watched.counter.person(bidder).token, watched.counter.keeping.gate
    clock = watched.counter.house.clock
    ticket = Masks(gate.vault).ticket(
        gate.enter(token).session, trade.id, str(bidder.mask), clock.now() + timedelta(minutes=1)
    )
    query = f"{MINE}&project={trade.id}&after={since}"
    viewing = watched.wire.open(query, token, ticket=ticket)
    frames = viewing.frames()
    assert bidder.mask in {body["actor"]["id"] for body in bodies(next(frames))}
    clock.wait(timedelta(minutes=2))
    platform.perform(open_account, bidder, trade.id, section=section)
    watched.publish(trade.id)
    assert [body["action"] for body in bodies(next(frames))] == ["notice.carry"]
    watched.wire.leave(viewing)


def test_who_turns_to_another_office_watches_no_longer_as_the_first(watched: Watched) -> None:
    clerk = an_actor(watched.platform, Role.CENTRE)
    watched.platform.perform(
        appoint, SYSTEM, None, person=clerk.person, organisation=clerk.org, role=Role.FINANCE,
        category=None,
    )  # fmt: skip
    viewing, token = watched.open(clerk)
    events = iter(viewing)
    assert next(events)[0] == "frame"
    keeping = watched.counter.keeping
    now = keeping.gate.enter(token).appointment
    [other] = [each.id for each in keeping.offices(token) if each.id != now]
    keeping.switch(token, other)
    watched.publish(watched.own.id)
    assert next(events) == ("end", "not_allowed")
