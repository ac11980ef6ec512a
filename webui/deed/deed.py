"""A deed: an action that a person may do, its fields, and how they become the action's inputs."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from monitor.record.action import Action
from monitor.refusal import Invalid
from monitor.role import Actor
from webui.deed.field import Field, Typed
from webui.page.source import Source

T = TypeVar("T")
Reading = Callable[[Any, UUID], T]
"""A query of one project, by a session."""
Values = dict[str, Any]
SEAT = re.compile("e-[0-9a-f]{32}")
NO_SEAT = "e-" + 32 * "0"
MOST_FAULTS = 10
"""Unknown names that are told one by one."""
FORM = 64 * 1024
"""Bytes of a form beside its fields."""
PARTS = 1000
"""Parts of a form beside its tables."""


@dataclass(frozen=True, slots=True)
class Case:
    """Who does it, where and when: what a field's choices and a deed's inputs are made from."""

    source: Source
    actor: Actor
    project: UUID | None
    now: datetime
    _read: dict[Reading[Any], Any] = dataclasses.field(
        default_factory=dict, compare=False, repr=False
    )

    @property
    def id(self) -> UUID:
        """Return the project; raises Invalid where there is none."""
        if self.project is None:
            raise Invalid("project", "请指明项目 / name the project", rule="webui/deed")
        return self.project

    def told(self, reading: Reading[T]) -> T:
        """Return what a reading tells of the project, read once; raises Invalid without one."""
        if reading not in self._read:
            with self.source.platform.read() as session:
                self._read[reading] = reading(session, self.id)
        found: T = self._read[reading]
        return found


class Unreadable(Invalid):
    """A form of which some fields cannot be read; `faults` names each."""

    def __init__(self, faults: list[Invalid]) -> None:
        first = faults[0]
        super().__init__(first.field, first.message, rule=first.rule)
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Caution:
    """What the law does not forbid but a person should look at; `message` is 中文 / English."""

    field: str
    message: str
    rule: str = ""


def plain(_: Case, values: Values) -> Values:
    """Return the values as they are: the fields are named as the action's inputs."""
    return values


@dataclass(frozen=True, slots=True)
class Deed:
    """What a person may do. The action judges everything again: a form opens nothing.

    `fresh`: it begins a project; `whole`: it belongs to none. `after` gives the address to go to.
    `seat`: it is done under the seat's pseudonym that the request names, which the action proves.
    `brief` tells what to know before doing it, as (catalogue key, words or a moment); `cautions`
    what a person should look at twice in what was typed.
    """

    action: Action[Any, Any]
    fields: tuple[Field, ...] = ()
    inputs: Callable[[Case, Values], Values] = plain
    fresh: bool = False
    whole: bool = False
    seat: bool = False
    after: Callable[[Case, Any], str] | None = None
    brief: Callable[[Case], Iterable[tuple[str, Any]]] | None = None
    cautions: Callable[[Case, Values], Iterable[Caution]] | None = None

    @property
    def name(self) -> str:
        """Return the action's name."""
        return self.action.name

    @property
    def longest(self) -> int:
        """Return how many bytes its form may have: each field as long as it may be by itself."""
        return FORM + sum(each.longest for each in self.fields)

    @property
    def parts(self) -> int:
        """Return how many parts its form may have: each table with all the rows that it takes."""
        return PARTS + sum(each.parts for each in self.fields)

    def asks(self, case: Case) -> tuple[Field, ...]:
        """Return the fields that stand in its form."""
        return tuple(each for each in self.fields if each.stands(case))

    def wearing(self, actor: Actor, typed: Mapping[str, Typed]) -> Actor:
        """Return the actor as recorded: one who acts for a seat is never named, even refused."""
        if not self.seat or actor.role not in self.action.by:
            return actor
        told = str(typed.get("mask", ""))
        return replace(actor, mask=told if SEAT.fullmatch(told) else NO_SEAT)

    def read(self, case: Case, typed: Mapping[str, Typed]) -> Values:
        """Return the action's inputs; raises Unreadable, or the refusal of `inputs`."""
        return self.inputs(case, self.values(case, typed))

    def values(self, case: Case, typed: Mapping[str, Typed]) -> Values:
        """Return what was typed as values; raises Unreadable."""
        values, faults = Values(), list[Invalid]()
        for field in self.asks(case):
            try:
                values[field.name] = field.parse(typed.get(field.name))
            except Invalid as fault:
                faults.append(fault)
        faults += self._unknown(typed)
        if faults:
            raise Unreadable(faults)
        return values

    def _unknown(self, typed: Mapping[str, Typed]) -> list[Invalid]:
        """Return a fault for each name that no field has: what is misspelt is not passed over."""
        known = {each.name for each in self.fields} | ({"mask"} if self.seat else set())
        strange = [ascii(name[:60]) for name in typed if name not in known]
        return [
            Invalid("inputs", f"没有此项：{name} / no such field: {name}", rule="webui/deed")
            for name in strange[:MOST_FAULTS]
        ]
