"""Pieces of a lost key on their way to the successor, and the seat once it is rebuilt.

The platform holds ciphertext alone: each piece is sealed to the successor's own machine, which
opens, checks and names a false one by a proof that everybody can repeat.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from bidding.envelope.document import EnvelopeError
from bidding.envelope.roster import Authority, Roster, Seat
from bidding.envelope.trustee.holder import check_ready
from bidding.envelope.trustee.keydeal import KeyDeal, read_deal, read_handed
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
from monitor.refusal import Conflict, Invalid, NotAllowed, TooEarly, WrongStage
from monitor.role import Role
from trading.notice.dealt_key import RULE, DealtKey
from trading.notice.moment import required_project

HAND, TAKE = "succession.hand", "succession.take"
MOST_PIECES = 3
"""How many pieces a seat may hand on for one succession: programs go on by themselves else."""


class HandedPiece(Recorded):
    """One trustee's piece for one succession, sealed to the successor and signed.

    `rejected`: the successor's signed word that it does not open or fit, which proves nothing.
    """

    __tablename__ = "handed_piece"
    __table_args__ = (
        Index(
            "handed_piece_succession_seat_key", "succession", "seat",
            unique=True, postgresql_where=text("rejected IS NULL"),
        ),
    )  # fmt: skip
    succession: Mapped[UUID] = mapped_column(ForeignKey("succession.id"))
    seat: Mapped[int]
    document: Mapped[bytes]
    rejected: Mapped[bytes | None]


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
    elsewhere, NotAllowed for one of another's seat, Conflict for a second of the seat, unless the
    successor rejected the first, or for a fourth.
    """
    row = confirmed(act, succession)
    roster, found = deal_of(act.session, row)
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
    act.require(
        len(_of_seat(act.session, row, piece.seat.index)) < MOST_PIECES,
        Conflict(
            f"该席位已交出 {MOST_PIECES} 次，请其他席位交出 / "
            f"this seat has handed on {MOST_PIECES} pieces: the others' are needed",
            rule=RULE,
        ),
    )
    act.on_conflict(
        "handed_piece_succession_seat_key",
        lambda _: Conflict("该席位已交出分片 / this seat has handed its piece on", rule=RULE),
    )
    made = HandedPiece(
        id=new_id(act.now), succession=row.id, seat=piece.seat.index, document=document,
        rejected=None,
    )  # fmt: skip
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
    row = confirmed(act, succession)
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


def good(session: Session, row: Succession) -> list[HandedPiece]:
    """Return the pieces handed on that nobody proved to be false and the successor can use."""
    return [each for each in _not_false(session, row) if each.rejected is None]


def good_pieces(session: Session, row: Succession) -> int:
    """Return how many pieces were handed on that count."""
    return len(good(session, row))


def known_pieces(session: Session, row: Succession) -> int:
    """Return of how many seats the successor may know the piece, whatever it says of it itself."""
    return len({each.seat for each in _not_false(session, row)})


def may_hand(session: Session, row: Succession, seat: int) -> bool:
    """Tell whether a seat has a piece to hand on: its first, or another for one rejected."""
    mine = _of_seat(session, row, seat)
    return len(mine) < MOST_PIECES and all(each.rejected is not None for each in mine)


def rejected_pieces(session: Session, project: UUID) -> list[HandedPiece]:
    """Return what successors of a trade have rejected, oldest first."""
    query = select(HandedPiece).join(Succession, Succession.id == HandedPiece.succession)
    found = query.where(Succession.project == project, HandedPiece.rejected.is_not(None))
    return list(session.scalars(found.order_by(HandedPiece.id)))


def false_pieces(session: Session, project: UUID) -> list[FalsePiece]:
    """Return what was proven to be false in a trade, oldest first."""
    query = select(FalsePiece).where(FalsePiece.project == project)
    return list(session.scalars(query.order_by(FalsePiece.id)))


def _not_false(session: Session, row: Succession) -> list[HandedPiece]:
    false = select(FalsePiece.about).where(FalsePiece.about == HandedPiece.id)
    query = select(HandedPiece).where(HandedPiece.succession == row.id, ~false.exists())
    return list(session.scalars(query.order_by(HandedPiece.seat, HandedPiece.id)))


def _of_seat(session: Session, row: Succession, seat: int) -> list[HandedPiece]:
    return [each for each in handed(session, row.id) if each.seat == seat]


def deal_of(session: Session, row: Succession) -> tuple[Roster, KeyDeal]:
    """Return the set of trustees, and the dealt key that a succession rebuilds."""
    dealt, roster = session.get_one(DealtKey, row.deal), roster_of(session, row.project)
    return roster, read_deal(dealt.document, roster, str(row.project))


def confirmed(act: Act, succession: UUID) -> Succession:
    """Return a confirmed succession that goes on; raises NotFound, WrongStage, Conflict."""
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
