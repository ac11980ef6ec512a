"""Pieces of a key that are none: proven false by a proof that everybody can repeat, or rejected.

A rejection proves nothing and tells nothing of the file: one that does not open may be a copy of
something else that was sealed to its reader, which a proof would open.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from bidding.envelope.document import EnvelopeError, digest
from bidding.envelope.roster import Device
from bidding.envelope.trustee import keydeal
from bidding.envelope.trustee.keydeal import judge_piece, read_deal, read_handed
from bidding.hall.succession.piece import FalsePiece, HandedPiece, confirmed, deal_of, good
from bidding.hall.succession.place import Succession, successors
from bidding.terms import roster_of
from monitor.record.act import Act
from monitor.record.action import action
from monitor.record.identity import new_id
from monitor.refusal import Conflict, Invalid, NotAllowed, NotFound
from monitor.role import Role
from trading.notice.dealt_key import RULE, DealtKey
from trading.notice.moment import required_project

BLAME, REJECT = "key.blame", "succession.reject"


@action(BLAME, by=(Role.TRUSTEE,))
def blame(act: Act, *, about: UUID, document: bytes) -> str:
    """Put on record that a piece is false, by its reader's proof; return what is wrong with it.

    about: the dealt key, or the piece handed on. The record names the seat that made it. Raises
    NotFound, Invalid for a proof that shows nothing or a true piece, Conflict for a second one.
    """
    project = required_project(act.project)
    act.attempt(subject=str(about))
    try:
        named, reader, gap = _judged(act.session, project, about, document)
    except EnvelopeError as fault:
        raise Invalid("document", f"不成立 / {fault}", rule=RULE) from fault
    act.on_conflict(
        "false_piece_about_reader_key",
        lambda _: Conflict("已证明有误 / this was proven already", rule=RULE),
    )
    act.session.add(
        FalsePiece(
            id=new_id(act.now), project=project, about=about, reader=reader.recipient, seat=named,
            gap=gap, document=document,
        )
    )  # fmt: skip
    act.note(subject=str(about), seat=named, reader=reader.recipient, shown=gap)
    return gap


@action(REJECT, by=(Role.TRUSTEE,))
def reject(act: Act, *, about: UUID, document: bytes) -> None:
    """Set a piece aside by its successor's signed word that it does not open or fit: no proof.

    The piece counts no more, and its seat may hand another on; the record names both. Raises
    NotFound, NotAllowed for anybody but the successor, WrongStage, Invalid, Conflict.
    """
    piece = act.session.get(HandedPiece, about)
    if piece is None:
        raise NotFound("没有此分片 / no such piece", field="about", rule=RULE)
    row = confirmed(act, piece.succession)
    act.require(
        act.actor.person == row.person,
        NotAllowed("仅限接任人本人 / only the successor itself", rule=RULE),
    )
    try:
        keydeal.check_reject(document, row.accepted.device, digest(piece.document))
    except EnvelopeError as fault:
        raise Invalid("document", f"不成立 / {fault}", rule=RULE) from fault
    act.require(
        piece in good(act.session, row),
        Conflict("此分片已不计入 / this piece counts no more already", rule=RULE),
    )
    piece.rejected = document
    act.note(
        subject=str(about), succession=str(row.id), seat=row.seat, by=piece.seat, name=row.name,
        piece=digest(piece.document), digest=digest(document),
    )  # fmt: skip


def _judged(
    session: Session, project: UUID, about: UUID, document: bytes
) -> tuple[int, Device, str]:
    """Return the seat at fault, the machine that proved it, and what is wrong."""
    dealt = session.get(DealtKey, about)
    if dealt is not None and dealt.project == project:
        roster = roster_of(session, project)
        found = read_deal(dealt.document, roster, str(project))
        reader = keydeal.blamer(document)
        seat = roster.seat_of(reader, successors(session, project))
        if seat is None:
            raise keydeal.KeyDealError("pieceblame: 不是受托人的设备 / no trustee's device")
        file = found.capsule.shares[seat.index - 1]
        gap = judge_piece(document, reader, file, found.digest, found, seat.index)
        return found.seat.index, reader, gap.value
    piece = session.get(HandedPiece, about)
    row = session.get(Succession, piece.succession) if piece else None
    if piece is None or row is None or row.project != project:
        raise NotFound("没有此分片 / no such piece", field="about", rule=RULE)
    roster, deal = deal_of(session, row)
    told = read_handed(piece.document, roster, successors(session, project), deal, row.accepted)
    reader = row.accepted.device
    gap = judge_piece(document, reader, told.file, told.digest, deal, told.seat.index)
    return told.seat.index, reader, gap.value
