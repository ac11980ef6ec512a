"""What of a stream its viewer wants: by act, by role; by the trade's stage, category and bodies.

A choice only ever leaves out: what may be seen was decided before, by disclosure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from monitor.record.disclosure import TABLE
from monitor.refusal import Invalid
from monitor.role import Role
from trading.registration.catalogue import load
from trading.registration.stage import Stage

NOUNS = frozenset(name.partition(".")[0] for name in TABLE)
MOST = 64
"""Names in one choice: each choice is a frame of its own to make."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What is chosen; an empty set chooses everything. `acts` are actions or their nouns."""

    acts: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()
    stages: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()
    bodies: frozenset[str] = frozenset()
    """Organisations that stand in the trade, by their ids."""

    @property
    def narrows(self) -> bool:
        """Tell whether it chooses among trades."""
        return bool(self.stages or self.categories or self.bodies)

    def keeps(self, body: Mapping[str, Any]) -> bool:
        """Tell whether a record is chosen, by its body."""
        action = str(body["action"])
        by_act = not self.acts or not self.acts.isdisjoint((action, action.partition(".")[0]))
        return by_act and (not self.roles or body["actor"]["role"] in self.roles)


def choice(query: Mapping[str, Sequence[str]]) -> Choice:
    """Return what a query chooses: `act=`, `by=`, `stage=`, `category=`, `body=`.

    Each is repeated, or written with commas.

    Raises Invalid, naming the field.
    """
    return Choice(
        _names(query, "act", "没有此行为 / no such act", (NOUNS | TABLE.keys()).__contains__),
        _names(query, "by", "没有此身份 / no such role", _one_of(Role)),
        _names(query, "stage", "没有此阶段 / no such stage", _one_of(Stage)),
        _names(query, "category", "没有此类别 / no such category", load().categories.__contains__),
        _names(query, "body", "不是单位编号 / no id of an organisation", _is_id),
    )


def _names(
    query: Mapping[str, Sequence[str]], field: str, none: str, known: Callable[[str], bool]
) -> frozenset[str]:
    told = [name.strip() for value in query.get(field, ()) for name in value.split(",")]
    if len(told) > MOST:
        raise Invalid(field, f"最多 {MOST} 项 / {MOST} names at most")
    if unknown := [name for name in told if not known(name)]:
        raise Invalid(field, f"{none}: {unknown[0][:40]!a}")
    return frozenset(told)


def _is_id(told: str) -> bool:
    try:
        return str(UUID(told)) == told
    except ValueError:
        return False


def _one_of(names: type[StrEnum]) -> Callable[[str], bool]:
    return frozenset(each.value for each in names).__contains__
