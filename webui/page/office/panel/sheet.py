"""One draw as its desk shows it: what the record tells, who is waited for, where it stands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from experts.ceremony.mail.agenda import Todo
from trading.desk.docket import Lot, Matter
from webui.page.language import text
from webui.page.view.trade import Row

STEPS = (
    "ask", "header", "shares", "dice", "rounds", "recheck", "seats", "finish", "publish",
)  # fmt: skip
"""The line of steps; each is done when the next thing to do belongs to a later one."""


@dataclass(frozen=True, slots=True)
class Side:
    """A machine as the desk shows it."""

    role: str
    here: bool
    command: str
    holders: int = 0
    """How many hold its share in escrow."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a public list: its strata by name, and whether it was drawn."""

    name: str
    strata: str
    unit: str
    weight: int
    is_drawn: bool


@dataclass(frozen=True, slots=True)
class Sheet:
    """One draw as a viewer may see it."""

    request: UUID
    draw: str
    matter: Matter
    lot: Lot
    rows: Sequence[Row]
    state: str
    place: str
    is_kept: bool = False
    """Whether its published bundle can be fetched here."""
    todos: Sequence[Todo] = ()
    sides: Sequence[Side] = ()
    troubles: Sequence[Mapping[str, Any]] = field(default=())
    listed: Mapping[str, Any] | None = None
    """The list that is drawn from, where anybody may see it."""
    name: str = ""
    """By what the machines know a draw that was asked for here."""

    def last(self, action: str) -> Row | None:
        """Return the last done act of that name."""
        return next((row for row in reversed(self.rows) if row.body["action"] == action), None)

    def all(self, action: str) -> list[Row]:
        """Return the done acts of that name, in order."""
        return [row for row in self.rows if row.body["action"] == action]

    @property
    def asked(self) -> Mapping[str, Any]:
        """What was asked for."""
        found = self.last("draw.request") or self.last("draw.request_list")
        return found.facts if found else {}

    @property
    def header(self) -> Mapping[str, Any] | None:
        """The header, once it is published."""
        found = self.last("draw.open_header")
        return found.facts["header"] if found else None

    @property
    def strata(self) -> list[tuple[str, int, int | None]]:
        """Each stratum: its specialties or its name, its seats, how many are eligible."""
        asked, names = self.asked, dict[int, list[str]]()
        for name, code in asked.get("specialties", {}).items():
            names.setdefault(code, []).append(name)
        for code, (name, _) in enumerate(asked.get("strata", ()), 1):
            names[code] = [name]
        eligible = dict(self.header["members"]) if self.header else {}
        listed = [[code, seats] for code, (_, seats) in enumerate(asked.get("strata", ()), 1)]
        wanted = asked.get("seats") or listed or (self.header["strata"] if self.header else [])
        return [
            (text("part.list").join(names.get(code, [str(code)])), seats, eligible.get(code))
            for code, seats in wanted
        ]

    @property
    def rounds(self) -> list[tuple[Mapping[str, Any], Mapping[str, int]]]:
        """Each round's public counts, and how its contacts ended once it was closed."""
        closed = {row.facts["k"]: row.facts["contacts"] for row in self.all("draw.close_round")}
        drawn = [row.facts["round"] for row in self.all("draw.round")]
        return [(one, closed.get(one["k"], {})) for one in drawn]

    @property
    def escrow(self) -> list[tuple[Mapping[str, Any], Row]]:
        """What was done with shares that did not come: each holder's act, then what was put in."""
        acts = {"draw.open_escrow", "draw.recover"}
        return [(row.facts, row) for row in self.rows if row.body["action"] in acts]

    @property
    def key(self) -> list[tuple[str, Mapping[str, Any], Row]]:
        """What was done with the key of a lost agent, by the names of the acts."""
        acts = {"ask_key", "hand_on_key", "prove_false_piece", "report_shut_piece", "succeed"}
        named = [(row.body["action"].removeprefix("draw."), row) for row in self.rows]
        return [(name, row.facts, row) for name, row in named if name in acts]

    @property
    def lines(self) -> list[Line]:
        """The lines of a public list, those that were drawn first."""
        told = self.listed or {"entries": (), "strata": ()}
        names = [name for name, _ in told["strata"]]
        drawn = {name for row in self.all("draw.round") for _, name in row.facts.get("drawn", ())}
        found = [
            Line(
                name,
                text("part.list").join(names[code - 1] for code in codes),
                unit,
                weight,
                name in drawn,
            )
            for name, codes, unit, weight in told["entries"]
        ]
        return sorted(found, key=lambda line: not line.is_drawn)

    @property
    def line(self) -> list[dict[str, str]]:
        """The steps as the line shows them."""
        over = STEPS.index(self.place) if self.place in STEPS else len(STEPS)
        halted = self.state in ("withdrawn", "cancelled")
        now = "halt" if halted else "now"
        states = ["done" if n < over else now if n == over else "todo" for n in range(len(STEPS))]
        return [{"name": name, "state": told} for name, told in zip(STEPS, states, strict=True)]

    @property
    def waits(self) -> list[tuple[str, str, int]]:
        """Who is waited for, for what, and how many of them."""
        return [(who, what, n) for (who, what), n in Counter(_of(self.todos)).items()]

    @property
    def dice_at(self) -> datetime | None:
        """When the dice may be thrown, while that is waited for."""
        found = (todo.k for todo in self.todos if todo.what == "wait_dice")
        return next((datetime.fromtimestamp(at, UTC) for at in found), None)


def _of(todos: Iterable[Todo]) -> Iterable[tuple[str, str]]:
    return ((todo.who, todo.what) for todo in todos)
