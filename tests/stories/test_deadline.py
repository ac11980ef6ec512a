"""The deadline: what counts is when the last byte was here, and CLOSE waits for who is inside."""

import shutil
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, text

from bidding.envelope.bid.object import LETTER
from bidding.envelope.document import digest
from bidding.hall.close import close
from bidding.submission import Bid, Parcel, submit
from bidding.terms import deadline
from monitor.clock import time_text
from monitor.record.act import Act
from monitor.record.action import Action, Visibility
from monitor.record.arrival import stamp
from monitor.record.platform import Platform
from monitor.record.table import Record
from monitor.refusal import Invalid, NotFound, TooEarly, TooLate, WrongStage
from monitor.role import SYSTEM, Role
from tests.flip import flip
from tests.stories.tenderer import Tenderer, a_tenderer
from tests.stories.world import SECOND, World, a_tender
from trading.notice.addendum import Change, clarify, tender_digest

LATE = "招标投标法 28；招标投标法实施条例 36"
WAITING = text("""
SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database
WHERE l.locktype = 'advisory' AND NOT l.granted AND d.datname = current_database()
""")


@pytest.fixture
def one(world: World) -> Tenderer:
    return a_tenderer(a_tender(world))


def parcel(one: Tenderer, **changed: Any) -> Parcel:
    """A sound parcel for the version that was sealed last, as the desk would make it."""
    sealed = one.last
    made = Parcel(
        one.tender.section,
        sealed.bid,
        sealed.version,
        sealed.manifest,
        digest(one.own_capsule()),
        bytes.fromhex(sealed.leaf),
        one.tender.world.ask(tender_digest, one.tender.id).hex(),
        b"sealed to the trustees",
        {},
        (),
    )
    return replace(made, **changed)


def arrive(one: Tenderer) -> UUID:
    arrival: UUID = one.do(stamp, digest=bytes.fromhex(one.last.manifest))
    return arrival


def kept(one: Tenderer) -> list[str]:
    with one.tender.world.house.platform.read() as session:
        rows = session.scalars(select(Bid).where(Bid.project == one.tender.id)).all()
        return [row.mask for row in rows]


def test_what_arrived_before_the_deadline_is_taken_in_after_it(one: Tenderer) -> None:
    one.seal()
    one.tender.world.until(one.tender.deadline - SECOND)
    arrival = arrive(one)
    one.tender.world.until(one.tender.deadline + timedelta(minutes=3))
    one.do(submit, arrival=arrival, parcel=parcel(one))
    assert kept(one) == [one.mask]


def test_the_very_moment_is_in_time(one: Tenderer) -> None:
    one.seal()
    one.tender.world.until(one.tender.deadline - SECOND)
    one.do(submit, arrival=arrive(one), parcel=parcel(one))
    assert kept(one) == [one.mask]


def test_a_microsecond_later_is_late(one: Tenderer) -> None:
    one.seal()
    one.tender.world.until(one.tender.deadline - SECOND + timedelta(microseconds=1))
    refusal = one.refused(submit, arrival=arrive(one), parcel=parcel(one))
    assert isinstance(refusal, TooLate)
    assert (refusal.rule, kept(one)) == (LATE, [])


def test_the_desk_refuses_a_late_upload_keeps_none_of_it_and_gives_a_receipt(
    one: Tenderer,
) -> None:
    folder = one.seal()
    one.tender.past_deadline()
    before = {path for path in (one.tender.world.folder / "files").rglob("*") if path.is_file()}
    answer = one.send(folder)
    after = {path for path in (one.tender.world.folder / "files").rglob("*") if path.is_file()}
    assert isinstance(answer.refusal, TooLate)
    assert (kept(one), after) == ([], before)
    assert b"late" in answer.receipt


Claim = Callable[[Tenderer, UUID, UUID], tuple[UUID, dict[str, Any]]]
CLAIMS: dict[str, Claim] = {
    "another's arrival in time": lambda one, late, others: (others, {}),
    "an arrival that never was": lambda one, late, others: (uuid4(), {}),
    "its own earlier arrival, of another file": lambda one, late, others: (
        late,
        {"manifest": "00" * 32},
    ),
}


@pytest.mark.parametrize("claim", CLAIMS)
def test_no_claim_makes_a_late_bid_timely(one: Tenderer, claim: str) -> None:
    other = a_tenderer(one.tender)
    other.seal()
    one.seal()
    one.tender.world.until(one.tender.deadline - 10 * SECOND)
    early, others = arrive(one), arrive(other)
    one.tender.past_deadline()
    arrival, changed = CLAIMS[claim](one, early, others)
    refusal = one.refused(submit, arrival=arrival, parcel=parcel(one, **changed))
    assert isinstance(refusal, NotFound | Invalid)
    assert kept(one) == []


def test_an_arrival_cannot_be_dated_back_by_its_caller(one: Tenderer) -> None:
    one.tender.past_deadline()
    with pytest.raises(TypeError):
        one.do(stamp, digest=b"\x00" * 32, at=one.tender.deadline - SECOND)


def test_close_waits_for_what_arrived_in_time_until_it_is_judged(one: Tenderer) -> None:
    one.seal()
    one.tender.world.until(one.tender.deadline - SECOND)
    arrival = arrive(one)
    one.tender.past_deadline()
    early = one.tender.refused(close, SYSTEM, section=one.tender.section)
    one.do(submit, arrival=arrival, parcel=parcel(one))
    one.tender.do(close, SYSTEM, section=one.tender.section)
    assert isinstance(early, TooEarly)
    assert kept(one) == [one.mask]


