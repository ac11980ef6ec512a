"""Sheets of the pool: CSV and XLSX read alike, a bad line told by column and rule, none lost."""

import io
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from xml.sax.saxutils import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from experts.pool.candidacy import OLDEST
from experts.pool.expert import Expert, Verdict, review
from experts.pool.intake.application import apply, name_keepers, standing_of
from experts.pool.intake.roster import COLUMNS, Roster, read_roster
from experts.pool.intake.sheet import read_sheet
from experts.pool.register import Line, import_pool
from experts.pool.stand_in import stand_in_employer
from monitor.clock import MovableClock
from monitor.record.platform import Platform
from monitor.refusal import Invalid, NotAllowed
from monitor.role import SYSTEM, Role
from monitor.runtime.database import Addresses
from tests.builders import an_actor
from tests.experts.pool_world import PoolKeepers, the_keepers

HEADINGS = [names[0] for names in COLUMNS.values()]
JOB = f"{stand_in_employer(1)}@2001-02-03~2010-01-01;{stand_in_employer(2)}@2010-01-02"
GOOD = [
    "X1",
    "例甲",
    "000-1",
    "350102",
    "高级工程师",
    "1970",
    "1995",
    "A01",
    "A01;A02",
    JOB,
    "注册",
]
COLUMN = dict(zip(COLUMNS, range(len(COLUMNS)), strict=True))


def line(**cells: str) -> list[str]:
    return [cells.get(name, GOOD[at]) for name, at in COLUMN.items()]


def csv(*lines: list[str], encoding: str = "utf-8-sig", apart: str = ",") -> bytes:
    return "\r\n".join(apart.join(one) for one in [HEADINGS, *lines]).encode(encoding)


def xlsx(*lines: list[str], extra: str = "", encoding: str = "utf-8", packed: int = 0) -> bytes:
    """A workbook as spreadsheets write it: shared strings, numbers as numbers, gaps left out."""
    strings: list[str] = []
    rows = []
    for number, cells in enumerate([HEADINGS, *lines], 1):
        told = []
        for at, cell in enumerate(cells):
            if not cell:
                continue
            place = f"{chr(65 + at)}{number}"
            if cell.isdecimal():
                told.append(f'<c r="{place}"><v>{cell}</v></c>')
                continue
            strings.append(cell)
            told.append(f'<c r="{place}" t="s"><v>{len(strings) - 1}</v></c>')
        rows.append(f'<row r="{number}">{"".join(told)}</row>')
    main = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    shared = "".join(f"<si><t>{escape(each)}</t></si>" for each in strings)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", packed) as book:
        head = f'<?xml version="1.0" encoding="{encoding}"?>{extra}'
        book.writestr("xl/sharedStrings.xml", f"{head}<sst {main}>{shared}</sst>".encode(encoding))
        sheet = f"<worksheet {main}><sheetData>{''.join(rows)}</sheetData></worksheet>"
        book.writestr("xl/worksheets/sheet1.xml", f"{head}{sheet}".encode(encoding))
    return out.getvalue()


def damaged(data: bytes) -> bytes:
    """A workbook whose packed content holds other bytes from the middle of its first part on."""
    at = data.index(b"xl/sharedStrings.xml") + 60
    return data[:at] + bytes(40) + data[at + 40 :]


def read(data: bytes) -> Roster:
    return read_roster(data, lambda person: b"sealed " + str(len(person)).encode())


@pytest.mark.parametrize(
    "data",
    [
        csv(GOOD),
        csv(GOOD, encoding="gb18030"),
        csv(GOOD, apart="\t"),
        xlsx(GOOD),
    ],
)
def test_every_form_of_sheet_holds_the_same_person(data: bytes) -> None:
    [(number, found)] = read(data).taken.items()
    assert number == 2
    assert (found.uid, found.born, found.region) == ("X1", 1970, "350102")
    assert found.specialties == ("A01", "A02")
    assert found.employers[0].end is not None
    assert found.employers[1].end is None
    assert found.certificates == ("注册",)
    assert found.sealed_person.startswith(b"sealed")


