"""Rosters: lines of a sheet as candidacies, and for each bad line its column and rule (pure).

Name, telephone and address leave here sealed alone, by the caller's key holders.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from experts.pool.candidacy import Candidacy, Employment
from experts.pool.intake.sheet import Row, read_sheet
from monitor.law.workday import SHANGHAI
from monitor.log.canonical import canonical
from monitor.refusal import Invalid
from trading.registration.credit_code import CreditCodeInvalid, checked

COLUMNS = {
    "uid": ("编号", "uid"),
    "name": ("姓名", "name"),
    "phone": ("电话", "手机", "phone"),
    "region": ("地区", "行政区划", "region"),
    "title": ("职称", "title"),
    "born": ("出生年", "born"),
    "practising_since": ("从业起始年", "practising_since"),
    "main_specialty": ("主专业", "main_specialty"),
    "specialties": ("专业", "specialties"),
    "employers": ("单位", "employers"),
    "certificates": ("证书", "certificates"),
}
"""Each column with the headings that it may stand under."""
FORM = "experts/pool/intake/roster"
_JOB = re.compile(r"([0-9A-Za-z]{18})@(\d{4}-\d\d-\d\d)(?:~(\d{4}-\d\d-\d\d)?)?")
_PARTS = re.compile(r"[;；、\s]+")
Seal = Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True)
class Bad:
    """A line that is not taken: its number, uid, the column at fault, the rule, and in words."""

    number: int
    uid: str
    column: str
    rule: str
    message: str


@dataclass(frozen=True, slots=True)
class Roster:
    """What a sheet holds: candidacies by line, and the lines that cannot be read."""

    taken: Mapping[int, Candidacy]
    bad: tuple[Bad, ...]


def read_roster(data: bytes, seal: Seal) -> Roster:
    """Read a whole file; a bad line spoils no other. Raises Invalid for what is no sheet."""
    taken, bad = dict[int, Candidacy](), list[Bad]()
    for row in read_sheet(data, COLUMNS):
        try:
            taken[row.number] = candidacy_of(row.cells, seal)
        except Invalid as fault:
            bad.append(bad_line(row, fault))
    return Roster(taken, tuple(bad))


def bad_line(row: Row, fault: Invalid) -> Bad:
    """Return the report of a line that a refusal keeps out."""
    return Bad(row.number, row.cells["uid"], fault.field, fault.rule, fault.message)


def candidacy_of(cells: Mapping[str, str], seal: Seal) -> Candidacy:
    """Return the candidacy of one line, its person sealed; raises Invalid naming the column."""
    found = Candidacy(
        uid=_given(cells, "uid"),
        region=_given(cells, "region"),
        title=_given(cells, "title"),
        born=_year(cells, "born"),
        practising_since=_year(cells, "practising_since"),
        main_specialty=_given(cells, "main_specialty"),
        specialties=_several(_given(cells, "specialties")),
        employers=tuple(map(_job, _several(_given(cells, "employers")))),
        certificates=_several(cells["certificates"]),
    )
    person = {"name": _given(cells, "name"), "phone": _given(cells, "phone"), "uid": found.uid}
    return replace(found, sealed_person=seal(canonical(dict(person))))


def unix(day: str) -> int:
    """Return the first second of a day in Beijing as unix seconds; raises ValueError."""
    found = date.fromisoformat(day)
    begins = datetime(found.year, found.month, found.day, tzinfo=SHANGHAI)
    return int(begins.astimezone(UTC).timestamp())


def _given(cells: Mapping[str, str], column: str) -> str:
    if not cells[column]:
        raise _wrong(column, "此列为空 / this column is empty")
    return cells[column]


def _year(cells: Mapping[str, str], column: str) -> int:
    told = _given(cells, column)
    if not re.fullmatch(r"(19|20)\d\d", told):
        raise _wrong(column, "应为四位年份，如 1975 / a year, as 1975")
    return int(told)


def _several(told: str) -> tuple[str, ...]:
    return tuple(filter(None, _PARTS.split(told)))


def _job(told: str) -> Employment:
    found = _JOB.fullmatch(told)
    if found is None:
        words = "应如 信用代码@入职日~离职日 / as CREDITCODE@2015-03-01~2020-01-01"
        raise _wrong("employers", words)
    try:
        code, start = checked(found[1]), unix(found[2])
        end = unix(found[3]) if found[3] else None
    except CreditCodeInvalid as fault:
        raise Invalid("employers", str(fault), rule="GB 32100-2015") from fault
    except ValueError:
        raise _wrong("employers", "没有这一天 / no such day") from None
    if end is not None and end <= start:
        raise _wrong("employers", "离职早于入职 / ends before it begins")
    return Employment(code, start, end)


def _wrong(column: str, words: str) -> Invalid:
    return Invalid(column, words, rule=FORM)
