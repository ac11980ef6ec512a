"""The opening of a share in escrow: each holder's piece on record, then the share they give.

Nobody chooses: a side that revealed is not opened, the centre puts in what two pieces give, and
the default only where they give nothing, half way to the dice at the earliest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from experts.ceremony.header import Draw, DrawStep, Kind, State, checked, found_draw, needed, steps
from experts.ceremony.header import put as keep
from experts.draw.encoding import unhex
from experts.draw.header import Header
from experts.escrow.holder import EscrowHolder, holder_behind
from experts.escrow.recovery import (
    HOLDERS,
    Escrow,
    Piece,
    default_from,
    escrow_of,
    fitting,
    read_piece,
)
from experts.pool.expert import stamp
from monitor.record.act import Act
from monitor.record.action import action
from monitor.refusal import Conflict, Invalid, NotAllowed, NotFound, TooEarly, TooLate
from monitor.role import Role

_RULE = "batong-draw/1 §2.4"


@dataclass(frozen=True, slots=True)
class Commitment:
    """A side's commitment as it stands: the draw's header, `open`, c, and the recovery copy."""

    header: Header
    opened: bytes
    role: str
    c: bytes
    escrow: Escrow | None

    def pieces(self, session: Session, draw: Draw) -> list[Piece]:
        """Return what the holders told so far."""
        rows = [row for row in steps(session, draw, Kind.ESCROW) if row.role == self.role]
        if self.escrow is None:
            return []
        told = (self.header, self.opened, self.role, self.escrow)
        return [read_piece(*told, row.document) for row in rows]


@action("draw.open_escrow", by=(Role.TRUSTEE,), standing=False)
def open_escrow(
    act: Act, *, draw: UUID, role: str, at: int, signature: str, piece: str = ""
) -> int:
    """Put one's own piece of a missing share on record; return its place x.

    piece: hex, or "" where it does not open; at: unix seconds, signed. Raises TooEarly before
    t_reveal is over, TooLate once the dice may have fallen, Conflict for a side that revealed or a
    piece told before, NotAllowed for whoever holds none, Invalid.
    """
    act.attempt(subject=str(draw), role=role)
    found = found_draw(act, draw)
    header = found.read()
    _require_time(act, header)
    given = [row.role for row in steps(act.session, found, Kind.REVEAL)]
    act.require(
        role not in given,
        Conflict("该方份额已公开 / this side's share is known", field="role", rule=_RULE),
    )
    commitment = commitment_of(act.session, found, role)
    x, escrow = _place(act, commitment)
    told = {"at": at, "piece": piece, "sig": signature, "x": x}
    act.require(at <= stamp(act.now), Invalid("at", "时间在将来 / lies in the future", rule=_RULE))
    with checked():
        read_piece(header, commitment.opened, role, escrow, told)
    keep(act, found, Kind.ESCROW, told, k=x, role=role)
    act.note(role=role, x=x, at=at, piece=piece, signature=signature)
    return x


def commitment_of(session: Session, draw: Draw, role: str) -> Commitment:
    """Return a side's commitment once all stand under one hash; raises WrongStage, NotFound."""
    opened = needed(session, draw, Kind.OPEN)["open"]
    told = {row.role: row.document for row in steps(session, draw, Kind.COMMIT)}
    if role not in told:
        raise NotFound("该方没有份额 / this side has no share", field="role")
    with checked():
        c = unhex(told[role]["c"], 32, role)
        return Commitment(draw.read(), unhex(opened, 32, "open"), role, c, escrow_of(told[role]))


