"""Scene 7, evaluation 评标: sheets by each expert alone, one formula, signatures, the report."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from bidding.evaluation.method import Method, set_method, start
from bidding.evaluation.report import report
from bidding.evaluation.sheet import Ground, reject, score
from bidding.evaluation.signature import sign
from bidding.opened import OpenedBid, opened_bids
from bidding.scoring import Formula, PriceRule
from bidding.terms import deadline
from experts.panel.promise import promise, statement_digest
from trading.award.ranking import ranking
from trading.money import format_yuan
from webui.demo.play import Play

TITLE = "七、评标 / Evaluation"
WORKS = Method(
    {"technical": 4000, "record": 1000},
    PriceRule(Formula.BENCHMARK, 5000, above=100, below=50, lowered=200),
)
PROCUREMENT = Method({"technical": 5000, "record": 1500}, PriceRule(Formula.LOWEST, 3500))


def publish_method(it: Play) -> None:
    """Publish how bids will be scored, with the tender documents."""
    method = WORKS if it.plan.is_works else PROCUREMENT
    it.stage.do(set_method, it.cast.owner, it.project, section=it.section, method=method)
    it.stage.say("评标办法与公式随招标文件公布 / the method is published before anybody bids")


def play(it: Play) -> None:
    """Every expert scores alone and signs; the report computes, nobody types a total."""
    stage = it.stage
    stage.narrator.scene(TITLE)
    with stage.platform.read() as session:
        stage.until(deadline(session, it.project) + timedelta(hours=4))
        bids = opened_bids(session, it.project, it.section)
    stage.do(start, it.cast.owner, it.project, section=it.section)
    for mask, actor in it.experts.items():
        stage.do(
            promise, actor, it.project, section=it.section, statement=statement_digest(),
            secret=it.seat_secrets[mask],
        )  # fmt: skip
    # A bid falls by the majority of votes; only then is nobody asked for a sheet of it.
    over = [bid for bid in bids if bid.price > it.plan.ceiling_fen]
    for mask in it.experts:
        for bid in over:
            _reject(it, mask, bid)
    for mask in it.experts:
        _judge(it, mask, [bid for bid in bids if bid not in over])
    stage.say(f"{len(it.experts)} 名专家独立打分并签名 / each expert scores alone and signs")
    chair = next(iter(it.experts))
    digest = stage.do(
        report,
        it.experts[chair],
        it.project,
        section=it.section,
        secret=it.seat_secrets[chair],
    )
    with stage.platform.read() as session:
        order = ranking(session, it.project, it.section)
    if fallen := sum(row.rank is None for row in order):
        stage.say(f"{fallen} 份报价高于最高限价，全体否决 / rejected: above the price ceiling")
    for row in [row for row in order if row.rank is not None][:3]:
        stage.say(f"第 {row.rank} 名 {row.name} {format_yuan(row.price_fen or 0)} 得分 {row.score}")
    stage.say(f"评标报告摘要 {digest[:16]}… 入录 / the report's digest is on record")


def _judge(it: Play, mask: str, bids: list[OpenedBid]) -> None:
    actor, secret = it.experts[mask], it.seat_secrets[mask]
    method = WORKS if it.plan.is_works else PROCUREMENT
    for bid in bids:
        points = {
            code: _points(f"{mask} {bid.uscc} {code}", full)
            for code, full in method.criteria.items()
        }
        it.stage.do(
            score,
            actor,
            it.project,
            section=it.section,
            bid=bid.bid,
            points=points,
            secret=secret,
        )
    it.stage.do(sign, actor, it.project, section=it.section, secret=secret)


def _reject(it: Play, mask: str, bid: OpenedBid) -> None:
    """Vote against a price above the ceiling (招标投标法实施条例 51; 87号令 63)."""
    it.stage.do(
        reject,
        it.experts[mask],
        it.project,
        section=it.section,
        bid=bid.bid,
        ground=Ground.PRICE,
        reason="报价高于最高限价 / above the price ceiling",
        secret=it.seat_secrets[mask],
    )


def _points(seed: str, full: int) -> int:
    """Return invented points between 70 and 100 % of the full ones, to the half point."""
    share = 70 + hashlib.sha256(seed.encode()).digest()[0] % 31
    return full * share // 100 // 50 * 50
