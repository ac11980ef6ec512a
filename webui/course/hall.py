"""The run sheet of one opening: its lines in order, and the one lawful thing to do next (pure).

电子招标投标办法 29-32; 招标投标法 34-36; 招标投标法实施条例 44.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from bidding.hall.asked import Ask
from bidding.hall.asked import State as Asked
from bidding.hall.seal import LAPSE
from bidding.hall.sheet import Sheet
from monitor.record.moment import Done
from monitor.role import Role

HOST = frozenset({Role.TENDEREE})
SITTING = frozenset({Role.TENDEREE, Role.AGENCY, Role.CENTRE})
CONFIRMERS = frozenset({Role.TENDEREE, Role.CENTRE, Role.AGENCY})
GIVEN = frozenset({Asked.ENOUGH, Asked.OVER})


@dataclass(frozen=True, slots=True)
class Line:
    """One line: done, now or todo; `values` fill its texts; the record of what did it."""

    key: str
    state: str
    values: Mapping[str, Any] = field(default_factory=dict)
    at: datetime | None = None
    record: UUID | None = None


@dataclass(frozen=True, slots=True)
class Next:
    """What comes next: a deed by these roles, or nothing but waiting; `why` is a catalogue key.

    `form`: it needs more than a click. `until`: when it may be done without whoever is waited for.
    """

    why: str
    values: Mapping[str, Any] = field(default_factory=dict)
    deed: str = ""
    who: frozenset[Role] = HOST
    form: bool = False
    until: datetime | None = None
    over: bool = False
    alone: datetime | None = None
    """When the platform does it, where nobody has."""


def next_step(sheet: Sheet, now: datetime) -> Next:
    """Return the one next thing of an opening."""
    if sheet.closed is None:
        return _deadline(sheet, now)
    if sheet.falls_short or (sheet.failed is not None and sheet.revealed is None):
        return _short(sheet)
    if sheet.revealed is not None:
        return _shown(sheet)
    if sheet.paused is not None:
        why = {"reason": sheet.paused.body["facts"]["reason"]}
        return Next("hall.wait.paused", why, "opening.resume", SITTING, form=True)
    if not sheet.close_cosigned:
        return Next("hall.wait.witness")
    if sheet.unlocked is None:
        return _shut(sheet, now)
    return _unlocked(sheet, now)


def _unlocked(sheet: Sheet, now: datetime) -> Next:
    """Return what comes next between UNLOCK and the reveal."""
    if not sheet.unlock_cosigned:
        return Next("hall.wait.witness_unlock")
    if sheet.damaged.asked:
        return _asked_again(sheet)
    if sheet.look_until is not None and now < sheet.look_until:
        return Next("hall.wait.look", until=sheet.look_until)
    return Next("hall.next.reveal", deed="opening.reveal", alone=sheet.alone_at)


def _shown(sheet: Sheet) -> Next:
    """Return what comes next once everything was read out."""
    if sheet.unconfirmed:
        return Next(
            "hall.next.cause", {"count": sheet.unconfirmed}, "opening.confirm_cause", CONFIRMERS,
            form=True,
        )  # fmt: skip
    if sheet.objections:
        return Next("hall.wait.objections", {"count": sheet.objections})
    if waiting := sum(not each.reply for each in sheet.questions):
        return Next("hall.wait.questions", {"count": waiting})
    if sheet.ended is None:
        return Next("hall.next.end", deed="opening.end")
    return _left(sheet)


def _left(sheet: Sheet) -> Next:
    """Return what comes after the end, by how many bids were opened."""
    if sheet.shortage is None:
        return Next("hall.over", over=True)
    count = {"count": sheet.shortage.opened}
    if not sheet.shortage.ends:
        return Next("hall.over_few", count, over=True)
    if sheet.failed is None:
        return Next("hall.next.annul", count, "opening.fail")
    return Next("hall.annulled", count, over=True)


def _deadline(sheet: Sheet, now: datetime) -> Next:
    if now <= sheet.deadline:
        return Next("hall.wait.deadline", until=sheet.deadline)
    return Next("hall.next.close", deed="opening.close")


def _short(sheet: Sheet) -> Next:
    if sheet.failed is not None:
        return Next("hall.failed", {"count": sheet.bids}, over=True)
    return Next("hall.next.fail", {"count": sheet.bids}, "opening.fail")


def _shut(sheet: Sheet, now: datetime) -> Next:
    """Return what comes next while the bids are sealed: names, seals, keys, shares, UNLOCK."""
    if not _given(sheet.names):
        return Next("hall.wait.names", _counts(sheet.names))
    if sheet.checked is None:
        return Next("hall.wait.seals", until=sheet.alone_at)
    if not sheet.ways.lacking:
        return Next("hall.next.unlock", deed="opening.unlock", alone=sheet.alone_at)
    values = {"released": sheet.ways.released, "bids": sheet.bids}
    if sheet.window_until is not None and now < sheet.window_until:
        return Next("hall.wait.keys", values, until=sheet.window_until)
    if sheet.damaged.capsules:
        return _asked_again(sheet)
    if not _given(sheet.shares):
        return Next("hall.wait.shares", {**values, **_counts(sheet.shares)})
    return Next("hall.next.unlock_some", {"count": sheet.ways.lacking}, "opening.unlock", form=True)


def _asked_again(sheet: Sheet) -> Next:
    """Return that bidders are waited for, whose objects the platform has damaged."""
    return Next("hall.wait.objects", {"count": sheet.damaged.asked}, until=sheet.damaged.until)


def lines(sheet: Sheet, now: datetime) -> list[Line]:
    """Return the lines of the run sheet in order."""
    first = [
        _done("close", sheet.closed, now > sheet.deadline, sheet, at=sheet.deadline),
        _told("witness", {}, done=sheet.close_cosigned, now=sheet.closed is not None),
    ]
    if sheet.falls_short or (sheet.failed is not None and sheet.revealed is None):
        return [*first, _done("fail", sheet.failed, True, sheet)]
    open_names = _given(sheet.names)
    checked = sheet.checked is not None
    ways, unlocked = sheet.ways, sheet.unlocked is not None
    settled = unlocked or (checked and not ways.lacking)
    shares = {"lacking": ways.lacking, **_counts(sheet.shares)}
    keys = {"released": ways.released, "bids": sheet.bids}
    return [
        *first,
        _told("names", _counts(sheet.names), done=open_names, now=sheet.close_cosigned),
        _done(_seals(sheet.checked), sheet.checked, open_names, sheet),
        _told("keys", keys, done=settled, now=checked, at=sheet.window_until),
        *_objects(sheet),
        _told("shares", shares, done=settled, now=checked and _is_over(sheet, now)),
        _done("unlock", sheet.unlocked, checked and not ways.lacking, sheet),
        _told("witness_unlock", {}, done=sheet.unlock_cosigned, now=unlocked),
        _done("reveal", sheet.revealed, sheet.unlock_cosigned, sheet),
        *_few(sheet),
        _told(
            "causes",
            {"count": sheet.unconfirmed},
            done=sheet.revealed is not None and not sheet.unconfirmed,
            now=sheet.revealed is not None,
        ),
        _told(
            "objections",
            {"count": sheet.objections},
            done=sheet.ended is not None,
            now=sheet.revealed is not None and not sheet.unconfirmed,
        ),
        _done("end", sheet.ended, sheet.revealed is not None and not sheet.objections, sheet),
    ]


def _seals(checked: Done | None) -> str:
    lapsed = checked is not None and checked.body["action"] == LAPSE
    return "seals_lapsed" if lapsed else "seals"


def _few(sheet: Sheet) -> list[Line]:
    """Return the line that too few bids were opened; none where there were enough."""
    if sheet.shortage is None:
        return []
    key = "annul" if sheet.shortage.ends else "few"
    done = sheet.failed is not None if sheet.shortage.ends else sheet.ended is not None
    return [_told(key, {"opened": sheet.shortage.opened}, done=done, now=True)]


def _objects(sheet: Sheet) -> list[Line]:
    """Return the line of objects damaged here; none where there never was one."""
    found = sheet.damaged
    counts = {"asked": found.asked, "mended": found.mended, "lost": found.lost}
    if not any(counts.values()):
        return []
    waits = found.asked > 0
    return [_told("objects", counts, done=not waits, now=waits, at=found.until)]


def _done(
    key: str, done: Done | None, turn: object, sheet: Sheet, at: datetime | None = None
) -> Line:
    """Return a line that an act does."""
    if done is not None:
        return Line(key, "done", {"bids": sheet.bids}, done.at, done.record)
    return Line(key, "now" if turn else "todo", {"bids": sheet.bids}, at)


def _told(
    key: str, values: Mapping[str, Any], *, done: bool, now: bool, at: datetime | None = None
) -> Line:
    """Return a line that somebody else's doing, or the log's, makes done."""
    return Line(key, "done" if done else "now" if now else "todo", values, at)


def _given(ask: Ask | None) -> bool:
    return ask is not None and ask.state in GIVEN


def _counts(ask: Ask | None) -> dict[str, int]:
    if ask is None:
        return {"answers": 0, "needed": 0}
    return {"answers": len(ask.answers), "needed": ask.needed}


def _is_over(sheet: Sheet, now: datetime) -> bool:
    return sheet.window_until is None or now >= sheet.window_until
