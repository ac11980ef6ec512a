"""What a field is called, 中文 / English: beside it on a form, and where a fault names it."""

from __future__ import annotations

from collections.abc import Iterable

from webui.deed.field import Field
from webui.deed.rows import Rows
from webui.page.language import catalogue


def named(field: Field) -> str:
    """Name a field: by its own words, else by the catalogue's for its name."""
    return field.words or entitled(field.name) or field.name


def entitled(name: str) -> str:
    """Name what is called so in the catalogue; "" where it is not there."""
    words = catalogue().get(f"field.{name}")
    return f"{words['zh']} / {words['en']}" if words else ""


def called(fields: Iterable[Field], fault: str) -> str:
    """Name what a fault is about, "terms.1.deposit" by its row and column; "" for nothing known."""
    name, _, rest = fault.partition(".")
    field = next((each for each in fields if each.name == name), None)
    if field is None:
        return entitled(name)
    number, _, column = rest.partition(".")
    cell = next((each for each in _columns(field) if each.name == column), None)
    if cell is None:
        return named(field)
    zh, _, en = named(cell).partition(" / ")
    return f"第{int(number) + 1}行 {zh} / row {int(number) + 1}, {en}"


def _columns(field: Field) -> tuple[Field, ...]:
    return field.columns if isinstance(field, Rows) else ()