@pytest.mark.parametrize(
    ("column", "told", "rule"),
    [
        ("born", "七十年代", "experts/pool/intake/roster"),
        ("name", "", "experts/pool/intake/roster"),
        ("employers", "某公司", "experts/pool/intake/roster"),
        ("employers", f"{stand_in_employer(1)[:17]}0@2001-02-03", "GB 32100-2015"),
        ("employers", f"{stand_in_employer(1)}@2001-02-30", "experts/pool/intake/roster"),
        (
            "employers",
            f"{stand_in_employer(1)}@2001-02-03~2000-01-01",
            "experts/pool/intake/roster",
        ),
    ],
)
def test_a_bad_line_is_told_by_number_column_and_rule_and_spoils_no_other(
    column: str, told: str, rule: str
) -> None:
    found = read(csv(GOOD, line(uid="X2", **{column: told}), line(uid="X3")))
    assert [one.uid for one in found.taken.values()] == ["X1", "X3"]
    [bad] = found.bad
    assert (bad.number, bad.uid, bad.column, bad.rule) == (3, "X2", column, rule)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xfe\x00\x01",
        b"PK\x03\x04 no zip",
        csv(GOOD)[:0] + "姓名,电话\n甲,1".encode(),
        xlsx(GOOD, extra='<!DOCTYPE x [<!ENTITY a "aaaa">]>'),
        xlsx(GOOD, extra='<!DOCTYPE x [<!ENTITY a "aaaa">]>', encoding="utf-16"),
        damaged(xlsx(GOOD, packed=zipfile.ZIP_DEFLATED)),
    ],
    ids=["empty", "bytes", "zip", "headings", "entities", "hidden entities", "damaged"],
)
def test_what_is_no_sheet_is_refused_whole(data: bytes) -> None:
    with pytest.raises(Invalid) as refused:
        read(data)
    assert refused.value.field == "file"


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300))
def test_no_bytes_whatever_break_the_reader(noise: bytes) -> None:
    for data in (noise, b"PK\x03\x04" + noise, csv(GOOD) + noise):
        with suppress(Invalid):
            assert isinstance(read_sheet(data, COLUMNS), list)


@pytest.fixture
def platform(database: Addresses) -> Iterator[Platform]:
    platform = Platform(database.app_url, MovableClock(datetime(2026, 5, 1, tzinfo=UTC)))
    yield platform
    platform.close()


@pytest.fixture
def keepers(platform: Platform) -> PoolKeepers:
    return the_keepers(platform)


def test_an_import_reports_each_line_of_the_file_in_its_order(
    platform: Platform, keepers: PoolKeepers
) -> None:
    old = str(2026 - OLDEST - 1)
    lines = [GOOD, line(uid=""), line(uid="X4", born=old, practising_since="1980"), GOOD]
    found = read_roster(csv(*lines), keepers.seal)
    report = platform.perform(
        import_pool, keepers.first, None, candidacies=list(found.taken.values()),
        numbers=list(found.taken),
        unread=[Line(one.number, one.uid, one.column, one.rule) for one in found.bad],
    )  # fmt: skip
    assert [(one.number, one.fault) for one in report] == [
        (2, ""), (3, "uid"), (4, "born"), (5, "uid")
    ]  # fmt: skip
    assert report[2].rule == "招标投标法 37"
    with platform.read() as session:
        assert session.scalars(select(Expert.uid).where(Expert.uid.startswith("X"))).all() == ["X1"]


def test_whoever_applies_is_decided_by_one_person_and_told_why_not(
    platform: Platform, keepers: PoolKeepers
) -> None:
    asked = next(iter(read_roster(csv(GOOD), keepers.seal).taken.values()))
    uid = platform.perform(apply, SYSTEM, None, candidacy=asked)
    assert uid != asked.uid, "nobody chooses the own number"

    def decline(reason: str) -> None:
        platform.perform(
            review, keepers.first, None, uids=[uid], verdict=Verdict.DECLINED,
            organisation=keepers.unit, reason=reason,
        )  # fmt: skip

    with pytest.raises(Invalid) as refused:
        decline(" ")
    assert refused.value.field == "reason"
    decline("证书不符")
    with platform.read() as session:
        told = standing_of(session, uid)
        assert told is not None
        assert (told.state, told.reason) == ("declined", "证书不符")
        assert standing_of(session, "X1") is None, "what was brought in is nobody's application"
        assert standing_of(session, "S\0") is None
    sheet = read_roster(csv(line(uid="S23456789ABC")), keepers.seal)
    brought = list(sheet.taken.values())
    assert not platform.perform(import_pool, keepers.first, None, candidacies=brought)[0].fault
    with platform.read() as session:
        assert standing_of(session, "S23456789ABC") is None, "whatever its number looks like"


def test_only_the_administrator_names_who_keeps_the_names(platform: Platform) -> None:
    key = "age1" + "q" * 58
    with pytest.raises(NotAllowed):
        platform.perform(name_keepers, an_actor(platform, Role.CENTRE), None, recipient=key)
    boss = an_actor(platform, Role.ADMINISTRATOR)
    with pytest.raises(Invalid):
        platform.perform(name_keepers, boss, None, recipient="AGE-SECRET-KEY-1")
    for _ in range(2):
        platform.perform(name_keepers, boss, None, recipient=key)
