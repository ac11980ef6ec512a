"""The evaluation: each member alone, nothing after the signature, nobody types a total."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bidding.correction import Quote, Written
from bidding.evaluation.method import Evaluation
from bidding.evaluation.price import confirm_price, correct_price
from bidding.evaluation.report import break_tie, report
from bidding.evaluation.sheet import Ground, reject, score
from bidding.evaluation.signature import note_refusal
from bidding.opened import OpenedBid
from monitor.record.disclosure import VISITOR, Audience, Viewer, timeline
from monitor.refusal import Conflict, Invalid, NotAllowed, NotFound, WrongStage
from monitor.role import Role
from tests.bidding.evaluations import GOOD, Committee, a_committee
from tests.builders import an_actor, the_act
from tests.experts.drawing import DrawingPool, seen_by
from trading.award.ranking import ranking
from trading.registration.party import Organisation

PRICES = (90_000, 100_000, 120_000, 95_000)
POINTS: tuple[dict[str, int], ...] = (
    {"technical": 2000, "schedule": 500},
    {"technical": 3000, "schedule": 1000},
    {"technical": 2900, "schedule": 900},
    {"technical": 2500, "schedule": 800},
)


@pytest.fixture
def committee(pool: DrawingPool, tmp_path: Path) -> Committee:
    return a_committee(pool, tmp_path, PRICES)


def report_by(committee: Committee, mask: str) -> str:
    hall = committee.hall
    return hall.platform.perform(
        report,
        committee.members[mask],
        hall.project,
        section=hall.section,
        secret=hall.secrets[mask],
    )


def test_scores_become_a_ranking_of_three_candidates_by_the_formula_alone(
    committee: Committee,
) -> None:
    committee.score_all(POINTS)
    for mask in committee.masks[1:]:
        committee.sign(mask)
    with pytest.raises(WrongStage, match="not signed"):
        report_by(committee, committee.masks[1])
    committee.sign(committee.masks[0], dissent="对第二名的业绩有异议")
    digest = report_by(committee, committee.masks[1])
    hall = committee.hall
    with hall.platform.read() as session:
        places = ranking(session, hall.project, hall.section)
        [row] = session.scalars(select(Evaluation).where(Evaluation.section == hall.section))
        acts = [one.facts for one in timeline(session, hall.project, VISITOR)]
    # 60 × 90,000 / price + 30 + 10: 85.00, 94.00, 83.00, 89.84
    assert [(one.score, one.price_fen) for one in places] == [
        ("94.00", 100_000),
        ("89.84", 95_000),
        ("85.00", 90_000),
        ("83.00", 120_000),
    ]
    assert row.report is not None
    assert len(row.report["candidates"]) == 3
    told = acts[-1]
    assert told["action"] == "evaluation.report"
    assert (told["facts"]["sha256"], told["facts"]["dissents"]) == (digest, 1)
    assert "works.candidates_number" in told["rules"]
    public = seen_by(hall, Audience.PUBLIC)
    assert "异议" not in public
    assert "94.00" not in public
    with pytest.raises(WrongStage, match="report is in"):
        report_by(committee, committee.masks[1])


def test_a_sheet_is_ones_own_complete_in_range_and_fixed_by_the_signature(
    committee: Committee,
) -> None:
    first, second = committee.masks[:2]
    bid = committee.bids[0]
    for wrong in (
        {"technical": 3001, "schedule": 0},
        {"technical": -1, "schedule": 0},
        {"technical": 1},
        {**GOOD, "gift": 1},
        {"technical": True, "schedule": 0},
    ):
        with pytest.raises(Invalid):
            committee.score(first, bid, wrong)
    with pytest.raises(NotFound):
        committee.score(first, committee.hall.project)
    committee.score(first, bid, {"technical": 1, "schedule": 1})
    committee.score(first, bid, GOOD)
    with pytest.raises(WrongStage, match="not scored"):
        committee.sign(first)
    for other in committee.bids[1:]:
        committee.score(first, other)
    committee.sign(first)
    with pytest.raises(WrongStage, match="signed"):
        committee.score(first, bid, POINTS[0])
    with pytest.raises(WrongStage, match="signed"):
        committee.sign(first)
    thief: dict[str, Any] = {"section": committee.hall.section, "bid": bid, "points": GOOD}
    hall = committee.hall
    for secret in (hall.secrets[first], bytes(32)):
        with pytest.raises(NotAllowed):
            hall.platform.perform(
                score, committee.members[second], hall.project, **thief, secret=secret
            )
    stranger = an_actor(hall.platform, Role.EXPERT, mask=second)
    with pytest.raises(NotAllowed):
        hall.platform.perform(score, stranger, hall.project, **thief, secret=hall.secrets[second])


def test_before_the_result_no_audience_sees_a_score_but_its_own_member(
    committee: Committee,
) -> None:
    hall, mask = committee.hall, committee.masks[0]
    committee.score(mask, committee.bids[0], {"technical": 1234, "schedule": 567})
    for audience in set(Audience) - {Audience.PARTY}:
        assert '"technical":1234' not in seen_by(hall, audience)
    own = Viewer(Audience.PUBLIC, masks=frozenset({mask}))
    other = Viewer(Audience.PUBLIC, masks=frozenset({committee.masks[1]}))
    with hall.platform.read() as session:
        mine = [one.facts["facts"] for one in timeline(session, hall.project, own)]
        theirs = [one.facts["action"] for one in timeline(session, hall.project, other)]
    assert {"technical": 1234, "schedule": 567} in [facts.get("points") for facts in mine]
    assert "evaluation.score" not in theirs
    the_act(hall.platform, "award.issue", hall.project)
    assert '"technical":1234' in seen_by(hall, Audience.INSPECTOR)
    assert '"technical":1234' not in seen_by(hall, Audience.PUBLIC)


def test_a_bid_falls_by_the_majority_with_a_reason_and_is_ranked_no_more(
    committee: Committee,
) -> None:
    hall, bad = committee.hall, committee.bids[1]
    committee.score_all(POINTS)

    def vote(mask: str, reason: str = "未按规定签字") -> None:
        hall.platform.perform(
            reject,
            committee.members[mask],
            hall.project,
            section=hall.section,
            bid=bad,
            ground=Ground.UNSIGNED,
            reason=reason,
            secret=hall.secrets[mask],
        )

    with pytest.raises(Invalid):
        vote(committee.masks[0], " ")
    for mask in committee.masks[:3]:
        vote(mask)
    with pytest.raises(Conflict):
        vote(committee.masks[0])
    for mask in committee.masks[:4]:
        committee.sign(mask)
    last = committee.masks[4]
    hall.platform.perform(note_refusal, hall.centre, hall.project, section=hall.section, mask=last)
    with pytest.raises(WrongStage):
        committee.sign(last)
    report_by(committee, committee.masks[0])
    with hall.platform.read() as session:
        places = ranking(session, hall.project, hall.section)
    assert [one.rank for one in places] == [1, 2, 3, None]
    assert places[-1].reason == "unsigned: 未按规定签字"
    # The rejected price no longer counts; the lowest one still sets the base.
    assert places[0].price_fen == 95_000


def test_two_votes_of_five_reject_nothing(committee: Committee) -> None:
    hall = committee.hall
    committee.score_all(POINTS)
    for mask in committee.masks[:2]:
        hall.platform.perform(
            reject,
            committee.members[mask],
            hall.project,
            section=hall.section,
            bid=committee.bids[1],
            ground=Ground.PRICE,
            reason="低于成本",
            secret=hall.secrets[mask],
        )
    for mask in committee.masks:
        committee.sign(mask)
    report_by(committee, committee.masks[0])
    with hall.platform.read() as session:
        assert ranking(session, hall.project, hall.section)[0].price_fen == 100_000


def test_equal_bids_wait_for_dice_that_fall_after_all_signed(
    pool: DrawingPool, tmp_path: Path
) -> None:
    committee = a_committee(pool, tmp_path, (100_000, 100_000, 120_000))
    hall = committee.hall
    committee.score_all([GOOD, GOOD, GOOD])
    dice: dict[str, Any] = {"section": hall.section, "digits": "314159265358979323846264"}
    with pytest.raises(WrongStage, match="not signed"):
        hall.platform.perform(break_tie, hall.inspector, hall.project, **dice)
    for mask in committee.masks:
        committee.sign(mask)
    with pytest.raises(WrongStage, match="equal"):
        report_by(committee, committee.masks[0])
    with pytest.raises(Invalid):
        hall.platform.perform(
            break_tie, hall.inspector, hall.project, section=hall.section, digits="1" * 23
        )
    hall.platform.perform(break_tie, hall.inspector, hall.project, **dice)
    with pytest.raises(Conflict):
        hall.platform.perform(break_tie, hall.inspector, hall.project, **dice)
    report_by(committee, committee.masks[0])
    with hall.platform.read() as session:
        places = ranking(session, hall.project, hall.section)
    assert [one.rank for one in places] == [1, 2, 3]
    assert places[2].price_fen == 120_000


def test_a_price_error_is_corrected_by_the_committee_and_confirmed_by_its_bidder_alone(
    pool: DrawingPool, tmp_path: Path
) -> None:
    committee = a_committee(pool, tmp_path, PRICES, torn={0})
    hall, bid, mask = committee.hall, committee.bids[0], committee.masks[0]
    committee.score_all(POINTS)
    own: dict[str, Any] = {"section": hall.section, "bid": bid, "secret": hall.secrets[mask]}
    torn = Quote(Written(90_000, 99_000), Written(90_000, 99_000))
    for wrong in (Quote(Written(1, 2), Written(1, 2)), Quote(Written(90_000), Written(90_000))):
        with pytest.raises(Invalid):
            hall.platform.perform(
                correct_price, committee.members[mask], hall.project, **own, quote=wrong
            )
    price = hall.platform.perform(
        correct_price, committee.members[mask], hall.project, **own, quote=torn
    )
    assert price == 99_000
    for one in committee.masks:
        committee.sign(one)
    with pytest.raises(WrongStage, match="not corrected and confirmed"):
        report_by(committee, mask)
    with hall.platform.read() as session:
        row = session.scalars(select(OpenedBid).where(OpenedBid.bid == bid)).one()
        [org] = session.scalars(select(Organisation.id).where(Organisation.uscc == row.uscc))
    told: dict[str, Any] = {"section": hall.section, "bid": bid, "price": 99_000}
    rival = an_actor(hall.platform, Role.TENDERER)
    with pytest.raises(NotAllowed):
        hall.platform.perform(confirm_price, rival, hall.project, **told)
    bidder = an_actor(hall.platform, Role.TENDERER, org)
    with pytest.raises(Invalid):
        hall.platform.perform(confirm_price, bidder, hall.project, **{**told, "price": 90_000})
    hall.platform.perform(confirm_price, bidder, hall.project, **told)
    report_by(committee, mask)
    with hall.platform.read() as session:
        prices = {one.price_fen for one in ranking(session, hall.project, hall.section)}
    assert prices == {95_000, 99_000, 100_000, 120_000}
