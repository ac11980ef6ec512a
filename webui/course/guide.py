"""The guide of nine steps: how a newcomer plays one trade alone in a demo folder (pure)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from bidding.hall.asked import State as Asked
from bidding.hall.preparation.attendance import BEFORE
from bidding.hall.sheet import Sheet
from trading.registration.stage import FINAL
from trading.venue.room import Purpose
from webui.course.fact import Facts

SECOND = timedelta(seconds=1)
NEWCOMER = "newcomer"
"""The account whose steps are the reader's own."""


@dataclass(frozen=True, slots=True)
class Way:
    """One thing to do in a step: sign in as an account and go there, or let time pass up to `to`.

    It was `done` already, or `waits` for the one before it, or stands `aside`: it may be looked at
    and is nobody's next step. Else it is to be done now.
    """

    key: str
    account: str = ""
    there: str = ""
    to: datetime | None = None
    done: bool = False
    waits: bool = False
    aside: bool = False


@dataclass(frozen=True, slots=True)
class Lesson:
    """One of the nine: done, now or todo; what to press, and where its texts are."""

    number: int
    key: str
    state: str
    ways: tuple[Way, ...]

    @property
    def first(self) -> Way | None:
        """The way to press next; None where only others act, or nothing is left."""
        left = (way for way in self.ways if not (way.done or way.waits or way.aside))
        return next(left, None)


@dataclass(frozen=True, slots=True)
class Own:
    """What a tenderer alone knows of itself, as this browser remembers it."""

    joined: bool = False
    paid: bool = False
    sent: bool = False
    checked: bool = False
    released: bool = False


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

    @property
    def failed(self) -> bool:
        """Whether the trade came to nothing: its opening failed, or it was ended."""
        return self.has("opening.fail") or self.facts.matter.stage in FINAL

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
    return (Way(f"guide.go.{key}", NEWCOMER, f"/bid/{board.project}"),)


def _names_open(board: Board) -> bool:
    names = board.sheet.names if board.sheet else None
    return names is not None and names.state in {Asked.ENOUGH, Asked.OVER}


def _close(board: Board) -> tuple[Way, ...]:
    """Time passes, CLOSE is read, the names are opened: one after another, all three shown."""
    deadline = board.facts.deadline
    early = deadline is not None and board.facts.now <= deadline
    ends = None if deadline is None else deadline + SECOND
    return (
        *_door(board),
        Way("guide.go.advance", to=ends, done=not early),
        Way("guide.go.sheet", "owner", f"/desk/{board.project}/opening", waits=early),
        Way("guide.go.trustee", "trustee-1", "/trustee", waits=early),
    )


def _door(board: Board) -> tuple[Way, ...]:
    """Checking in, an hour before the deadline: offered to who has sent a bid, asked of nobody."""
    deadline = board.facts.deadline
    if deadline is None or not board.own.sent:
        return ()
    if board.facts.now < deadline - BEFORE:
        return (Way("guide.go.advance_door", to=deadline - BEFORE, aside=True),)
    return (Way("guide.go.check_in", NEWCOMER, f"/bid/{board.project}", aside=True),)


def _reveal(board: Board) -> tuple[Way, ...]:
    """Check, release, the bidders' time, unlock: in the order of the run sheet."""
    sheet = board.sheet
    if sheet is None:
        return ()
    checked, lacking = sheet.checked is not None, bool(sheet.ways.lacking)
    until = sheet.window_until
    runs = lacking and until is not None and board.facts.now < until
    ways = [_check(sheet, board), _release(sheet, board)]
    if until is not None and (runs or not checked):
        ways.append(Way("guide.go.advance_window", to=until, waits=not checked))
    sheet_page = f"/desk/{board.project}/opening"
    return (*ways, Way("guide.go.unlock", "owner", sheet_page, waits=not checked or runs))


def _check(sheet: Sheet, board: Board) -> Way:
    """One tenderer confirms the seals for all: where a rival was first, it was not the newcomer."""
    own, bid = board.own.checked, f"/bid/{board.project}"
    if sheet.checked is not None and not own:
        return Way("guide.go.check_other", NEWCOMER, bid, aside=True)
    return Way("guide.go.check", NEWCOMER, bid, done=own)


def _release(sheet: Sheet, board: Board) -> Way:
    """The newcomer's own key, whatever the rivals did with theirs."""
    checked, until = sheet.checked is not None, sheet.window_until
    if checked and not board.own.released and until is not None and board.facts.now >= until:
        return Way("guide.go.release_missed", aside=True)
    given = checked and (until is None or not sheet.ways.lacking)
    return Way(
        "guide.go.release", NEWCOMER, f"/bid/{board.project}",
        done=board.own.released or given, waits=not checked,
    )  # fmt: skip


def _verify(board: Board) -> tuple[Way, ...]:
    return (
        Way("guide.go.project", "", f"/project/{board.project}"),
        Way("guide.go.verify", "", "/verify"),
        Way("guide.go.inspector", "inspector", "/wall"),
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
    ("reveal", lambda b: b.has("opening.reveal"), _reveal),
    ("verify", lambda b: b.has("opening.reveal"), _verify),
)  # fmt: skip
LAST = STEPS[-1][0]
"""Checking leaves no record: it is offered from the reveal on, and asked of nobody."""


def lessons(board: Board) -> list[Lesson]:
    """Return the nine steps as they stand; the first that is not done is the present one.

    A trade that failed has none: what was not done in it never will be.
    """
    found, present = [], board.failed
    for number, (key, done, ways) in enumerate(STEPS, 1):
        state = "done" if done(board) else "todo" if present else "now"
        present = present or state == "now"
        open_now = state == "now" or (state, key) == ("done", LAST)
        found.append(Lesson(number, key, state, ways(board) if open_now else ()))
    return found
