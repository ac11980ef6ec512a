"""Pools of double-random inspection 双随机: items to look at, enterprises, officers who look.

Departments bring each by a sheet; what a draw is made from is a list of them (purpose inspection).
A line with a known code shows what is told anew; one that is not told any more stays until it is
taken out by name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint, func, insert, select, update
from sqlalchemy.orm import Mapped, Session

from experts.draw.encoding import H
from experts.draw.pool import MAX_WEIGHT
from experts.pool.intake.sheet import Row, read_sheet
from monitor.log.canonical import JSON, canonical
from monitor.record.act import Act
from monitor.record.action import action
from monitor.record.identity import new_id
from monitor.record.table import Recorded
from monitor.refusal import NotFound
from monitor.role import Role

COLUMNS = {
    "code": ("编号", "信用代码", "code"),
    "name": ("名称", "姓名", "name"),
    "unit": ("单位", "所属单位", "unit"),
    "group": ("类别", "group"),
    "weight": ("权重", "weight"),
}
"""Each column with the headings that it may stand under."""
LONGEST = 200


class Kind(StrEnum):
    """What a line of the pools is."""

    ITEM = "item"
    ENTERPRISE = "enterprise"
    OFFICER = "officer"


class InspectionObject(Recorded):
    """One item, enterprise or officer; `until` is None while it is in the pool."""

    __tablename__ = "inspection_object"
    __table_args__ = (
        UniqueConstraint("org", "kind", "code"),
        CheckConstraint("kind IN ('item', 'enterprise', 'officer')", name="kind"),
        CheckConstraint(f"weight BETWEEN 1 AND {MAX_WEIGHT}", name="weight"),
    )
    org: Mapped[UUID]
    kind: Mapped[str]
    code: Mapped[str]
    name: Mapped[str]
    unit: Mapped[str]
    group: Mapped[str]
    weight: Mapped[int]
    since: Mapped[datetime]
    until: Mapped[datetime | None]


@dataclass(frozen=True, slots=True)
class Subject:
    """One line as it is brought."""

    code: str
    name: str
    unit: str = ""
    group: str = ""
    weight: int = 1


@dataclass(frozen=True, slots=True)
class Bad:
    """A line that is not taken: its number, code and column, and what is wrong."""

    number: int
    code: str
    column: str
    message: str


def read_subjects(data: bytes) -> tuple[list[Subject], list[Bad]]:
    """Read a sheet; a bad line spoils no other. Raises Invalid for what is no sheet."""
    found, bad = dict[str, Subject](), list[Bad]()
    for row in read_sheet(data, COLUMNS):
        fault = _fault(row, found)
        if fault:
            bad.append(Bad(row.number, row.cells["code"], *fault))
            continue
        cells = row.cells
        weight = int(cells["weight"] or 1)
        found[cells["code"]] = Subject(
            cells["code"], cells["name"], cells["unit"], cells["group"], weight
        )
    return list(found.values()), bad


@action("inspection.import", by=(Role.DEPARTMENT,), standing=False)
def import_subjects(act: Act, *, kind: Kind, subjects: Sequence[Subject], refused: int = 0) -> int:
    """Bring lines into one's own pool of a kind, new or told anew; return how many.

    refused: how many lines of the same sheet were not taken. Raises NotFound for none.
    """
    act.require(subjects, NotFound("没有可导入的行 / no lines to import"))
    codes = [each.code for each in subjects]
    known = {row.code: row for row in _own(act.session, act.actor.org, kind, codes)}
    fresh = []
    for each in subjects:
        row = known.get(each.code)
        if row is None:
            fresh.append(_row(act, kind, each))
        else:
            row.name, row.unit, row.group = each.name, each.unit, each.group
            row.weight, row.until = each.weight, None
    if fresh:
        act.session.execute(insert(InspectionObject), fresh)
    listed: list[JSON] = [[one.code, one.name, one.unit, one.group, one.weight] for one in subjects]
    act.note(
        kind=kind.value, taken=len(subjects), fresh=len(fresh), refused=refused,
        digest=H("subjects", canonical(listed)).hex(),
    )  # fmt: skip
    return len(subjects)


@action("inspection.remove", by=(Role.DEPARTMENT,), standing=False)
def remove(act: Act, *, kind: Kind, codes: Sequence[str], reason: str) -> int:
    """Take lines out of one's own pool, with the reason; return how many. Raises NotFound."""
    done = act.session.scalars(
        update(InspectionObject)
        .where(InspectionObject.org == act.actor.org, InspectionObject.kind == kind.value)
        .where(InspectionObject.code.in_(codes), InspectionObject.until.is_(None))
        .values(until=act.now)
        .returning(InspectionObject.code)
    ).all()
    act.require(done, NotFound("没有此编号 / no such code", field="codes"))
    act.note(kind=kind.value, codes=sorted(done), reason=reason.strip())
    return len(done)


def counts(session: Session, org: UUID) -> Mapping[Kind, int]:
    """Return how many of each kind are in a department's pools."""
    rows = session.execute(
        select(InspectionObject.kind, func.count(InspectionObject.id))
        .where(InspectionObject.org == org, InspectionObject.until.is_(None))
        .group_by(InspectionObject.kind)
    )
    found = {row[0]: int(row[1]) for row in rows}
    return {kind: found.get(kind.value, 0) for kind in Kind}


def pool_of(
    session: Session, org: UUID, kind: Kind, most: int | None = None
) -> Sequence[InspectionObject]:
    """Return a department's pool of a kind, by code."""
    query = (
        select(InspectionObject)
        .where(InspectionObject.org == org, InspectionObject.kind == kind.value)
        .where(InspectionObject.until.is_(None))
        .order_by(InspectionObject.code)
        .limit(most)
    )
    return session.scalars(query).all()


def _own(
    session: Session, org: UUID, kind: Kind, codes: Sequence[str]
) -> Sequence[InspectionObject]:
    query = (
        select(InspectionObject)
        .where(InspectionObject.org == org, InspectionObject.kind == kind.value)
        .where(InspectionObject.code.in_(codes))
        .with_for_update()
    )
    return session.scalars(query).all()


def _row(act: Act, kind: Kind, each: Subject) -> dict[str, object]:
    return {
        "id": new_id(act.now), "org": act.actor.org, "kind": kind.value, "code": each.code,
        "name": each.name, "unit": each.unit, "group": each.group, "weight": each.weight,
        "since": act.now, "until": None,
    }  # fmt: skip


def _fault(row: Row, found: Mapping[str, Subject]) -> tuple[str, str] | None:
    """Return the column at fault and why; None for a good line."""
    cells, weight = row.cells, row.cells["weight"] or "1"
    if not cells["code"] or cells["code"] in found:
        return "code", "编号为空或重复 / no code, or one twice"
    if not cells["name"]:
        return "name", "名称为空 / no name"
    long = next((name for name, told in cells.items() if len(told) > LONGEST), None)
    if long:
        return long, f"不超过{LONGEST}字 / at most {LONGEST} characters"
    if not (weight.isascii() and weight.isdecimal() and 1 <= int(weight) <= MAX_WEIGHT):
        return "weight", f"应为1至{MAX_WEIGHT} / 1 to {MAX_WEIGHT}"
    return None
