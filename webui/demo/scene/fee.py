"""Scene 9, fees 费用收取退付: deposits in unseen; refunds by order, four eyes and bank."""

from __future__ import annotations

from datetime import datetime, timedelta

from bidding.hall.ceremony import Payer, seal_payer
from bidding.terms import deadline, roster_of
from monitor.role import SYSTEM
from trading.fee.deposit import open_account, receive
from trading.fee.guarantee import guarantee
from webui.demo.play import Bidder, Play


def pay_deposits(it: Play) -> None:
    """Every tenderer pays its deposit; the third hands in an e-guarantee instead."""
    stage = it.stage
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
