"""The guide of nine steps: how a newcomer plays one trade alone in a demo folder (pure)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from bidding.hall.asked import State as Asked
from bidding.hall.sheet import Sheet
from trading.venue.booking import Purpose
from webui.course.fact import Facts

SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Way:
    """One button of a step: sign in as an account and go there, or let time pass up to a moment."""

    key: str
    account: str = ""
    there: str = ""
    to: datetime | None = None
    waits: bool = False


@dataclass(frozen=True, slots=True)
class Lesson:
    """One of the nine: done, now or todo; what to press, and where its texts are."""

    number: int
    key: str
    state: str
    ways: tuple[Way, ...]


@dataclass(frozen=True, slots=True)
class Own:
    """What a tenderer alone knows of itself, as this browser remembers it."""

    joined: bool = False
    paid: bool = False
    sent: bool = False


@dataclass(frozen=True, slots=True)
class Board:
    """All that the guide is worked out from."""

    facts: Facts
    sheet: Sheet | None
    own: Own

    @property
    def project(self) -> UUID:
        """The trade that is played."""
        return self.facts.matter.project

    @property
    def closed(self) -> bool:
        """Whether the deadline is over: what was not done by then cannot be done any more."""
        return self.sheet is not None and self.sheet.closed is not None

    def has(self, *names: str) -> bool:
        """Tell whether every one of these acts was done."""
        return all(self.facts.first(name) is not None for name in names)


Ways = Callable[[Board], tuple[Way, ...]]


def _deed(name: str, account: str, board: Board) -> tuple[Way, ...]:
    return (Way(f"guide.go.{account}", account, f"/act/{name}?project={board.project}"),)


def _documents(board: Board) -> tuple[Way, ...]:
    """The documents, the method and the room: all before anybody bids."""
    missing = [name for name in ("document.issue", "evaluation.set_method") if not board.has(name)]
    if board.facts.room(Purpose.OPENING) is None and not board.closed:
        missing.append("venue.book")
    if not missing:
        return ()
    begins = _supply(board.facts)
    if missing[0] == "document.issue" and begins is not None and board.facts.now < begins:
        return (Way("guide.go.advance_supply", to=begins),)
    return _deed(missing[0], "owner", board)


def _supply(facts: Facts) -> datetime | None:
    notice = facts.last("notice.publish")
    return datetime.fromisoformat(str(notice.facts["supply_from"])) if notice else None


def _bid(key: str, board: Board) -> tuple[Way, ...]:
    return (Way(f"guide.go.{key}", "newcomer", f"/bid/{board.project}"),)


def _names_open(board: Board) -> bool:
    if board.has("opening.fail"):
        return True
    names = board.sheet.names if board.sheet else None
    return names is not None and names.state in {Asked.ENOUGH, Asked.OVER}


def _close(board: Board) -> tuple[Way, ...]:
    deadline = board.facts.deadline
    if deadline is not None and board.facts.now <= deadline:
        return (Way("guide.go.advance", to=deadline + SECOND),)
    return (
        Way("guide.go.sheet", "owner", f"/desk/{board.project}/opening"),
        Way("guide.go.trustee", "trustee-1", "/trustee"),
    )


def _reveal(board: Board) -> tuple[Way, ...]:
    sheet, ways = board.sheet, []
    if sheet is not None and sheet.checked is None:
        ways.append(Way("guide.go.check", "newcomer", f"/bid/{board.project}"))
    elif sheet is not None and sheet.ways.lacking:
        ways.append(Way("guide.go.release", "newcomer", f"/bid/{board.project}"))
        if sheet.window_until is not None and board.facts.now < sheet.window_until:
            ways.append(Way("guide.go.advance_window", to=sheet.window_until))
    ways.append(Way("guide.go.unlock", "owner", f"/desk/{board.project}/opening"))
    return tuple(ways)


def _verify(board: Board) -> tuple[Way, ...]:
    return (
        Way("guide.go.project", "", f"/project/{board.project}"),
        Way("guide.go.verify", "", "/verify"),
        Way("guide.go.inspector", "inspector", f"/desk/{board.project}"),
        Way("guide.go.onward", "clerk", f"/desk/{board.project}"),
    )


STEPS: tuple[tuple[str, Callable[[Board], bool], Ways], ...] = (
    ("notice", lambda b: b.has("notice.publish"), lambda b: _deed("notice.publish", "owner", b)),
    ("document", lambda b: _documents(b) == (), _documents),
    (
        "accounts", lambda b: b.has("deposit.announce"),
        lambda b: _deed("deposit.announce", "cashier", b),
    ),
    ("join", lambda b: b.own.joined or b.closed, lambda b: _bid("join", b)),
    ("pay", lambda b: b.own.paid or b.closed, lambda b: _bid("pay", b)),
    ("seal", lambda b: b.own.sent or b.closed, lambda b: _bid("seal", b)),
    ("close", _names_open, _close),
    ("reveal", lambda b: b.has("opening.reveal") or b.has("opening.fail"), _reveal),
    ("verify", lambda b: b.has("panel.form") or b.has("opening.fail"), _verify),
)  # fmt: skip


def lessons(board: Board) -> list[Lesson]:
    """Return the nine steps as they stand; the first that is not done is the present one."""
    found, present = [], False
    for number, (key, done, ways) in enumerate(STEPS, 1):
        state = "done" if done(board) else "todo" if present else "now"
        present = present or state == "now"
        found.append(Lesson(number, key, state, ways(board) if state == "now" else ()))
    return found
