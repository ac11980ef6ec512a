"""Monitoring points 监察点 as data: what is looked at in a trade, by which rule, how, how red.

Read from point.toml beside this file. A point with a `check` is automatic; one whose check cannot
be computed from the record is manual: an inspector looks and says what they found.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from monitor.law.rule import ALL, Rule, Rules
from monitor.law.rule import load as load_rules

POINTS = Path(__file__).with_name("point.toml")
TEMPLATES = ("warn", "order")
TONGUES = {"zh", "en"}
OWNER = "owner"
WHO = (OWNER, "agency", "centre", "finance", "supervisor")


class PointsInvalid(Exception):
    """The file of points breaks its own form; names the point and the field."""


class Result(IntEnum):
    """What was found; higher is worse."""

    UNCHECKED = 0
    GREEN = 1
    YELLOW = 2
    RED = 3


class Node(StrEnum):
    """The stage of the trade that a point belongs to, in order."""

    NOTICE = "notice"
    DOCUMENT = "document"
    BIDDING = "bidding"
    OPENING = "opening"
    DRAW = "draw"
    EVALUATION = "evaluation"
    RESULT = "result"
    CONTRACT = "contract"
    MONEY = "money"
    REMEDY = "remedy"
    ARCHIVE = "archive"


class Kind(StrEnum):
    """What a point measures."""

    TIME = "time"
    AMOUNT = "amount"
    CONDUCT = "conduct"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Point:
    """One point; the fields are explained at the head of point.toml."""

    id: str
    node: Node
    kind: Kind
    check: str
    rules: tuple[str, ...]
    basis: str
    level: Result
    limit: int
    who: str
    """Who answers for it: owner | agency | centre | finance | supervisor."""
    args: Mapping[str, str]
    zh: str
    en: str

    @property
    def is_manual(self) -> bool:
        """Tell whether a person looks, and no check."""
        return not self.check

    def capped(self, found: Result) -> Result:
        """Return what was found, no worse than the point's level."""
        return min(found, self.level)

    def bound(self) -> tuple[Rule, ...]:
        """Return its rules."""
        return tuple(load_rules()[rule] for rule in self.rules)

    def article(self, category: str = "") -> str:
        """Instrument and article: its own, or those of its rule for trades of that category."""
        if self.basis:
            return self.basis
        rules = self.bound()
        return next((rule for rule in rules if rule.category in (ALL, category)), rules[0]).basis


@dataclass(frozen=True, slots=True)
class Points:
    """All points in order; `version` is the file's sha256; templates by name and language."""

    version: str
    rows: tuple[Point, ...]
    templates: Mapping[str, Mapping[str, str]]

    def __iter__(self) -> Iterator[Point]:
        return iter(self.rows)

    def __getitem__(self, point: str) -> Point:
        """The point of that id; KeyError where there is none."""
        for row in self.rows:
            if row.id == point:
                return row
        raise KeyError(point)

    def __contains__(self, point: object) -> bool:
        return any(row.id == point for row in self.rows)


@cache
def load(path: Path = POINTS) -> Points:
    """Read the points; raises PointsInvalid on an entry that breaks the form."""
    content = path.read_bytes()
    entries = tomllib.loads(content.decode("utf-8"))
    templates = entries.pop("template", {})
    if set(templates) != set(TEMPLATES) or any(set(one) != TONGUES for one in templates.values()):
        raise PointsInvalid(f"template: {', '.join(TEMPLATES)}, each in zh and en")
    known = load_rules()
    rows = tuple(
        _point(f"{node}.{name}", node, entry, known)
        for node, group in entries.items()
        for name, entry in group.items()
    )
    return Points(hashlib.sha256(content).hexdigest(), rows, templates)


def _point(name: str, node: str, entry: dict[str, Any], known: Rules) -> Point:
    left = dict(entry)
    try:
        point = _read(name, node, left)
        for rule in point.rules:
            known[rule]
    except (KeyError, ValueError, TypeError) as fault:
        raise PointsInvalid(f"{name}: {fault!r}") from fault
    if left:
        raise PointsInvalid(f"{name}: unknown fields {sorted(left)}")
    if not (point.rules or point.basis):
        raise PointsInvalid(f"{name}: neither rules nor basis")
    if point.who not in WHO:
        raise PointsInvalid(f"{name}: who is one of {', '.join(WHO)}")
    if point.is_manual and (point.args or point.limit):
        raise PointsInvalid(f"{name}: a manual point has no args and no limit")
    return point


def _read(name: str, node: str, entry: dict[str, Any]) -> Point:
    take = entry.pop
    level = Result[take("level").upper()]
    if level < Result.YELLOW:
        raise ValueError("level is yellow or red")
    return Point(
        id=name, node=Node(node), kind=Kind(take("kind")), check=take("check", ""),
        rules=tuple(take("rules", ())), basis=take("basis", ""), level=level,
        limit=int(take("limit", 0)), who=take("who", OWNER), args=take("args", {}),
        zh=take("zh"), en=take("en"),
    )  # fmt: skip
