"""Questions at the opening: under a pseudonym, answered once by the host, and none is left open."""

from __future__ import annotations

from uuid import uuid4

import pytest

from bidding.hall.question import LONGEST, MOST, Question, ask, questions, reply
from bidding.hall.sitting import end
from monitor.refusal import Conflict, Invalid, NotAllowed, NotFound, WrongStage
from tests.stories.hall import Hall, a_closed_hall, a_hall
from tests.stories.tenderer import Tenderer, a_tenderer, bidders
from tests.stories.world import World, a_tender


@pytest.fixture
def three(world: World) -> list[Tenderer]:
    return bidders(a_tender(world))


@pytest.fixture
def hall(three: list[Tenderer]) -> Hall:
    return a_closed_hall(three[0].tender)


def asked(hall: Hall) -> tuple[Question, ...]:
    found: tuple[Question, ...] = hall.tender.world.ask(questions, hall.tender.id, hall.lot)
    return found


def shown(hall: Hall, one: Tenderer) -> None:
    hall.check_seal(one)
    hall.trustees_open()
    hall.unlock()
    hall.reveal()


def test_a_question_is_answered_before_the_opening_ends(hall: Hall, three: list[Tenderer]) -> None:
    tender, one = hall.tender, three[1]
    number = one.do(ask, section=hall.lot, text=" 解密时限到几点？ ")
    [before] = asked(hall)
    assert (before.id, before.mask, before.text) == (number, one.mask, "解密时限到几点？")
    shown(hall, three[0])
    assert isinstance(tender.refused(end, tender.owner, section=hall.lot), WrongStage)
    told = {"section": hall.lot, "question": number}
    tender.do(reply, tender.owner, text="十时三十分。", **told)
    assert isinstance(tender.refused(reply, tender.owner, text="改口。", **told), Conflict)
    assert [each.reply for each in asked(hall)] == ["十时三十分。"]
    tender.do(end, tender.owner, section=hall.lot)
    assert isinstance(one.refused(ask, section=hall.lot, text="会后才问。"), WrongStage)


def test_nobody_is_named_by_asking(hall: Hall, three: list[Tenderer]) -> None:
    one = three[0]
    one.do(ask, section=hall.lot, text="请复述规则。")
    [told] = asked(hall)
    assert one.uscc not in repr(told)
    assert one.name not in repr(told)


def test_who_has_no_bid_there_asks_nothing_and_who_is_not_the_host_answers_nothing(
    hall: Hall, three: list[Tenderer]
) -> None:
    tender = hall.tender
    number = three[0].do(ask, section=hall.lot, text="？")
    told = {"section": hall.lot, "question": number, "text": "不是主持人。"}
    assert isinstance(three[1].refused(reply, **told), NotAllowed)
    assert isinstance(tender.refused(reply, tender.clerk, **told), NotAllowed)
    strange = told | {"question": uuid4()}
    assert isinstance(tender.refused(reply, tender.owner, **strange), NotFound)
    for text in ("", "  ", "字" * (LONGEST + 1)):
        assert isinstance(three[0].refused(ask, section=hall.lot, text=text), Invalid)
    assert len(asked(hall)) == 1


def test_before_close_there_is_no_opening_to_ask_at(world: World) -> None:
    three = bidders(a_tender(world))
    late = a_tenderer(three[0].tender)
    hall = a_hall(three[0].tender)
    assert isinstance(three[0].refused(ask, section=hall.lot, text="早了"), WrongStage)
    hall.close()
    assert isinstance(late.refused(ask, section=hall.lot, text="没有投标"), NotFound)


def test_nobody_holds_an_opening_up_by_asking_without_end(
    hall: Hall, three: list[Tenderer]
) -> None:
    for number in range(MOST):
        three[0].do(ask, section=hall.lot, text=f"第 {number} 问")
    assert isinstance(three[0].refused(ask, section=hall.lot, text="再问"), Conflict)
    three[1].do(ask, section=hall.lot, text="别家仍可提问")
