"""Batches: one deed done for many rows, each a record of its own; what is wrong is said by row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from flask import abort, request

from monitor.refusal import Invalid, NotAllowed, Refusal
from trading.account.credential import ConfirmFirst
from trading.account.gate import Forged
from trading.account.session import SignedOut
from webui.deed.book import deeds
from webui.page.office.act.act import _confirm as confirm
from webui.page.office.act.act import asked, doer
from webui.page.wearer import Wearer, require_sent

MOST = 100
"""Rows of one request: each is an act under the project's lock."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row's name on the page, its deed's inputs, the line it came in, what is wrong already."""

    name: str
    inputs: Mapping[str, Any]
    line: str = ""
    fault: Refusal | None = None


@dataclass(frozen=True, slots=True)
class RowFault:
    """What is wrong with a row, as the macros of forms read it."""

    field: str
    message: str
    rule: str
    record: UUID | None


@dataclass(frozen=True, slots=True)
class Batch:
    """How a batch went: its rows, what was done, what was refused; `stopped` before the first."""

    deed: str = ""
    rows: tuple[Row, ...] = ()
    done: tuple[UUID, ...] = ()
    faults: tuple[RowFault, ...] = ()
    stopped: Refusal | None = None

    @property
    def went_well(self) -> bool:
        """Tell whether everything was done."""
        return not self.faults and self.stopped is None

    @property
    def asks_who(self) -> bool:
        """Tell whether the person has to prove themselves anew first."""
        return isinstance(self.stopped, ConfirmFirst)

    @property
    def status(self) -> int:
        """The status of the page that says so."""
        return 403 if isinstance(self.stopped, NotAllowed) else 422

    @property
    def errors(self) -> list[RowFault]:
        """What is wrong, in the order of the rows; what stopped it first."""
        return [_fault("", self.stopped)] if self.stopped else list(self.faults)

    def chose(self, row: object) -> bool:
        """Tell whether a row was in it and is still to be done."""
        return any(each.name == str(row) for each in self.left)

    @property
    def left(self) -> list[Row]:
        """The rows that are still to be done."""
        if self.stopped:
            return list(self.rows)
        wrong = {each.field for each in self.faults}
        return [each for each in self.rows if each.name in wrong]

    @property
    def lines(self) -> str:
        """The pasted lines that are still to be done."""
        return "\n".join(each.line for each in self.left if each.line)

    def typed(self, row: object, name: str) -> str:
        """Return what was typed for a row."""
        found = [each.inputs.get(name, "") for each in self.rows if each.name == str(row)]
        return str(found[0]) if found else ""


NONE = Batch()


def run(name: str, who: Wearer, project: UUID, rows: Sequence[Row]) -> Batch:
    """Do the deed for every row; one refused row leaves the others done."""
    told = Batch(name, tuple(rows))
    try:
        require_sent(who)
        confirm(who)
        _require_rows(name, who, project, rows)
    except SignedOut:
        abort(401)
    except Refusal as refusal:
        return replace(told, stopped=refusal)
    return _each(told, who, project)


def _each(told: Batch, who: Wearer, project: UUID) -> Batch:
    done, faults = list[UUID](), list[RowFault]()
    for row in told.rows:
        try:
            done.append(_do(told.deed, who, project, row))
        except SignedOut:
            abort(401)
        except ConfirmFirst as first:
            return replace(told, stopped=first, done=tuple(done))
        except Refusal as refusal:
            faults.append(_fault(row.name, refusal))
    return replace(told, done=tuple(done), faults=tuple(faults))


def _do(deed: str, who: Wearer, project: UUID, row: Row) -> UUID:
    told = asked(who, project, dict(row.inputs))
    if row.fault:
        doer().refuse(deeds()[deed], told, row.fault)
    key = f"{request.form.get('once', '')}:{row.name}"
    return doer().do(deeds()[deed], replace(told, key=key)).record


def _require_rows(name: str, who: Wearer, project: UUID, rows: Sequence[Row]) -> None:
    """Refuse a batch of nothing, or of too much; the refusal is recorded."""
    if 0 < len(rows) <= MOST:
        return
    words = (
        f"一次不超过{MOST}笔 / at most {MOST} at a time"
        if rows
        else "请至少选择一笔 / choose at least one"
    )
    doer().refuse(deeds()[name], asked(who, project, {}), Invalid("rows", words))


def _fault(row: str, refusal: Refusal) -> RowFault:
    rule = "" if isinstance(refusal, Forged | ConfirmFirst) else refusal.rule
    return RowFault(row, refusal.message, rule, refusal.record)
