"""How the seats of a trade stand as to successions, for whoever hosts its opening."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from bidding.hall.succession.piece import (
    FalsePiece,
    HandedPiece,
    false_pieces,
    good_pieces,
    rejected_pieces,
)
from bidding.hall.succession.place import State, Succession, dealt_keys, is_open, successions
from bidding.terms import roster_of


@dataclass(frozen=True, slots=True)
class Line:
    """One succession, and how many of the pieces that were handed on count."""

    row: Succession
    pieces: int

    @property
    def open(self) -> bool:
        """Tell whether it goes on."""
        return self.row.state in (State.ASKED, State.CONFIRMED)

    @property
    def lasting(self) -> bool:
        """Tell whether its successor, once confirmed, counts for the seat though it has ended."""
        return self.row.ended is not None and self.row.confirmed_at is not None


@dataclass(frozen=True, slots=True)
class Followings:
    """The successions of a trade; which seats dealt no key; what was proven to be false.

    `rejected`: pieces that a successor says it cannot use, which proves nothing.
    `open`: a seat may still need a successor.
    """

    lines: tuple[Line, ...]
    undealt: tuple[int, ...]
    false: tuple[FalsePiece, ...]
    rejected: tuple[HandedPiece, ...]
    open: bool

    def placed(self, seat: int) -> str:
        """Return the name of whoever follows in a seat, "" for the one that the roster names."""
        rows = (line.row for line in self.lines if line.row.state is State.PLACED)
        return next((row.name for row in rows if row.seat == seat), "")


def followings(session: Session, project: UUID) -> Followings:
    """Return how a trade's seats stand; raises NotFound before its documents are out."""
    dealt = {row.seat for row in dealt_keys(session, [project])}
    seats = [seat.index for seat in roster_of(session, project).seats]
    return Followings(
        tuple(Line(row, good_pieces(session, row)) for row in successions(session, project)),
        tuple(seat for seat in seats if seat not in dealt),
        tuple(false_pieces(session, project)),
        tuple(rejected_pieces(session, project)),
        is_open(session, project),
    )
