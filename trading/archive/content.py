"""What belongs in the file of a trade, who may have it, and how long it is kept: all data."""

import tomllib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

_TABLE = Path(__file__).with_name("content.toml")


class UnknownContent(KeyError):
    """A class of document or a category of trade that content.toml does not hold."""


@dataclass(frozen=True, slots=True)
class DocumentClass:
    """One row: code, names, legal basis, and the categories it is public or required in."""

    code: str
    zh: str
    en: str
    basis: str
    public: frozenset[str]
    required: frozenset[str]


@dataclass(frozen=True, slots=True)
class Retention:
    """How many years a file is kept at least, and by which rule."""

    years: int
    basis: str


@cache
def classes() -> dict[str, DocumentClass]:
    """Return every class of document in the order of the file (20令 40, 采法 42)."""
    return {
        code: DocumentClass(
            code,
            row["zh"],
            row["en"],
            row["basis"],
            frozenset(row["public"]),
            frozenset(row["required"]),
        )
        for code, row in _table()["class"].items()
    }


def class_of(code: str) -> DocumentClass:
    """Return the row of a class; UnknownContent if there is none."""
    if code not in classes():
        raise UnknownContent(f"document class / 文件类别: {code}")
    return classes()[code]


def missing(category: str, present: Collection[str]) -> list[DocumentClass]:
    """Return the classes that the file of this category must hold and does not."""
    retention(category)
    return [
        row for row in classes().values() if category in row.required and row.code not in present
    ]


def retention(category: str) -> Retention:
    """Return the retention of a category; UnknownContent if there is none (采法 42)."""
    rows = _table()["retention"]
    if category not in rows:
        raise UnknownContent(f"category / 交易类别: {category}")
    return Retention(rows[category]["years"], rows[category]["basis"])


def kept_until(category: str, ended: date) -> date:
    """Return the last day on which nothing of the file may be destroyed; ended = end of trade."""
    year = ended.year + retention(category).years
    try:
        return ended.replace(year=year)
    except ValueError:
        return date(year, 3, 1)


@cache
def _table() -> dict[str, dict[str, dict[str, Any]]]:
    return tomllib.loads(_TABLE.read_text(encoding="utf-8"))
