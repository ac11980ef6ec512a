"""Dealing 密钥分存: each trustee's machine deals its own key to the other seats, before any loss.

What is dealt is the trustees' keys and never a bid: a resharing of bids before CLOSE would tell
their number, and after CLOSE whoever could reshare them could as well open them.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from bidding.envelope.document import EnvelopeError
from bidding.envelope.roster import Roster
from bidding.envelope.trustee.keydeal import KeyDeal, can_be_dealt, read_deal
from bidding.hall.succession.place import is_open
from bidding.terms import roster_of
from monitor.record.act import Act
from monitor.record.action import action
from monitor.record.identity import new_id
from monitor.refusal import Conflict, Invalid, WrongStage
from monitor.role import Role
from trading.notice.dealt_key import RULE, DealtKey, require_one_set
from trading.notice.document import TenderDocument
from trading.notice.moment import required_project

DEAL = "key.deal"


@action(DEAL, by=(Role.TRUSTEE,))
def deal(act: Act, *, document: bytes) -> UUID:
    """Take a machine's key, dealt to the seats of this trade and signed; return the row's id.

    Raises WrongStage once all sections are unlocked, Invalid for a deal that does not hold or a
    roster whose others are no quorum, Conflict for a second one, or for a key of another set too.
    """
    project = required_project(act.project)
    act.require(
        is_open(act.session, project), WrongStage("开标已完成 / all sections are opened", rule=RULE)
    )
    roster = roster_of(act.session, project)
    act.require(
        can_be_dealt(roster),
        Invalid("document", "门限等于席位数，不能分存 / every seat is needed: none can be dealt",
                rule=RULE),
    )  # fmt: skip
    try:
        found = read_deal(document, roster, str(project))
    except EnvelopeError as fault:
        raise Invalid("document", f"密钥分存有误 / {fault}", rule=RULE) from fault
    _require_own_set(act, roster, found)
    act.on_conflict(
        "dealt_key_project_recipient_key",
        lambda _: Conflict("此密钥已分存 / this key was dealt already", rule=RULE),
    )
    row = DealtKey(
        id=new_id(act.now), project=project, seat=found.seat.index,
        recipient=found.device.recipient, roster=roster.digest, document=document,
    )  # fmt: skip
    act.session.add(row)
    act.note(
        subject=str(row.id), seat=row.seat, trustee=found.seat.name, recipient=row.recipient,
        trustees=roster.digest, digest=found.digest,
        commitments=[each.hex() for each in found.capsule.commitments],
    )  # fmt: skip
    return row.id


def _require_own_set(act: Act, roster: Roster, found: KeyDeal) -> None:
    recipient = found.device.recipient
    require_one_set(act.session, roster.digest, [recipient])
    named = select(TenderDocument.id).where(
        TenderDocument.trustees.contains(recipient),
        TenderDocument.trustees_digest != bytes.fromhex(roster.digest),
    )
    act.require(
        act.session.scalar(named.limit(1)) is None,
        Conflict(
            "此密钥另列于别的名册，不能分存：请另备密钥 / "
            "this key stands in another set of trustees too and cannot be dealt: use another key",
            rule=RULE,
        ),
    )
