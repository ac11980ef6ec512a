"""What stands in a form: typed values, faults, choices, and the keys that it carries."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from flask import Flask, request
from werkzeug.datastructures import MultiDict

from monitor.law.workday import SHANGHAI
from monitor.record.standing import stands_in
from monitor.refusal import Refusal
from trading.money import format_yuan
from webui.deed.brought import Blob
from webui.deed.choice import Choice, Several
from webui.deed.deed import Case, Caution, Deed, Unreadable
from webui.deed.field import Field, Money, Typed
from webui.deed.label import called, named
from webui.deed.rows import Rows
from webui.page.answer import cookie
from webui.page.language import known, text
from webui.page.show import said

MINUTE = timedelta(minutes=1)
SAMPLE = "sample"
CHOOSE_AGAIN = (
    "请重新选择文件：浏览器不会保留它 / choose the file once more: the browser does not keep it"
)
_CELL = re.compile(r"(?P<rows>[a-z_]+)\.(?P<number>\d{1,9})\.(?P<column>[a-z_]+)")


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a field, as the macros of forms read it; the rule is one of law."""

    field: str
    message: str
    rule: str
    label: str = ""


@dataclass(frozen=True)
class Form:
    """A deed's form as it is shown: what was typed stays, what is wrong is said beside it."""

    deed: Deed
    case: Case
    typed: Mapping[str, Typed] = field(default_factory=dict)
    refusal: Refusal | None = None
    cautions: tuple[Caution, ...] = ()

    @property
    def allowed(self) -> bool:
        """Whether it is this actor's to do in this project: only then anything is filled in."""
        actor, project = self.case.actor, self.case.project
        if actor.role not in self.deed.action.by:
            return False
        if project is None or not self.deed.action.standing:
            return True
        with self.case.source.platform.read() as session:
            return stands_in(session, actor, project)

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        """The fields that stand in it; some ask the database whether they do."""
        return self.deed.asks(self.case)

    @property
    def has_files(self) -> bool:
        """Whether a file can be dropped into it."""
        return any(isinstance(each, Blob) for each in self.fields)

    @cached_property
    def lost(self) -> list[Blob]:
        """The boxes whose file was read and must be chosen again: no browser brings it back."""
        boxes = [each for each in self.fields if isinstance(each, Blob)]
        wrong = {each.field for each in self.faults}
        return [
            each
            for each in boxes
            if isinstance(self.typed.get(each.name), bytes) and each.name not in wrong
        ]

    @cached_property
    def errors(self) -> list[Fault]:
        """What is wrong, as the macros of forms read it; a field that is not here is not named."""
        again = [Fault(each.name, CHOOSE_AGAIN, "", said(named(each))) for each in self.lost]
        return self._wrong() + again

    def _wrong(self) -> list[Fault]:
        return [
            Fault(
                each.field if self.shows(each.field) else "",
                each.message,
                article(each),
                self._label(each),
            )
            for each in self.faults
        ]

    @property
    def brought(self) -> bool:
        """Whether a file of one's own was chosen: no sample stands in for it the next time."""
        return any(isinstance(each, bytes) for each in self.typed.values())

    def _label(self, fault: Refusal) -> str:
        """Name the field of a fault, unless its own words begin with that."""
        name = said(called(self.fields, fault.field))
        return "" if said(fault.message).startswith(name) else name

    @property
    def brief(self) -> list[tuple[str, Any]]:
        """What to know before it is done."""
        try:
            return list(self.deed.brief(self.case)) if self.deed.brief else []
        except Refusal:
            return []

    @property
    def faults(self) -> list[Refusal]:
        """What is wrong, in the order of the fields."""
        if isinstance(self.refusal, Unreadable):
            return list(self.refusal.faults)
        return [self.refusal] if self.refusal else []

    def fault(self, name: str) -> Refusal | None:
        """Return what is wrong with a field, if anything."""
        return next((each for each in self.faults if each.field == name), None)

    def shows(self, name: str) -> bool:
        """Tell whether a fault's field stands in this form, so that it can be gone to."""
        return any(each.name == name.partition(".")[0] for each in self.fields)

    def value(self, each: Field) -> Any:
        """Return what stands in a field: what was typed, else what it starts with."""
        if each.name == SAMPLE and self.brought:
            return ""
        if each.name in self.typed:
            return _once(each, self.typed[each.name])
        try:
            return shown(each, each.start(self.case)) if each.start else ""
        except Refusal:
            return ""

    def options(self, each: Choice | Several) -> list[tuple[str, str]]:
        """Return what may be chosen in a field."""
        try:
            return list(each.options(self.case))
        except Refusal:
            return []

    def rows(self, each: Rows) -> Iterable[Mapping[str, Typed]]:
        """Return the rows of a table field: those filled, and room for more."""
        told = list(self.value(each) or [])
        more = max(each.shown - len(told), 1) if each.shown else 0
        return told + [{} for _ in range(more)]