def test_an_arrival_that_nobody_follows_up_holds_close_for_ten_minutes_at_most(
    one: Tenderer,
) -> None:
    one.seal()
    one.tender.world.until(one.tender.deadline - SECOND)
    arrival = arrive(one)
    one.tender.world.until(one.tender.deadline + timedelta(minutes=10, seconds=1))
    one.tender.do(close, SYSTEM, section=one.tender.section)
    refusal = one.refused(submit, arrival=arrival, parcel=parcel(one))
    assert isinstance(refusal, WrongStage)


def test_what_was_here_in_time_is_not_late_by_our_own_fault(one: Tenderer) -> None:
    """The process died between the stamp and the answer; the tenderer sends it again."""
    folder = one.seal()
    one.tender.world.until(one.tender.deadline - SECOND)
    arrive(one)
    one.tender.world.until(one.tender.deadline + timedelta(minutes=3))
    answer = one.send(folder)
    assert (answer.refusal, kept(one)) == (None, [one.mask])
    assert time_text(one.tender.deadline).encode() in answer.receipt
    one.tender.do(close, SYSTEM, section=one.tender.section)


def spoiled(folder: Path) -> Path:
    """The same bid with other bytes behind the manifest: what comes is not what it promises."""
    broken = folder.with_name("broken")
    shutil.copytree(folder, broken)
    flip(broken / LETTER)
    return broken


def refused_first(one: Tenderer, folder: Path) -> None:
    assert isinstance(one.send(spoiled(folder)).refusal, Invalid)


def withdrawn_first(one: Tenderer, folder: Path) -> None:
    assert one.send(folder).refusal is None
    one.withdraw()


Early = Callable[[Tenderer, Path], None]
EARLIER: dict[str, Early] = {
    "of another bid": lambda one, folder: one.do(stamp, digest=b"\x07" * 32),
    "that was refused": refused_first,
    "that was taken in and withdrawn": withdrawn_first,
    "of another, who saw the manifest": lambda one, folder: a_tenderer(one.tender).do(
        stamp, digest=bytes.fromhex(one.last.manifest)
    ),
}


@pytest.mark.parametrize("earlier", EARLIER)
def test_no_earlier_arrival_makes_a_late_upload_timely(one: Tenderer, earlier: str) -> None:
    folder = one.seal()
    one.tender.world.until(one.tender.deadline - 10 * SECOND)
    EARLIER[earlier](one, folder)
    one.tender.past_deadline()
    assert isinstance(one.send(folder).refusal, TooLate)


def test_an_addendum_moves_close_with_the_deadline(one: Tenderer) -> None:
    tender, end = one.tender, one.tender.deadline
    tender.world.until(end - timedelta(days=3))
    change = Change("补遗", "清单改动", affects_bids=True)
    tender.do(clarify, tender.owner, change=change)
    assert tender.world.ask(deadline, tender.id) > end
    tender.world.until(end + SECOND)
    refusal = tender.refused(close, SYSTEM, section=tender.section)
    assert isinstance(refusal, TooEarly)


def waiting(platform: Platform) -> bool:
    with platform.read() as session:
        return bool(session.execute(WAITING).scalar())


def test_close_waits_for_a_secret_act_that_is_under_way(one: Tenderer) -> None:
    tender, platform = one.tender, one.tender.world.house.platform
    inside, go_on, order = threading.Event(), threading.Event(), list[str]()

    def slow(act: Act, *, arrival: UUID, parcel: Parcel) -> UUID:
        record: UUID = submit(act, arrival=arrival, parcel=parcel)
        inside.set()
        assert go_on.wait(20)
        order.append("submit")
        return record

    slow_submit = Action("bid.submit", frozenset({Role.TENDERER}), Visibility.SECRET, True, slow)
    one.seal()
    tender.world.until(tender.deadline - SECOND)
    arrival = arrive(one)
    tender.past_deadline()
    statements = list[Any]()

    def shut() -> None:
        statements.append(platform.perform(close, SYSTEM, tender.id, section=tender.section))
        order.append("close")

    def send() -> None:
        platform.perform(slow_submit, one.actor, tender.id, arrival=arrival, parcel=parcel(one))

    threads = [threading.Thread(target=send), threading.Thread(target=shut)]
    threads[0].start()
    try:
        assert inside.wait(20)
        threads[1].start()
        while not waiting(platform):
            assert threads[1].is_alive()
            threads[1].join(0.02)
    finally:
        go_on.set()
        for thread in threads:
            thread.join()
    assert order == ["submit", "close"]
    assert statements[0].bids.count == 1


def test_secret_acts_do_not_wait_for_one_another(one: Tenderer) -> None:
    tender, platform = one.tender, one.tender.world.house.platform
    inside, go_on = threading.Event(), threading.Event()

    def hold(act: Act) -> None:
        inside.set()
        assert go_on.wait(20)

    holding = Action("arrival.stamp", frozenset({Role.TENDERER}), Visibility.SECRET, True, hold)
    thread = threading.Thread(target=platform.perform, args=(holding, one.actor, tender.id))
    thread.start()
    try:
        assert inside.wait(20)
        one.do(stamp, digest=b"\x00" * 32)
        with platform.read() as session:
            query = select(Record.id).where(Record.chain == tender.id, Record.seq.is_(None))
            assert len(session.scalars(query).all()) == 2
    finally:
        go_on.set()
        thread.join()