def settled(act: Act, draw: Draw, commitment: Commitment, share: str) -> str:
    """Return the share that the pieces on record give, "" for the default; keep what gave it.

    share: what the centre says it is. Raises Invalid for another, Conflict for a default in the
    place of a share that opens, TooEarly for one before half way.
    """
    header, role = commitment.header, commitment.role
    pieces = commitment.pieces(act.session, draw)
    found = fitting(header.hh, role, commitment.c, pieces)
    if found is None:
        act.require(not share, Invalid("share", "未经两位持有人开启 / not opened by two holders",
                                       rule=_RULE))  # fmt: skip
        over = len(pieces) == HOLDERS or stamp(act.now) >= default_from(header)
        act.require(over, TooEarly("持有人尚可开启 / the holders may still open it", rule=_RULE,
                                   field="share"))  # fmt: skip
        return ""
    act.require(
        share,
        Conflict("托管可以开启，不得代以默认值 / it opens: no default", field="share", rule=_RULE),
    )
    act.require(
        share == found[0].hex(),
        Invalid("share", "与托管开启的值不符 / is not what the holders opened", rule=_RULE),
    )
    kept = {"pieces": [one.value() for one in found[1]], "role": role}
    keep(act, draw, Kind.RECOVERY, kept, role=role)
    act.note(opened_by=[one.x for one in found[1]])
    return share


def openings_asked(session: Session, person: UUID, now: datetime) -> list[dict[str, Any]]:
    """Return the shares that somebody's piece is wanted for now, each with all that proves it."""
    if (
        session.scalar(select(EscrowHolder.id).where(EscrowHolder.person == person).limit(1))
        is None
    ):
        return []
    found = []
    query = select(Draw).where(Draw.state == State.OPEN.value).order_by(Draw.id)
    for draw in session.scalars(query.where(_in_time(now))):
        for row in steps(session, draw, Kind.COMMIT):
            if _is_wanted(session, draw, row, person):
                found += [_asked(session, draw, row)]
    return found


def _in_time(now: datetime) -> Any:
    at = stamp(now)
    begun = Draw.header["t_reveal"].as_integer() < at
    return begun & (Draw.header["t_beacon"].as_integer() > at)


def _is_wanted(session: Session, draw: Draw, row: DrawStep, person: UUID) -> bool:
    """Tell whether this very person's piece is still wanted."""
    escrow, gone = escrow_of(row.document), (Kind.REVEAL, Kind.CLOSED)
    if escrow is None or not steps(session, draw, Kind.OPEN):
        return False
    if any(one.role in (row.role, "") for kind in gone for one in steps(session, draw, kind)):
        return False
    told = {one.k for one in steps(session, draw, Kind.ESCROW) if one.role == row.role}
    x = _held(session, escrow, person)
    return x is not None and x not in told


def _asked(session: Session, draw: Draw, row: DrawStep) -> dict[str, Any]:
    commits = [one.document for one in steps(session, draw, Kind.COMMIT)]
    return {
        "draw": str(draw.id),
        "project": str(draw.project),
        "role": row.role,
        "signed": {"header": draw.header, "signatures": draw.signatures},
        "commits": {"commits": commits, **needed(session, draw, Kind.OPEN)},
    }


def _held(session: Session, escrow: Escrow, person: UUID) -> int | None:
    """Return the place of the piece that a person holds."""
    for x, holder in enumerate(escrow.holders, 1):
        if holder_behind(session, person, holder.sign) is not None:
            return x
    return None


def _place(act: Act, commitment: Commitment) -> tuple[int, Escrow]:
    escrow = commitment.escrow
    x = None if escrow is None else _held(act.session, escrow, act.actor.person)
    if escrow is None or x is None:
        raise NotAllowed("仅限该份额登记的持有人 / only a holder of this share", rule=_RULE)
    return x, escrow


def _require_time(act: Act, header: Header) -> None:
    at = stamp(act.now)
    early, late = at <= header.number("t_reveal"), at >= header.number("t_beacon")
    act.require(
        not early,
        TooEarly(
            "公开期未满，不得开启 / not before t_reveal is over", rule=_RULE, field="t_reveal"
        ),
    )
    act.require(
        not late, TooLate("骰子可能已掷 / the dice may have fallen", rule=_RULE, field="t_beacon")
    )


def kept_escrow(commit: Mapping[str, Any]) -> Escrow | None:
    """Return the recovery copy of a commitment; raises Invalid for one that is malformed."""
    with checked():
        return escrow_of(commit)
