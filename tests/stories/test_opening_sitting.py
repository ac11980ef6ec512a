"""The sitting of an opening: it stands still for a reason, gets time by two persons, ends answered."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bidding.hall.asked import State, asked_in
from bidding.hall.sheet import sheet
from bidding.hall.sitting import end, extend, pause, resume
from bidding.hall.unlock import unlock
from monitor.refusal import Conflict, Invalid, NotAllowed, TooEarly, TooLate, WrongStage
from monitor.role import SYSTEM
from tests.builders import the_act
from tests.stories.hall import Hall, a_closed_hall
from tests.stories.tenderer import Tenderer, bidders
from tests.stories.world import World, a_tender
from trading.award.filing import file
from trading.award.objection import Kind, Outcome, answer
from trading.notice.participation import identify

MINUTE = timedelta(minutes=1)


@pytest.fixture
def three(world: World) -> list[Tenderer]:
    return bidders(a_tender(world))


@pytest.fixture
def hall(three: list[Tenderer]) -> Hall:
    made = a_closed_hall(three[0].tender)
    made.check_seal(three[0])
    return made


def test_a_paused_opening_takes_no_key_share_or_unlock_until_it_goes_on(
    hall: Hall, three: list[Tenderer]
) -> None:
    tender = hall.tender
    tender.do(pause, tender.owner, section=hall.lot, reason="会场断电")
    assert isinstance(
        tender.refused(pause, tender.clerk, section=hall.lot, reason="再停"), Conflict
    )
    for held in (
        three[1].release,
        hall.trustees_open,
        lambda: hall.unlock(witnessed=False),
    ):
        with pytest.raises(WrongStage, match="会场断电"):
            held()
    now = tender.world.now
    states = {ask.state for ask in tender.world.ask(asked_in, tender.id, now)}
    assert State.SUSPENDED in states
    tender.do(resume, tender.clerk, section=hall.lot, reason="供电恢复")
    again = tender.refused(resume, tender.clerk, section=hall.lot, reason="x")
    assert isinstance(again, WrongStage)
    hall.trustees_open()
    hall.unlock()
    hall.reveal()


def test_a_pause_without_a_reason_is_refused(hall: Hall) -> None:
    for reason in ("", "  ", "长" * 301):
        told = hall.tender.refused(pause, hall.tender.owner, section=hall.lot, reason=reason)
        assert isinstance(told, Invalid)


def test_the_time_that_it_stood_is_given_back_to_the_bidders(
    hall: Hall, three: list[Tenderer]
) -> None:
    tender, world = hall.tender, hall.tender.world

    def until() -> object:
        found = world.ask(sheet, tender.id, hall.lot, world.now)
        assert found is not None
        return found.window_until

    before = until()
    assert before is not None
    tender.do(pause, tender.owner, section=hall.lot, reason="网络故障")
    world.until(world.now + 20 * MINUTE)
    tender.do(resume, tender.owner, section=hall.lot, reason="恢复")
    after = until()
    assert timedelta(minutes=20) <= after - before <= timedelta(minutes=21)  # type: ignore[operator]
    three[1].release()
    world.until(before)  # type: ignore[arg-type]
    lacking = [one.last.bid for one in three if one is not three[1]]
    told = tender.refused(
        unlock, tender.owner, section=hall.lot, shut=dict.fromkeys(lacking, "未解密")
    )
    assert isinstance(told, TooEarly), "the bidders' time goes on"


def test_more_time_takes_two_persons_and_the_same_number(hall: Hall) -> None:
    tender = hall.tender
    told = {"section": hall.lot, "minutes": 30, "reason": "解密人数多"}
    assert tender.do(extend, tender.owner, **told) is False
    alone = tender.refused(extend, tender.owner, **told)
    assert isinstance(alone, NotAllowed)
    other = told | {"minutes": 20}
    assert tender.do(extend, tender.clerk, **other) is False, "another number is another proposal"
    assert tender.do(extend, tender.owner_two, **other) is True
    for minutes in (0, -5, 1441):
        refused = tender.refused(extend, tender.owner, **(told | {"minutes": minutes}))
        assert isinstance(refused, Invalid)


def test_an_objection_on_the_spot_holds_the_end_until_it_is_answered(
    hall: Hall, three: list[Tenderer]
) -> None:
    tender = hall.tender
    early = tender.refused(end, tender.owner, section=hall.lot)
    assert isinstance(early, WrongStage)
    hall.trustees_open()
    hall.unlock()
    hall.reveal()
    one = three[0]
    tender.do(identify, SYSTEM, mask=one.mask, uscc=one.uscc, name=one.name)
    filed = tender.do(file, replace(one.actor, mask=None), kind=Kind.OPENING, text="唱标顺序有误。")
    held = tender.refused(end, tender.owner, section=hall.lot)
    assert isinstance(held, WrongStage)
    assert held.rule == "招标投标法实施条例 44"
    tender.do(
        answer, tender.owner, objection=filed, text="按递交先后，无误。", outcome=Outcome.DISMISSED
    )
    tender.do(end, tender.owner, section=hall.lot)
    assert isinstance(tender.refused(end, tender.owner, section=hall.lot), Conflict)
    late = tender.refused(pause, tender.owner, section=hall.lot, reason="太晚")
    assert isinstance(late, WrongStage)
    bidder = replace(one.actor, mask=None)
    too_late = tender.refused(file, bidder, kind=Kind.OPENING, text="会后才想起。")
    assert (type(too_late), too_late.rule) == (TooLate, "招标投标法实施条例 44")


def test_a_sitting_is_not_ended_once_the_file_of_its_trade_is_closed(hall: Hall) -> None:
    tender = hall.tender
    hall.trustees_open()
    hall.unlock()
    hall.reveal()
    the_act(tender.world.house.platform, "archive.close", tender.id)
    refused = tender.refused(end, tender.owner, section=hall.lot)
    assert isinstance(refused, WrongStage)
    assert "file is closed" in refused.message
