"""A trade that stands still: by its category's department alone, obeyed by every act at once."""

from datetime import datetime, timedelta

import pytest

from monitor.clock import MovableClock
from monitor.record.disclosure import VISITOR, timeline
from monitor.record.platform import Platform
from monitor.record.suspension import Suspended, goes_on
from monitor.refusal import Conflict, Invalid, NotAllowed, NotFound, TooEarly, WrongStage
from monitor.role import SYSTEM, Role
from tests.builders import a_participation, a_standing, an_actor, the_act
from tests.trading.projects import an_issued_trade
from tests.trading.supervision.desk import Desk
from trading.notice.document import document_of
from trading.notice.moment import ARCHIVED
from trading.notice.participation import join
from trading.notice.progress import confirm_stage, stage_of
from trading.supervision.order import issue
from trading.supervision.standstill.suspension import resume, suspend

TOLD = {"article": "招标投标法实施条例 62", "reason": "投诉需要查证"}
HOURS = timedelta(hours=50)


class Halted(Desk):
    """A trade whose documents are out, and the department that may halt it."""

    def __init__(self, platform: Platform, clock: MovableClock) -> None:
        super().__init__(platform, clock, an_issued_trade(platform))

    def deadline(self) -> datetime:
        with self.platform.read() as session:
            found = document_of(session, self.project)
        assert found is not None
        return found.deadline


@pytest.fixture
def trade(platform: Platform, clock: MovableClock) -> Halted:
    return Halted(platform, clock)


def test_nobody_but_the_categorys_own_department_suspends_or_resumes(trade: Halted) -> None:
    platform = trade.platform
    discipline = an_actor(platform, Role.DISCIPLINE)
    # the centre seats another category's department in the trade: that makes it competent for nothing
    land = a_standing(platform, trade.project, an_actor(platform, Role.DEPARTMENT, category="land"))
    # a colleague of the very same department whose office is another category's
    colleague = an_actor(platform, Role.DEPARTMENT, trade.department.org, category="land")
    stranger = an_actor(platform, Role.DEPARTMENT)
    for actor in (discipline, colleague, stranger, land, trade.clerk, trade.tenderee, SYSTEM):
        assert trade.refusal(suspend, actor, **TOLD) is NotAllowed, actor.role
    trade.act(suspend, trade.department, **TOLD)
    for actor in (discipline, colleague, stranger, trade.clerk, trade.tenderee):
        assert trade.refusal(resume, actor, reason="可以") is NotAllowed, actor.role
    trade.act(resume, trade.department, reason="已查清")


def test_every_act_of_the_trade_is_refused_at_once_and_supervisions_own_go_on(
    trade: Halted,
) -> None:
    trade.act(suspend, trade.department, **TOLD)
    refused = trade.refused(join, an_actor(trade.platform, Role.TENDERER, mask="p-" + "0" * 32),
                            public_key=bytes(32), sealed_identity=b"x")  # fmt: skip
    assert type(refused) is Suspended
    assert refused.rule == TOLD["article"]
    assert trade.refusal(suspend, trade.department, **TOLD) is Conflict
    trade.act(
        issue, trade.department, addressee=trade.tenderee.org, role=Role.TENDEREE, title="说明",
        text="请说明。", article="招标投标法 7", limit=trade.clock.now() + HOURS,
    )  # fmt: skip
    assert trade.act(confirm_stage, SYSTEM) == "suspended"
    trade.act(resume, trade.department, reason="已查清")
    a_participation(trade.platform, trade.project)
    with trade.platform.read() as session:
        assert stage_of(session, trade.project, trade.clock.now()) == "bidding"
        public = [one.facts["action"] for one in timeline(session, trade.project, VISITOR)]
    assert {"project.suspend", "project.resume"} <= set(public)


def test_time_stands_still_with_the_trade(trade: Halted) -> None:
    before = trade.deadline()
    trade.act(suspend, trade.department, **TOLD)
    assert trade.refusal(resume, trade.department, reason=" ") is Invalid
    trade.clock.wait(HOURS)
    early = trade.refused(resume, trade.department, reason="已查清", deadline=before)
    assert type(early) is TooEarly
    assert trade.deadline() == before
    moved = trade.act(resume, trade.department, reason="已查清")
    assert trade.deadline() == moved == before + HOURS
    assert trade.refusal(resume, trade.department, reason="再恢复") is NotFound
    with trade.platform.read() as session:
        facts = timeline(session, trade.project, VISITOR)[-1].facts["facts"]
    assert datetime.fromisoformat(facts["deadline_after"]) == moved


def test_the_department_may_give_more_time_than_was_lost(trade: Halted) -> None:
    before = trade.deadline()
    trade.act(suspend, trade.department, **TOLD)
    later = before + 10 * HOURS
    assert trade.act(resume, trade.department, reason="已查清", deadline=later) == later
    assert trade.deadline() == later


def test_a_trade_whose_file_is_closed_is_not_suspended(trade: Halted) -> None:
    the_act(trade.platform, ARCHIVED, trade.project)
    assert trade.refusal(suspend, trade.department, **TOLD) is WrongStage


def test_another_trade_goes_on(trade: Halted, platform: Platform, clock: MovableClock) -> None:
    other = Halted(platform, clock)
    trade.act(suspend, trade.department, **TOLD)
    bidder = an_actor(platform, Role.TENDERER, mask="p-" + "0" * 32)
    told = {"public_key": bytes(32), "sealed_identity": b"x"}
    assert trade.refusal(join, bidder, **told) is Suspended
    a_participation(platform, other.project)
    assert other.act(confirm_stage, SYSTEM) == "bidding"


@pytest.mark.parametrize(
    "action", ["bid.submit", "arrival.stamp", "opening.close", "opening.release", "award.issue",
               "draw.open", "evaluation.score", "deposit.order_refund", "clarification.issue"],
)  # fmt: skip
def test_no_step_of_a_trade_is_among_what_goes_on(action: str) -> None:
    assert not goes_on(action)
