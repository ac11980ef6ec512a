"""The report: totals by the formula, a ranking, at most three candidates; public by its digest.

All members' sheets count and all have signed, dissented or were noted (条例 53; 87号令 64). The
computing is bidding/scoring.py's; nobody types a total.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from bidding.evaluation.method import Evaluation, State, method_of, open_evaluation
from bidding.evaluation.price import prices_of
from bidding.evaluation.sheet import (
    EvaluationSignature,
    RejectionVote,
    rejected_bids,
    sheets_of,
)
from bidding.opened import OpenedBid, opened_bids
from bidding.scoring import Line, Placed, TieOpen, candidates, price_points, quality_points, rank
from experts.ceremony.header import checked
from experts.draw import seed
from experts.draw.encoding import H
from experts.panel.attendance import own_seat
from monitor.law.limit import demand
from monitor.log.canonical import canonical
from monitor.record.act import Act
from monitor.record.action import action
from monitor.record.identity import secret_id
from monitor.refusal import Conflict, NotAllowed, WrongStage
from monitor.role import Role
from trading.award.ranking import Ranked, record_ranking
from trading.registration.project import found_project, rules_for


@action("evaluation.break_tie", by=(Role.DEPARTMENT,))
def break_tie(act: Act, *, section: UUID, digits: str) -> None:
    """Enter 24 witnessed dice that order equal bids, once, after all signed (87号令 57, 68).

    Raises WrongStage where nothing is equal, Conflict the second time, Invalid.
    """
    evaluation = open_evaluation(act, section)
    act.require(evaluation.dice is None, Conflict("已抽取 / drawn already", field="digits"))
    _signatures(act, evaluation)
    with checked():
        seed.dice(digits)
    try:
        _placed(act, evaluation)
    except TieOpen:
        evaluation.dice = digits
        act.note(subject=str(evaluation.id), section=str(section), digits=digits)
        return
    raise WrongStage("没有并列 / nothing is equal", field="section")


@action("evaluation.report", by=(Role.EXPERT,))
def report(act: Act, *, section: UUID, secret: bytes) -> str:
    """Hand in the report as a drawn expert of the committee; return its sha256 in hex.

    The public body holds the digest and counts; the content is a private fact, disclosed as
    disclosure.toml says. Raises WrongStage while a member has not signed or a tie stands,
    NotAllowed for an owner's delegate or another's seat, Invalid.
    """
    seat = own_seat(act, section, secret)
    act.require(
        seat.is_expert, NotAllowed("业主代表不得任组长 / no delegate chairs", rule="87号令 47")
    )
    evaluation = open_evaluation(act, section)
    signatures = _signatures(act, evaluation)
    try:
        placed = _placed(act, evaluation)
    except TieOpen as tie:
        raise WrongStage(f"须抽取决定顺序 / {tie}", rule="87号令 57", field="digits") from tie
    chosen = candidates(placed)
    _demand_candidates(act, len(chosen))
    content = _content(act, evaluation, placed, signatures)
    digest = hashlib.sha256(canonical(content)).digest()
    evaluation.state, evaluation.report, evaluation.digest = State.REPORTED.value, content, digest
    record_ranking(act, section, digest, _ranked(act, evaluation, placed))
    act.note_private(report=content)
    act.note(
        subject=str(evaluation.id), section=str(section), sha256=digest.hex(),
        members=evaluation.members, candidates=len(chosen),
        dissents=sum(one.stance == "dissents" for one in signatures),
    )  # fmt: skip
    return digest.hex()


def _signatures(act: Act, evaluation: Evaluation) -> Sequence[EvaluationSignature]:
    rows = act.session.scalars(
        select(EvaluationSignature)
        .where(EvaluationSignature.evaluation == evaluation.id)
        .order_by(EvaluationSignature.mask)
    ).all()
    act.require(
        len(rows) == evaluation.members,
        WrongStage("尚有成员未签名 / a member has not signed", rule="招标投标法实施条例 53"),
    )
    return rows


def _valid(act: Act, evaluation: Evaluation) -> list[OpenedBid]:
    gone = rejected_bids(act.session, evaluation)
    rows = opened_bids(act.session, evaluation.project, evaluation.section)
    return [row for row in rows if row.bid not in gone]


def _placed(act: Act, evaluation: Evaluation) -> tuple[Placed, ...]:
    valid = _valid(act, evaluation)
    if not valid:
        return ()
    masks = [row.mask for row in _signatures(act, evaluation)]
    sheets = [sheets_of(act.session, evaluation, mask) for mask in masks]
    method = method_of(act.session, evaluation.project, evaluation.section)
    prices = prices_of(act.session, evaluation, valid)
    points = price_points(method.price, prices)
    lines = [
        Line(bid, price, points[bid], quality_points([sheet[UUID(bid)] for sheet in sheets]))
        for bid, price in prices.items()
    ]
    return rank(lines, _drawn(evaluation, [line.bid for line in lines]))


def _drawn(evaluation: Evaluation, bids: Sequence[str]) -> list[str]:
    """Return the bids in the order of the dice; nothing without dice."""
    if evaluation.dice is None:
        return []
    dice = evaluation.dice.encode()
    return sorted(bids, key=lambda bid: H("tie", dice, evaluation.id.bytes, bid.encode()))


def _demand_candidates(act: Act, number: int) -> None:
    project = found_project(act.session, act.project)
    rules = rules_for(project, act.now).between("evaluation.report", "evaluation.report")
    for rule in rules:
        demand(rule, "candidates", number)
        act.used_rule(rule.id, rules.version)


def _content(
    act: Act,
    evaluation: Evaluation,
    placed: Sequence[Placed],
    signatures: Sequence[EvaluationSignature],
) -> dict[str, Any]:
    method = method_of(act.session, evaluation.project, evaluation.section)
    return {
        "candidates": [one.line.bid for one in candidates(placed)],
        "dice": evaluation.dice or "",
        "members": [[one.mask, one.stance, one.dissent, one.digest.hex()] for one in signatures],
        "method": method.value(),
        "ranking": [
            {
                "bid": one.line.bid,
                "place": one.place,
                "price": str(one.line.price),
                "price_points": one.line.price_points,
                "quality_points": one.line.quality_points,
                "total": one.line.total,
            }
            for one in placed
        ],
        "rejected": _reasons(act, evaluation),
        "salt": secret_id().hex,  # so that the public digest cannot be tried out
        "section": str(evaluation.section),
    }


def _reasons(act: Act, evaluation: Evaluation) -> list[dict[str, str]]:
    """Return the ground and reason of each rejected bid: the first voter's by pseudonym."""
    gone = rejected_bids(act.session, evaluation)
    votes = act.session.scalars(
        select(RejectionVote)
        .where(RejectionVote.evaluation == evaluation.id, RejectionVote.bid.in_(gone))
        .order_by(RejectionVote.bid, RejectionVote.mask.desc())
    )
    return list(
        {
            vote.bid: {"bid": str(vote.bid), "ground": vote.ground, "reason": vote.reason}
            for vote in votes
        }.values()
    )


def _ranked(act: Act, evaluation: Evaluation, placed: Sequence[Placed]) -> list[Ranked]:
    rows = {
        str(row.bid): row
        for row in opened_bids(act.session, evaluation.project, evaluation.section)
    }
    first = [
        Ranked(
            uscc=rows[one.line.bid].uscc,
            name=rows[one.line.bid].name,
            rank=one.place,
            price_fen=one.line.price,
            score=f"{one.line.total // 100}.{one.line.total % 100:02d}",
        )
        for one in placed
    ]
    rest = [
        Ranked(
            uscc=rows[one["bid"]].uscc,
            name=rows[one["bid"]].name,
            rank=None,
            price_fen=rows[one["bid"]].price,
            score="",
            reason=f"{one['ground']}: {one['reason']}",
        )
        for one in _reasons(act, evaluation)
    ]
    return [*first, *rest]
