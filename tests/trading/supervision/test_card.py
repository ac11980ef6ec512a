"""Cards: shown when a point turns, handled in order, a red set back with a reason; nobody else's."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from monitor.clock import MovableClock
from monitor.law.point import Result
from monitor.record.disclosure import VISITOR, Audience, Viewer, custody, timeline
from monitor.record.platform import Platform
from monitor.refusal import Conflict, Invalid, NotAllowed, NotFound, WrongStage
from monitor.role import SYSTEM, Actor, Role
from tests.builders import an_actor
from tests.trading.projects import an_announced_trade
from tests.trading.supervision.desk import Desk
from trading.notice.notice import carry, current_notice
from trading.supervision import order as orders
from trading.supervision.card import card as cards
from trading.supervision.card.handling import Card, Outcome
from trading.supervision.card.judging import judge, judging_due, mark, results

LIMIT = timedelta(days=3)
TEXTS = "notice.texts"


class Watched(Desk):
    """A trade under watch, whose notice differs on a medium when it is told to."""

    def __init__(self, platform: Platform, clock: MovableClock) -> None:
        super().__init__(platform, clock, an_announced_trade(platform))
        self.discipline = an_actor(platform, Role.DISCIPLINE)

    def differ(self, medium: str = "cebpub") -> None:
        """The notice on a medium is found to differ, and the points are judged."""
        with self.platform.read() as session:
            notice = current_notice(session, self.project)
        assert notice is not None
        self.act(carry, self.clerk, notice=notice.id, medium=medium, digest=bytes(32))
        self.judge()

    def judge(self) -> bool:
        """Do what the scheduler does; whether anything was due."""
        with self.platform.read() as session:
            due = judging_due(session, self.project)
        for errand in due:
            self.platform.perform(errand.action, SYSTEM, errand.project, **errand.inputs)
        return bool(due)

    def result(self, point: str = TEXTS) -> Result:
        with self.platform.read() as session:
            found = results(session, self.project)
        return Result(found[point].result) if point in found else Result.UNCHECKED

    def cards(self, actor: Actor | None = None) -> list[Card]:
        with self.platform.read() as session:
            found = cards.cards_for(session, actor or self.department, [self.project])
            session.expunge_all()
        return found

    def red(self) -> UUID:
        """A red card."""
        self.differ()
        [card] = self.cards()
        return card.id

    def warning(self, card: UUID, **changed: Any) -> dict[str, Any]:
        return {
            "card": card, "addressee": self.tenderee.org, "role": Role.TENDEREE,
            "text": "请说明公告不一致的原因。", "limit": self.clock.now() + LIMIT,
        } | changed  # fmt: skip


@pytest.fixture
def trade(platform: Platform, clock: MovableClock) -> Watched:
    return Watched(platform, clock)


def test_a_result_is_written_down_when_it_changes_and_once(trade: Watched) -> None:
    assert trade.result() is Result.UNCHECKED
    assert trade.judge()
    assert trade.result("notice.supply") is Result.GREEN
    assert not trade.judge()
    assert trade.refusal(judge, SYSTEM) is Conflict
    assert trade.cards() == []
    trade.differ()
    assert trade.result() is Result.RED
    [card] = trade.cards()
    with trade.platform.read() as session:
        shown = timeline(session, trade.project, Viewer(Audience.INSPECTOR))
    assert card.evidence == [
        str(one.record_id) for one in shown if one.facts["action"] == "notice.carry"
    ]
    assert not trade.judge()


def test_a_card_goes_from_hand_to_hand_in_order(trade: Watched) -> None:
    card = trade.red()
    answer = {"card": card, "text": "已更正。"}
    assert trade.refusal(cards.answer, trade.tenderee, **answer) is NotFound
    assert trade.refusal(cards.read, trade.department, card=card) is WrongStage
    trade.act(cards.warn, trade.department, **trade.warning(card))
    assert trade.refusal(cards.warn, trade.department, **trade.warning(card)) is WrongStage
    trade.act(cards.answer, trade.tenderee, **answer)
    assert trade.refusal(cards.answer, trade.tenderee, **answer) is WrongStage
    trade.act(cards.read, trade.department, card=card)
    trade.act(cards.annotate, trade.department, card=card, text="已电话核实。")
    ended = {"card": card, "outcome": Outcome.UPHELD, "remark": "属实，已更正"}
    trade.act(cards.close, trade.department, **ended)
    assert trade.refusal(cards.close, trade.department, **ended) is WrongStage
    [row] = trade.cards()
    assert (row.handling, row.outcome, row.answer) == ("closed", "upheld", "已更正。")
    assert trade.result() is Result.RED


def test_a_red_never_turns_green_by_itself_and_by_a_person_with_a_reason_alone(
    trade: Watched,
) -> None:
    card = trade.red()
    with trade.platform.read() as session:
        told = results(session, trade.project)[TEXTS].evidence
    blank = {"card": card, "outcome": Outcome.CLEARED, "remark": "  "}
    assert trade.refusal(cards.close, trade.department, **blank) is Invalid
    assert trade.result() is Result.RED
    trade.act(cards.close, trade.department, **{**blank, "remark": "仅标点不同"})
    assert trade.result() is Result.GREEN
    with trade.platform.read() as session:
        last = timeline(session, trade.project, Viewer(Audience.DISCIPLINE))[-1].facts
    assert last["facts"]["reason"] == "仅标点不同"
    assert not trade.judge(), "the same evidence shows no card again"
    trade.differ("centre")
    assert trade.result() is Result.RED
    assert [row.handling for row in trade.cards()] == ["todo", "closed"]
    assert told[0] in trade.cards()[0].evidence


def test_an_order_on_a_card_takes_it_along(trade: Watched) -> None:
    card = trade.red()
    order = trade.act(cards.order, trade.department, **trade.warning(card, title="公告不一致"))
    assert trade.cards(trade.tenderee)[0].handling == "warned"
    assert trade.refusal(cards.answer, trade.tenderee, card=card, text="已更正。") is WrongStage
    closing = {"card": card, "outcome": Outcome.UPHELD, "remark": "可"}
    assert trade.refusal(cards.close, trade.department, **closing) is WrongStage
    trade.act(orders.answer, trade.tenderee, order=order, text="已更正。")
    assert trade.cards()[0].handling == "answered"
    ended = {"order": order, "finding": orders.Finding.SETTLED, "remark": "已改正"}
    trade.act(orders.close, trade.department, **ended)
    assert (trade.cards()[0].handling, trade.cards()[0].remark) == ("closed", "已改正")


def test_a_red_answered_through_an_order_is_set_back_with_the_reason(trade: Watched) -> None:
    card = trade.red()
    order = trade.act(cards.order, trade.department, **trade.warning(card, title="公告不一致"))
    trade.act(orders.answer, trade.tenderee, order=order, text="仅标点不同。")
    told = {"order": order, "finding": orders.Finding.SETTLED, "outcome": Outcome.CLEARED}
    assert trade.refusal(orders.close, trade.department, **told, remark=" ") is Invalid
    for wrong in (Outcome.RESOLVED, "green"):
        given = {**told, "outcome": wrong, "remark": "可"}
        assert trade.refusal(orders.close, trade.department, **given) is Invalid
    assert trade.result() is Result.RED
    trade.act(orders.close, trade.department, **told, remark="仅标点不同")
    assert trade.result() is Result.GREEN
    [row] = trade.cards()
    assert (row.handling, row.outcome, row.remark) == ("closed", "cleared", "仅标点不同")
    with trade.platform.read() as session:
        last = timeline(session, trade.project, Viewer(Audience.INSPECTOR))[-1].facts["facts"]
    assert (last["point"], last["outcome"], last["reason"]) == (TEXTS, "cleared", "仅标点不同")
    assert not trade.judge(), "the same evidence shows no card again"


def test_an_order_without_a_card_sets_nothing_back(trade: Watched) -> None:
    given = {**trade.warning(trade.red(), title="说明", article="招标投标法 7")}
    del given["card"]
    order = trade.act(orders.issue, trade.department, **given)
    trade.act(orders.answer, trade.tenderee, order=order, text="已更正。")
    ended = {"order": order, "finding": orders.Finding.SETTLED, "remark": "可"}
    told = {**ended, "outcome": Outcome.CLEARED}
    assert trade.refusal(orders.close, trade.department, **told) is Invalid
    assert trade.result() is Result.RED
    trade.act(orders.close, trade.department, **ended)


def test_a_manual_point_found_green_ends_its_card_unless_somebody_was_told(
    trade: Watched,
) -> None:
    red = {"point": "money.fee", "result": Result.RED, "reason": "收取资料费"}
    green = {"point": "money.fee", "result": Result.GREEN, "reason": "资料费在目录内"}
    trade.act(mark, trade.department, **red)
    trade.act(mark, trade.department, **green)
    [row] = trade.cards()
    assert (row.handling, row.outcome, row.remark) == ("closed", "cleared", "资料费在目录内")
    assert trade.result("money.fee") is Result.GREEN
    trade.act(mark, trade.department, **red)
    card = next(row.id for row in trade.cards() if row.closed_at is None)
    trade.act(cards.warn, trade.department, **trade.warning(card))
    assert trade.refusal(mark, trade.department, **green) is WrongStage
    assert trade.result("money.fee") is Result.RED


def test_an_order_taken_back_leaves_its_card_to_do(trade: Watched) -> None:
    card = trade.red()
    order = trade.act(cards.order, trade.department, **trade.warning(card, title="公告不一致"))
    trade.act(orders.withdraw, trade.department, order=order, remark="误发")
    assert trade.cards()[0].handling == "todo"
    assert trade.cards(trade.tenderee) == []
    trade.act(cards.warn, trade.department, **trade.warning(card))


def test_a_manual_point_is_marked_by_its_department_with_a_reason(trade: Watched) -> None:
    told = {"point": "money.fee", "result": Result.RED, "reason": "收取资料费"}
    for actor in (trade.clerk, trade.discipline, trade.tenderee,
                  an_actor(trade.platform, Role.DEPARTMENT)):  # fmt: skip
        assert trade.refusal(mark, actor, **told) is NotAllowed
    assert trade.refusal(mark, trade.department, **{**told, "reason": " "}) is Invalid
    assert trade.refusal(mark, trade.department, **{**told, "point": "x"}) is Invalid
    assert trade.refusal(mark, trade.department, **{**told, "point": TEXTS}) is WrongStage
    trade.act(mark, trade.department, **told)
    assert trade.result("money.fee") is Result.RED
    assert [row.point for row in trade.cards()] == ["money.fee"]
    yellow = {"point": "draw.favour", "result": Result.RED, "reason": "拒绝三次"}
    assert trade.refusal(mark, trade.department, **yellow) is Invalid


def test_nobody_but_the_trades_department_handles_and_no_stranger_reads(trade: Watched) -> None:
    card = trade.red()
    foreign = an_actor(trade.platform, Role.DEPARTMENT)
    for actor in (foreign, trade.clerk, trade.discipline, trade.tenderee):
        assert trade.refusal(cards.warn, actor, **trade.warning(card)) is NotAllowed
        told = {"card": card, "outcome": Outcome.CLEARED, "remark": "无"}
        assert trade.refusal(cards.close, actor, **told) is NotAllowed
    elsewhere = Watched(trade.platform, trade.clock)
    assert elsewhere.refusal(cards.read, elsewhere.department, card=card) is NotFound
    assert [row.id for row in trade.cards(trade.discipline)] == [card]
    for actor in (trade.clerk, trade.tenderee, an_actor(trade.platform, Role.CENTRE)):
        assert trade.cards(actor) == []


def test_what_the_points_tell_is_kept_from_the_centre_and_its_bag(trade: Watched) -> None:
    card = trade.red()
    trade.act(cards.annotate, trade.department, card=card, text="待查。")

    def told(viewer: Viewer) -> list[str]:
        with trade.platform.read() as session:
            seen = timeline(session, trade.project, viewer)
        names = [one.facts["action"] for one in seen]
        return [name for name in names if name.startswith(("point.", "card."))]

    for audience in (Audience.INSPECTOR, Audience.DISCIPLINE):
        assert {"point.judge", "card.annotate"} <= set(told(Viewer(audience)))
    for viewer in (VISITOR, Viewer(Audience.CENTRE, trade.clerk.org), Viewer(Audience.FINANCE),
                   Viewer(Audience.OWNER, trade.tenderee.org)):  # fmt: skip
        assert told(viewer) == []
    with trade.platform.read() as session:
        held = custody(session, trade.project)[-1]
    assert (held.salt, held.body, held.public) == (b"", b"", False)
