"""Facts of one trade as one viewer may see them: what its course is worked out from (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from monitor.law.rule import Rules
from monitor.record.disclosure import Disclosed
from monitor.role import Role
from trading.desk.docket import Lot, Matter
from trading.desk.room import Held
from trading.registration.stage import Stage
from trading.venue.room import Purpose


@dataclass(frozen=True, slots=True)
class Act:
    """An act that was done, from its record."""

    record: UUID
    action: str
    at: datetime
    facts: Mapping[str, Any]
    subject: str
    seq: int | None = None

    @property
    def section(self) -> str | None:
        """The section that it names, if it names one."""
        found = self.facts.get("section")
        return None if found is None else str(found)


@dataclass(frozen=True, slots=True)
class Due:
    """A duty on record: under which rule, until when, and whether that has passed.

    `about` tells it from others under the same rule: whose deposit, which section.
    """

    rule: str
    to_action: str
    closed_by: tuple[str, ...]
    subject: str
    limit: datetime
    open: bool
    state: str = "open"
    who: str = ""
    about: str = ""
    promised: datetime | None = None
    """By when it is promised, where that is sooner."""


@dataclass(frozen=True, slots=True)
class Facts:
    """A trade at a moment, for one viewer; `seats` are the bodies that stand in it, by role.

    `questions` and `objections` wait for an answer, `halting` of them stop the trade meanwhile;
    they are 0 for whom they are not.
    """

    matter: Matter
    now: datetime
    rules: Rules
    acts: tuple[Act, ...]
    seats: Mapping[Role, int] = field(default_factory=dict)
    rooms: tuple[Held, ...] = ()
    dues: tuple[Due, ...] = ()
    questions: int = 0
    objections: int = 0
    halting: int = 0

    def first(self, action: str, lot: Lot | None = None) -> Act | None:
        """Return the first act of that name: the section's own, or one of the whole trade."""
        return next(self.all(action, lot), None)

    def last(self, action: str, lot: Lot | None = None) -> Act | None:
        """Return the last such act."""
        found = list(self.all(action, lot))
        return found[-1] if found else None

    def all(self, action: str, lot: Lot | None = None) -> Iterator[Act]:
        """Give such acts in order."""
        return (
            act
            for act in self.acts
            if act.action == action and (lot is None or act.section in {None, str(lot.id)})
        )

    @property
    def deadline(self) -> datetime | None:
        """The bid deadline that holds."""
        return self.matter.deadline

    @property
    def is_past(self) -> bool:
        """Whether the deadline has passed."""
        return self.deadline is not None and self.now > self.deadline

    def room(self, purpose: Purpose) -> Held | None:
        """Return the room held for that purpose, the one at the deadline if there are several."""
        held = [each for each in self.rooms if each.purpose is purpose]
        return next((each for each in held if self._fits(each)), held[-1] if held else None)

    def fits(self, held: Held) -> bool:
        """Tell whether an opening's room is held at the deadline."""
        return self._fits(held)

    def _fits(self, held: Held) -> bool:
        if held.purpose is not Purpose.OPENING or self.deadline is None:
            return True
        return held.span.start <= self.deadline < held.span.end

    def has_failed(self, lot: Lot) -> bool:
        """Tell whether the section's opening failed, or the whole trade ended."""
        ended = self.matter.stage is Stage.TERMINATED
        return ended or self.first("opening.fail", lot) is not None


def acts_of(records: Iterable[Disclosed]) -> tuple[Act, ...]:
    """Return what was done, from the records that a viewer may see."""
    return tuple(
        Act(
            record.record_id,
            body["action"],
            datetime.fromisoformat(body["time"]),
            body["facts"],
            body["subject"],
            record.seq,
        )
        for record, body in ((each, each.facts) for each in records)
        if "done" in body["outcome"]
    )
