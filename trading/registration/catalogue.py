"""The catalogue: which trades must come inside, and must be tendered, with the reason; as data."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from monitor.refusal import Invalid
from trading.money import FEN, format_yuan

PATH = Path(__file__).with_name("catalogue.toml")
MARK = "【演练】"


@dataclass(frozen=True, slots=True)
class Category:
    """A category of trade; `portal` is its two figures in the national portal's codes."""

    key: str
    zh: str
    en: str
    portal: str
    code: str
    binds: bool = True
    """False for a rehearsal 演练: no trade, and marked so by its very name."""

    def named(self, name: str) -> str:
        """Return a name as it stands everywhere: a rehearsal's says first what it is."""
        return name if self.binds or name.startswith(MARK) else f"{MARK}{name}"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of subject within a category; without a threshold it is always in."""

    category: str
    key: str
    zh: str
    en: str
    threshold_fen: int
    state_funds: bool
    deposit_ceiling: str
    basis: str
    mark: str


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the registration checklist; `when` = "agency" only binds a trade with one."""

    key: str
    zh: str
    en: str
    categories: frozenset[str]
    when: str
    basis: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """In or out, must it be tendered, and why, in 中文 / English."""

    inside: bool
    must_tender: bool
    reason: str
    basis: str


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Categories, kinds and the checklist of one place."""

    categories: dict[str, Category]
    kinds: dict[tuple[str, str], Kind]
    checks: tuple[Check, ...]

    def category(self, key: str) -> Category:
        """Return the category; raises Invalid."""
        if key not in self.categories:
            raise Invalid("category", "没有此交易类别 / no such category", rule="catalogue.toml")
        return self.categories[key]

    def binding(self) -> list[str]:
        """Return the categories of real trades: what is public, and what is counted."""
        return [key for key, each in self.categories.items() if each.binds]

    def rehearsed(self) -> list[str]:
        """Return the categories that bind nobody."""
        return [key for key, each in self.categories.items() if not each.binds]

    def kind(self, category: str, key: str) -> Kind:
        """Return the kind of subject; raises Invalid."""
        self.category(category)
        if (category, key) not in self.kinds:
            raise Invalid("kind", "该类别没有此标的种类 / no such kind of subject")
        return self.kinds[category, key]

    def checklist(self, category: str, *, agency: bool) -> list[Check]:
        """Return what a filing of this category must bring, with or without an agency."""
        return [
            check
            for check in self.checks
            if category in check.categories and (agency or check.when != "agency")
        ]


@cache
def load(path: Path = PATH) -> Catalogue:
    """Read a catalogue file."""
    raw = tomllib.loads(path.read_text(encoding="utf-8"))
    categories = {key: Category(key=key, **entry) for key, entry in raw["category"].items()}
    kinds = [
        _kind(category, key, entry)
        for category, entries in raw["kind"].items()
        for key, entry in entries.items()
    ]
    checks = tuple(_check(key, entry) for key, entry in raw["check"].items())
    return Catalogue(categories, {(kind.category, kind.key): kind for kind in kinds}, checks)


def _kind(category: str, key: str, entry: dict[str, Any]) -> Kind:
    return Kind(
        category,
        key,
        entry["zh"],
        entry["en"],
        entry.get("threshold_yuan", 0) * FEN,
        entry.get("state_funds", False),
        entry.get("deposit_ceiling", ""),
        entry["basis"],
        entry["mark"],
    )


def _check(key: str, entry: dict[str, Any]) -> Check:
    categories = frozenset(entry["categories"])
    return Check(key, entry["zh"], entry["en"], categories, entry.get("when", ""), entry["basis"])


def judge(kind: Kind, total_fen: int, *, state_funds: bool) -> Verdict:
    """Judge a trade by the total of all its sections: 以上 includes the number (87号令 86).

    `total_fen` counts everything of the same item together, so that splitting moves nothing out
    (招标投标法 4, 政府采购法实施条例 28).
    """
    if not load().category(kind.category).binds:
        return Verdict(False, False, "演练，不是交易 / a rehearsal, no trade", kind.basis)
    if kind.state_funds and not state_funds:
        return _out(kind, "不使用国有资金", "no state funds")
    figures = f"{format_yuan(total_fen)}", format_yuan(kind.threshold_fen)
    if total_fen < kind.threshold_fen:
        return _out(
            kind, f"{figures[0]}元不足{figures[1]}元", f"{figures[0]} below {figures[1]} yuan"
        )
    zh = f"{kind.zh}：{figures[0]}元，达到{figures[1]}元"
    reason = f"{zh} / {kind.en}: {figures[0]} yuan reaches {figures[1]}"
    return Verdict(inside=True, must_tender=True, reason=reason, basis=kind.basis)


def _out(kind: Kind, zh: str, en: str) -> Verdict:
    reason = f"{kind.zh}：{zh}，可自愿进场 / {kind.en}: {en}; may come in by choice"
    return Verdict(inside=False, must_tender=False, reason=reason, basis=kind.basis)
