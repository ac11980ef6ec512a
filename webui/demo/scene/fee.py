"""Scene 9, fees 费用收取退付: deposits in unseen; refunds by order, four eyes and bank."""

from __future__ import annotations

from datetime import datetime, timedelta

from bidding.identity import Payer, seal_payer
from bidding.terms import deadline, roster_of
from monitor.law.watch import steps
from monitor.role import SYSTEM
from trading.award.award import award_of
from trading.fee.deposit import open_account, receive
from trading.fee.due import fall_due
from trading.fee.guarantee import guarantee
from trading.fee.held import at_award, at_contract
from trading.fee.refund import approve_refund, confirm_refund, order_refund, refund_of
from trading.money import format_yuan
from trading.registration.project import found_project, trade_of
from webui.demo.play import Bidder, Play

TITLE = "九、费用收取退付 / Fees"
CARDS = {"open": "登记", "warn": "黄牌", "breach": "红牌", "close": "办结", "recount": "重计"}


def pay_deposits(it: Play) -> None:
    """Every tenderer pays its deposit; the third hands in an e-guarantee instead."""
    stage = it.stage
    stage.narrator.scene(TITLE)
    for number, bidder in enumerate(it.bidders):
        if number == 2:
            _guarantee(it, bidder)
        else:
            _transfer(it, bidder, stage.now)
    stage.say(
        "保证金到账子账户、一份电子保函；谁缴纳对任何人保密 / deposits come in, nobody sees whose"
    )


def _guarantee(it: Play, bidder: Bidder) -> None:
    with it.stage.platform.read() as session:
        until = deadline(session, it.project) + timedelta(days=150)
    it.stage.do(
        guarantee,
        bidder.actor,
        it.project,
        section=it.section,
        number=f"DEMO-BH-{bidder.mask[-8:]}",
        issuer="示例担保公司（演示）",
        amount_fen=it.plan.deposit_fen,
        valid_until=until,
    )


def _transfer(it: Play, bidder: Bidder, at: datetime) -> None:
    stage = it.stage
    bidder.sub_account = stage.do(open_account, bidder.actor, it.project, section=it.section)
    with stage.platform.read() as session:
        roster = roster_of(session, it.project)
    payer = Payer(bidder.body.name, f"1399{bidder.body.uscc[-10:]}")
    bidder.deposit = stage.do(
        receive,
        SYSTEM,
        it.project,
        number=bidder.sub_account,
        amount_fen=it.plan.deposit_fen,
        reference=f"T{bidder.sub_account}",
        received_at=at,
        sealed_payer=seal_payer(payer, roster, it.project, it.section, bidder.sub_account),
    )


def refund_all(it: Play) -> None:
    """After the contract every deposit goes back; one is late: yellow, then red, then closed."""
    stage = it.stage
    stage.narrator.scene(TITLE)
    _fall_due(it)
    stage.until(it.plan.at(41, "10:00"))
    waiting = [b for b in it.bidders if b.deposit and b.rival.manner != "withdraws"]
    late, prompt = waiting[-1], waiting[:-1]
    gains = [_refund(it, bidder) for bidder in prompt]
    stage.say(
        f"{len(prompt)} 笔退款：经办、另一人复核、银行确认，利息合计 {format_yuan(sum(gains))} / "
        "refunds by four eyes, interest to the fen"
    )
    soon = 44 if it.plan.is_works else 43
    for day, words in ((soon, "黄牌预警 / yellow card"), (47, "红牌超期 / red card")):
        stage.until(it.plan.at(day))
        cards = watch(it)
        stage.say(f"漏退一笔：{words}（{cards}）")
    gain = _refund(it, late)
    watch(it)
    stage.say(f"补退并付息 {format_yuan(gain)} 元，职责记为超期办结 / paid late, closed as late")


def _fall_due(it: Play) -> None:
    """Name what is owed back: in procurement the losers' deposits since the award (采条 33)."""
    stage = it.stage
    with stage.platform.read() as session:
        uscc = award_of(session, it.project, it.section).uscc
        causes = {
            "award.issue": not it.plan.is_works and at_award(session, it.project, it.section, uscc),
            "contract.sign": at_contract(session, it.project, it.section, uscc, stage.now),
        }
    for cause, owed in causes.items():
        if owed:
            stage.do(fall_due, SYSTEM, it.project, section=it.section, cause=cause)


def _refund(it: Play, bidder: Bidder) -> int:
    """Order, approve by another person, let the bank pay, confirm; return the interest in fen."""
    stage, cast = it.stage, it.cast
    if bidder.deposit is None:
        return 0
    refund = stage.do(order_refund, cast.cashier, it.project, deposit=bidder.deposit)
    refusal = stage.refused(approve_refund, cast.cashier, it.project, refund=refund)
    if refusal.code != "not_allowed":
        raise refusal
    stage.do(approve_refund, cast.cashier_two, it.project, refund=refund)
    stage.do(confirm_refund, SYSTEM, it.project, refund=refund, reference=f"R{bidder.sub_account}")
    with stage.platform.read() as session:
        return refund_of(session, refund).interest_fen


def watch(it: Play) -> str:
    """Let the watch show every card that is due; return which colours it showed."""
    stage = it.stage
    shown = []
    with stage.platform.read() as session:
        trade = trade_of(found_project(session, it.project))
        due = steps(session, it.project, trade, stage.now)
    for step in due:
        stage.do(step.action, SYSTEM, it.project, owed=step.owed)
        shown.append(CARDS[step.action.name.split(".")[1]])
    return "、".join(word for word in CARDS.values() if word in shown) or "无 / none"