def shown(each: Field, value: Any) -> Any:
    """Return what a field starts with as it is typed: fen as yuan, in rows too."""
    if isinstance(each, Rows):
        return [
            {one.name: shown(one, row.get(one.name, "")) for one in each.columns} for row in value
        ]
    return format_yuan(value) if isinstance(each, Money) and isinstance(value, int) else value


def titled(each: Field) -> str:
    """Name a field: by its own words, else by its name; a label begins with a capital."""
    name = said(named(each))
    return name[:1].upper() + name[1:]


def label(name: str) -> str:
    """Name a field in the reader's language."""
    key = f"field.{name.rpartition('.')[2]}"
    return text(key) if known(key) else name


def typed(deed: Deed, form: MultiDict[str, str]) -> dict[str, Typed]:
    """Return what was typed into the fields of a deed, files too.

    A name is read once, though two fields of it stand by turns: a file can be read only once.
    """
    told: dict[str, Typed] = {}
    for each in {one.name: one for one in deed.fields}.values():
        if isinstance(each, Rows):
            told[each.name] = _rows(each, form)
        elif isinstance(each, Several):
            told[each.name] = form.getlist(each.name)
        elif isinstance(each, Blob):
            dropped = [file.read() for file in request.files.getlist(each.name) if file]
            told[each.name] = _only(dropped) if dropped else _only(form.getlist(each.name))
        else:
            told[each.name] = _only(form.getlist(each.name))
    return told


def _only(given: Sequence[Typed]) -> Typed:
    """Return the one that was given; what came twice stays twice, which no field takes."""
    return list(given) if len(given) > 1 else next(iter(given), "")


def _once(field: Field, typed: Typed) -> Typed:
    """Return what is shown again of what came twice, and rows alone in a table of rows."""
    if isinstance(field, Rows):
        return typed if isinstance(typed, list) else []
    if isinstance(typed, list) and not isinstance(field, Several):
        return typed[0] if isinstance(typed[0], str) else ""
    return typed


def _rows(field: Rows, form: MultiDict[str, str]) -> list[dict[str, Typed]]:
    """Return the rows that are not empty: the form, its fields and the action number the same."""
    found: dict[int, dict[str, Typed]] = {}
    for key, values in form.lists():
        cell = _CELL.fullmatch(key)
        if cell and cell["rows"] == field.name:
            found.setdefault(int(cell["number"]), {})[cell["column"]] = _only(values)
    return [found[number] for number in sorted(found) if any(found[number].values())]


def article(fault: Refusal) -> str:
    """Return the rule behind a refusal where a reader can look it up: an article, not our code."""
    ours = fault.rule.startswith(("monitor/", "webui/", "csrf", "account."))
    return "" if ours else fault.rule


def local_input(value: object) -> str:
    """Return a moment as a browser's field of Beijing time holds it; typed text as it stands.

    To the minute, the next one where seconds are left: what must not be early stays late enough.
    """
    if not isinstance(value, datetime):
        return str(value)
    whole = value.replace(second=0, microsecond=0)
    return f"{(whole if whole == value else whole + MINUTE).astimezone(SHANGHAI):%Y-%m-%dT%H:%M}"


def install(app: Flask) -> None:
    """Make them filters, and a fresh key for every button, known to templates."""
    for function in (label, titled, article, local_input):
        app.jinja_env.filters[function.__name__] = function
    app.jinja_env.globals.update(new_key=cookie.random, known=known)
