"""Agencies of the market: open entry, a showcase, qualifications; exit and re-entry at will.

Nobody is let in or kept out by the centre (招标投标法 12; 国办发〔2022〕 open entry): who is on a
blacklist stays out until its end, and everybody sees on what basis (credit.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from experts.pool.agency.credit import barred
from monitor.record.act import Act
from monitor.record.action import action
from monitor.record.identity import new_id
from monitor.record.table import Recorded
from monitor.refusal import Conflict, Invalid, NotAllowed, NotFound
from monitor.role import Role
from trading.registration.party import found_organisation

MOST_SERVICES, MOST_QUALIFICATIONS, LONGEST = 20, 30, 4000


class Service(StrEnum):
    """What an agency offers; owners choose and draw within one of these."""

    TENDER = "tender"  # 招标代理
    PROCUREMENT = "procurement"  # 采购代理
    COST = "cost"  # 造价咨询
    APPRAISAL = "appraisal"  # 资产评估
    AUDIT = "audit"  # 审计
    SURVEY = "survey"  # 测绘
    SUPERVISION = "supervision"  # 监理


@dataclass(frozen=True, slots=True)
class Qualification:
    """A certificate: its name, number and last day."""

    name: str
    number: str
    until: date

    def value(self) -> dict[str, str]:
        """Return it as JSON."""
        return {"name": self.name, "number": self.number, "until": self.until.isoformat()}


class Agency(Recorded):
    """An organisation in the pool: since when, until when, and what it shows of itself."""

    __tablename__ = "agency"
    __table_args__ = (
        UniqueConstraint("organisation"),
        CheckConstraint("state IN ('open', 'left')", name="state"),
    )
    organisation: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    state: Mapped[str]
    showcase: Mapped[str]
    services: Mapped[list[Any]]
    qualifications: Mapped[list[Any]]
    since: Mapped[datetime]


@action("agency.enter", by=(Role.AGENCY,), standing=False)
def enter(
    act: Act,
    *,
    showcase: str,
    services: Sequence[Service],
    qualifications: Sequence[Qualification],
) -> UUID:
    """Enter the pool, again after an exit too, or show oneself anew; return the entry's id.

    Raises Invalid, NotAllowed for whoever is on the blacklist, naming its end.
    """
    until = barred(act.session, act.actor.org, act.now)
    if until is not None:
        raise NotAllowed(
            f"列入失信名单至 {until:%Y-%m-%d} / on the blacklist until {until:%Y-%m-%d}",
            rule="招标投标法 50",
        )
    _check(showcase, services, qualifications, act.now.date())
    row = found_agency(act.session, act.actor.org)
    if row is None:
        row = Agency(id=new_id(act.now), organisation=act.actor.org, since=act.now)
        act.session.add(row)
    elif row.state == "left":
        row.since = act.now
    row.state, row.showcase = "open", showcase.strip()
    row.services = [each.value for each in services]
    row.qualifications = [each.value() for each in qualifications]
    unit = found_organisation(act.session, act.actor.org)
    act.note(
        subject=str(row.id), uscc=unit.uscc, name=unit.name, services=row.services,
        qualifications=row.qualifications,
    )  # fmt: skip
    return row.id


@action("agency.leave", by=(Role.AGENCY,), standing=False)
def leave(act: Act) -> None:
    """Leave the pool; the credit file stays. Raises NotFound, Conflict when out already."""
    row = found_agency(act.session, act.actor.org)
    if row is None:
        raise NotFound("不在中介库 / not in the pool")
    act.require(row.state == "open", Conflict("已退出 / left already"))
    row.state = "left"
    act.note(subject=str(row.id))


def found_agency(session: Session, organisation: UUID) -> Agency | None:
    """Return an organisation's entry, if it ever made one."""
    return session.scalar(select(Agency).where(Agency.organisation == organisation))


def required_agency(session: Session, organisation: UUID, now: datetime) -> Agency:
    """Return an agency that may be chosen now; raises NotFound, NotAllowed for the blacklist."""
    row = found_agency(session, organisation)
    if row is None or row.state != "open":
        raise NotFound("该机构不在库 / this agency is not in the pool", field="agency")
    if barred(session, organisation, now) is not None:
        raise NotAllowed("该机构列入失信名单 / on the blacklist", field="agency")
    return row


def _check(
    showcase: str,
    services: Sequence[Service],
    qualifications: Sequence[Qualification],
    today: date,
) -> None:
    if not 0 < len(showcase.strip()) <= LONGEST:
        raise Invalid("showcase", f"应为1至{LONGEST}字 / 1 to {LONGEST} characters")
    if not 0 < len(set(services)) == len(services) <= MOST_SERVICES:
        raise Invalid("services", "至少一项，不可重复 / one at least, none twice")
    if len(qualifications) > MOST_QUALIFICATIONS:
        raise Invalid("qualifications", f"不超过{MOST_QUALIFICATIONS}项 / too many")
    for number, each in enumerate(qualifications):
        if not each.name.strip():
            raise Invalid(f"qualifications.{number}.name", "请填写名称 / it needs a name")
        if each.until < today:
            raise Invalid(
                f"qualifications.{number}.until",
                f"已于 {each.until} 过期，不作展示 / it ran out on {each.until} and is not shown",
            )
