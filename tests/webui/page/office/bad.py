"""Bad input for each kind of field: as a form types it, as JSON tells it; and what is right."""

import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from experts.ceremony.mail.parcel import MOST_BYTES
from webui.deed.book.evaluation.method import Points
from webui.deed.book.tenderer import Hex, KeyFile
from webui.deed.brought import Blob, Bytes, Document, List
from webui.deed.choice import Choice, Several
from webui.deed.field import Day, Field, Ident, Long, Moment, Money, Text, Tick, Whole
from webui.deed.rows import Rows

MARK = "<&>"
"""What is typed into texts: it must come back, and never as markup."""
LOST = "\udcff"
"""Stands for a byte that is no UTF-8; see `encoded`."""
UNSEEN = ("a\x00b", "a\x1bb", f"a{LOST}b", "")
NUMBERS = ("12.345", "1e9", "-1", "九")
DEEP = 2_000
LARGE = 1024 * 1024
"""Files above this are not sent as base64: the form's own test sends them."""


def good(field: Field) -> Any:
    """What a field takes, as a form types it; rows as dictionaries, files as bytes."""
    return of(RIGHT, field)(field)


def of(table: dict[type[Field], Any], field: Field) -> Any:
    """Return what stands in a table for the kind of a field: for the nearest that stands there."""
    return next(table[kind] for kind in type(field).__mro__ if kind in table)


def typed_wrongly(field: Field) -> list[Any]:
    """What a form may bring that a field does not take; of a file only what is too large."""
    if isinstance(field, Rows):
        return _rows(field)
    if isinstance(field, Tick):
        return ["perhaps", f"yes{LOST}"]
    if isinstance(field, Several):
        return [["nothing\x00"], [f"a{LOST}"], ["长" * 201]]
    if isinstance(field, Blob):
        return [bytes(field.most + 1)]
    return [each for each in (*_texts(field), *UNSEEN) if each or field.required]


def told_wrongly(field: Field) -> list[Any]:
    """What JSON may bring that a field does not take: wrong types, and signs that nothing keeps."""
    if isinstance(field, Rows):
        return ["x", [1], {"a": 1}, [[]], True, *_rows(field)]
    if isinstance(field, Tick):
        return ["perhaps", [1], 7, {"a": True}, [], 1.5]
    if isinstance(field, Several):
        return [[["a"]], [None], {"a": 1}, [1.5], ["a\x00"], ["a\ud800"], True]
    if isinstance(field, Blob):
        most = ["A" * (4 * (field.most + 3) // 3)] if field.most <= LARGE else []
        return [[1], {"a": 1}, 7, True, "不是", "a", *most]
    if isinstance(field, Document):
        return _documents(field)
    wrong: list[Any] = [[MARK], {"a": 1}, 1.5, True, False, [], {}, 10**400, "a\ud800b"]
    return wrong + [each for each in (None, *_texts(field), "a\x00b") if each or field.required]


def encoded(text: str) -> bytes:
    """A form's text as bytes, those that are no UTF-8 as they are."""
    return text.encode("utf-8", "surrogateescape")


def _chosen(field: Choice | Several) -> str:
    """A value of the kind, though perhaps not one that is offered."""
    members = list(getattr(field.kind, "__members__", {}).values())
    return str(members[0].value) if members else MARK if field.kind is str else str(uuid4())


def _texts(field: Field) -> list[str]:
    return list(of(WRONG, field)(field))


def _documents(field: Document) -> list[Any]:
    inside: list[Any] = ["a\x00", "a\ud800", 10**400]
    if field.most <= MOST_BYTES:  # of what holds more, two million characters are not too many
        inside.append([["长" * (field.most + 1)]])
    wrong: list[Any] = [{"a": each} for each in inside] if not isinstance(field, List) else inside
    deep = json.loads("[" * 500 + "]" * 500)
    told = [deep] if isinstance(field, List) else [{"a": deep}]
    return [*_texts(field), 7, True, "", None, *([each] if isinstance(field, List) else each
            for each in wrong), *told]  # fmt: skip


def _rows(field: Rows) -> list[Any]:
    """Too many; then, behind a row that is left empty, each column wrong in turn."""
    row = good(field)[0]
    found: list[Any] = [[row] * (field.most + 1)]
    for column in field.columns:
        found += [[{}, row | {column.name: each}] for each in typed_wrongly(column)[:3]]
    return found if not field.required else [[], [{}], *found]


RIGHT: dict[type[Field], Callable[[Any], Any]] = {
    Rows: lambda field: [{each.name: good(each) for each in field.columns}],
    Several: lambda field: [_chosen(field)],
    Choice: _chosen,
    Points: lambda _: "10",
    Hex: lambda field: "00" * field.size,
    Bytes: lambda _: "00" * 32,
    KeyFile: lambda _: b"AGE-SECRET-KEY-1X",
    Blob: lambda _: b"x",
    List: lambda _: "[]",
    Document: lambda _: "{}",
    Money: lambda _: "12.30",
    Whole: lambda field: str(field.least),
    Moment: lambda _: "2026-04-14T09:30",
    Day: lambda _: "2026-04-14",
    Tick: lambda _: "yes",
    Ident: lambda _: str(uuid4()),
    Text: lambda _: MARK,
    Long: lambda _: MARK,
}
WRONG: dict[type[Field], Callable[[Any], list[str]]] = {
    Points: lambda _: ["12.345", "-1", "九", "101", "NaN", "1e-9"],
    Hex: lambda field: ["00", "zz" * field.size, "长" * 500],
    Bytes: lambda _: ["0", "zz", "00" * 201],
    Money: lambda _: [*NUMBERS, "9" * 18, "长" * 41],
    Whole: lambda field: [*NUMBERS, str(field.greatest + 1), "9" * 13],
    Moment: lambda _: ["2026-02-30T09:30", "tomorrow", "0001-01-01T00:00", "9999-12-31T23:59"],
    Day: lambda _: ["2026-02-30", "2026-13-01", "0001-01-01", "9999-12-31", "9" * 21],
    Ident: lambda _: ["x", "长" * 41, "0" * 31],
    Choice: lambda _: ["长" * 201],
    Document: lambda _: [
        "x",
        "{",
        "7",
        "[" * DEEP,
        '{"a": "\\u0000"}',
        '{"a": NaN}',
        "长" * 200_001,
    ],
    Long: lambda field: ["长" * (field.most + 1)],
    Text: lambda field: ["长" * (field.most + 1), "a\nb"],
}
