"""Pieces of a lost key on their way to the successor, and the seat once it is rebuilt.

The platform holds ciphertext alone: each piece is sealed to the successor's own machine, which
opens, checks and names a false one by a proof that everybody can repeat.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from bidding.envelope.document import EnvelopeError
from bidding.envelope.roster import Authority, Device, Roster, Seat
from bidding.envelope.trustee import keydeal
from bidding.envelope.trustee.holder import check_ready
from bidding.envelope.trustee.keydeal import KeyDeal, judge_piece, read_deal, read_handed
from bidding.hall.succession.place import (
    OPEN,
    State,
    Succession,
    found_succession,
    held_seat,
    is_open,
    successors,
)
from bidding.hall.succession.policy import require_quorum
from bidding.terms import roster_of
from monitor.record.act import Act
from monitor.record.action import action
from monitor.record.identity import new_id
from monitor.record.table import Recorded
from monitor.refusal import Conflict, Invalid, NotAllowed, NotFound, TooEarly, WrongStage
from monitor.role import Role
from trading.notice.dealt_key import RULE, DealtKey
from trading.notice.moment import required_project

HAND, TAKE, BLAME = "succession.hand", "succession.take", "key.blame"


class HandedPiece(Recorded):
    """One trustee's piece for one succession, sealed to the successor and signed."""

    __tablename__ = "handed_piece"
    __table_args__ = (UniqueConstraint("succession", "seat"),)
    succession: Mapped[UUID] = mapped_column(ForeignKey("succession.id"))
    seat: Mapped[int]
    document: Mapped[bytes]


class FalsePiece(Recorded):
    """A piece proven to be none: of which deal or handed piece, by whose machine, whose fault."""

    __tablename__ = "false_piece"
    __table_args__ = (
        UniqueConstraint("about", "reader"),
        CheckConstraint("gap IN ('not_mine', 'garbled', 'misbound', 'wrong_share')", name="gap"),
    )
    project: Mapped[UUID]
    about: Mapped[UUID]
    reader: Mapped[str]
    seat: Mapped[int]
    gap: Mapped[str]
    document: Mapped[bytes]


@action(HAND, by=(Role.TRUSTEE,))
def hand(act: Act, *, succession: UUID, document: bytes) -> UUID:
    """Take a trustee's piece, sealed to the successor that two confirmed; return the row's id.

    Raises NotFound, WrongStage before it is confirmed or after it is over, Invalid for a piece of
    elsewhere, NotAllowed for one of another's seat, Conflict for a second of the seat.
    """
    row = _confirmed(act, succession)
    roster, found = _deal_of(act.session, row)
    try:
        piece = read_handed(
            document, roster, successors(act.session, row.project), found, row.accepted
        )
    except EnvelopeError as fault:
        raise Invalid("document", f"密钥分片有误 / {fault}", rule=RULE) from fault
    act.require(
        held_seat(act.session, act.actor.org, row.project) == piece.seat.index,
        NotAllowed("仅限本席位的单位 / only the body of that seat", rule=RULE),
    )
    act.on_conflict(
        "handed_piece_succession_seat_key",
        lambda _: Conflict("该席位已交出分片 / this seat has handed its piece on", rule=RULE),
    )
    made = HandedPiece(
        id=new_id(act.now), succession=row.id, seat=piece.seat.index, document=document
    )
    act.session.add(made)
    act.note(
        subject=str(row.id), succession=str(row.id), seat=row.seat, by=piece.seat.index,
        trustee=piece.seat.name, digest=piece.digest,
    )  # fmt: skip
    return made.id


@action(TAKE, by=(Role.TRUSTEE,))
def take(act: Act, *, succession: UUID, document: bytes) -> None:
    """Take the seat: the successor's machine has rebuilt the key, and answers the call by it.

    Raises NotFound, NotAllowed for anybody but the successor, WrongStage, TooEarly before enough
    pieces are there, Invalid for an answer that another key or machine gave.
    """
    row = _confirmed(act, succession)
    act.require(
        act.actor.person == row.person,
        NotAllowed("仅限接任人本人 / only the successor itself", rule=RULE),
    )
    needed, there = roster_of(act.session, row.project).threshold, good_pieces(act.session, row)
    act.require(
        there >= needed,
        TooEarly(f"分片不足：{there}/{needed} / too few pieces are handed on", rule=RULE),
    )
    require_quorum(act, row.project, row.seat, Authority(row.kind), row.authority)
    check_answer(document, row.holder, row)
    row.placed_at = act.now
    act.note(
        subject=str(row.id), succession=str(row.id), seat=row.seat, name=row.name, lost=row.lost,
        signer=row.signer, pieces=there,
    )  # fmt: skip


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


def check_answer(document: bytes, seat: Seat, row: Succession) -> None:
    """Refuse what does not answer the call of a succession by a machine of that seat."""
    try:
        check_ready(document, seat, row.expected)
    except EnvelopeError as fault:
        raise Invalid("document", f"应答不符 / a wrong answer: {fault}", rule=RULE) from fault


def handed(session: Session, succession: UUID) -> list[HandedPiece]:
    """Return the pieces handed on for a succession, by seat."""
    query = select(HandedPiece).where(HandedPiece.succession == succession)
    return list(session.scalars(query.order_by(HandedPiece.seat)))


def good_pieces(session: Session, row: Succession) -> int:
    """Return how many pieces were handed on that nobody proved to be false."""
    false = select(FalsePiece.about).where(FalsePiece.about == HandedPiece.id)
    query = select(func.count()).select_from(HandedPiece)
    found = query.where(HandedPiece.succession == row.id, ~false.exists())
    return int(session.scalar(found) or 0)


def false_pieces(session: Session, project: UUID) -> list[FalsePiece]:
    """Return what was proven to be false in a trade, oldest first."""
    query = select(FalsePiece).where(FalsePiece.project == project)
    return list(session.scalars(query.order_by(FalsePiece.id)))


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
    roster, deal = _deal_of(session, row)
    told = read_handed(piece.document, roster, successors(session, project), deal, row.accepted)
    reader = row.accepted.device
    gap = judge_piece(document, reader, told.file, told.digest, deal, told.seat.index)
    return told.seat.index, reader, gap.value


def _deal_of(session: Session, row: Succession) -> tuple[Roster, KeyDeal]:
    dealt, roster = session.get_one(DealtKey, row.deal), roster_of(session, row.project)
    return roster, read_deal(dealt.document, roster, str(row.project))


def _confirmed(act: Act, succession: UUID) -> Succession:
    row = found_succession(act.session, required_project(act.project), succession)
    act.attempt(subject=str(row.id), seat=row.seat)
    act.require(
        is_open(act.session, row.project),
        WrongStage("解密已完成，无需接任 / after UNLOCK no seat needs a successor", rule=RULE),
    )
    act.require(row.state in OPEN, Conflict("该项接任已结束 / this succession is over", rule=RULE))
    act.require(
        row.state is State.CONFIRMED,
        WrongStage("接任尚未经两人确认 / two have yet to confirm it", rule=RULE),
    )
    return row
