"""Projects: registration, one complete list of defects or acceptance, and the stage.

A project's id is its chain. What category it is, and all that follows from it, is data.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from monitor.law.duty import Trade
from monitor.law.rule import Rules
from monitor.law.rule import load as load_rules
from monitor.law.workday import local_date
from monitor.record.act import Act
from monitor.record.table import Recorded
from monitor.refusal import NotFound, WrongStage
from trading.registration.catalogue import Kind
from trading.registration.catalogue import load as load_catalogue


class Project(Recorded):
    """One trade; money in fen. `estimate_fen` is the estimate, or the budget in procurement."""

    __tablename__ = "project"
    __table_args__ = (
        UniqueConstraint("code"),
        UniqueConstraint("trade_code"),
        CheckConstraint("estimate_fen > 0", name="estimate"),
        CheckConstraint("length(trade_code) = 40", name="trade_code"),
        CheckConstraint("length(code) BETWEEN 1 AND 50", name="code"),
    )
    code: Mapped[str]
    trade_code: Mapped[str | None]
    name: Mapped[str]
    category: Mapped[str]
    kind: Mapped[str]
    region: Mapped[str]
    owner: Mapped[UUID]
    agency: Mapped[UUID | None]
    estimate_fen: Mapped[int]
    state_funds: Mapped[bool]
    inside: Mapped[bool]
    must_tender: Mapped[bool]
    reason: Mapped[str]
    registered_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    confirmed_stage: Mapped[str | None]


class Section(Recorded):
    """A section 标段 or package 包 of a project; deposit and ceiling come with the documents."""

    __tablename__ = "section"
    __table_args__ = (
        UniqueConstraint("project", "number"),
        UniqueConstraint("code"),
        CheckConstraint("estimate_fen > 0", name="estimate"),
        CheckConstraint("deposit_fen >= 0", name="deposit"),
        CheckConstraint("ceiling_fen > 0", name="ceiling"),
    )
    project: Mapped[UUID] = mapped_column(ForeignKey("project.id"), index=True)
    number: Mapped[int]
    code: Mapped[str]
    name: Mapped[str]
    estimate_fen: Mapped[int]
    deposit_fen: Mapped[int | None]
    ceiling_fen: Mapped[int | None]


class Intake(Recorded):
    """One filing of a project's registration, and the centre's one answer to it."""

    __tablename__ = "intake"
    __table_args__ = (
        UniqueConstraint("project", "round"),
        CheckConstraint("answer IN ('accepted','returned')", name="answer"),
        CheckConstraint("(answer IS NULL) = (answered_at IS NULL)", name="answered"),
    )
    project: Mapped[UUID] = mapped_column(ForeignKey("project.id"), index=True)
    round: Mapped[int]
    content: Mapped[dict[str, Any]]
    filed_at: Mapped[datetime]
    answer: Mapped[str | None]
    answered_at: Mapped[datetime | None]
    defects: Mapped[list[Any]]


@dataclass(frozen=True, slots=True)
class Lot:
    """A section as filed: its name and its estimate or budget in fen."""

    name: str
    estimate_fen: int


def found_project(session: Session, project: UUID | None) -> Project:
    """Return the project; raises NotFound."""
    found = session.get(Project, project) if project is not None else None
    if found is None:
        raise NotFound("没有此项目 / no such project", field="project")
    return found


def is_rehearsal(project: Project) -> bool:
    """Tell whether this is no trade but a rehearsal 演练."""
    return not load_catalogue().category(project.category).binds


def all_projects(session: Session) -> list[UUID]:
    """Return every project's id, the latest registered first."""
    return list(session.scalars(select(Project.id).order_by(Project.registered_at.desc())))


def sections(session: Session, project: UUID) -> list[Section]:
    """Return the project's sections by number."""
    return list(
        session.scalars(select(Section).where(Section.project == project).order_by(Section.number))
    )


def kind_of(project: Project) -> Kind:
    """Return what kind of subject the project has, by the catalogue."""
    return load_catalogue().kind(project.category, project.kind)


def trade_of(project: Project) -> Trade:
    """Return what decides which rules bind the project."""
    return Trade(project.category, must_tender=project.must_tender, region=project.region)


def rules_for(project: Project, at: datetime) -> Rules:
    """Return the rules that bind the project for a fact of that moment."""
    return load_rules().applying(
        project.category, local_date(at), must_tender=project.must_tender, region=project.region
    )


def accepted_project(act: Act) -> Project:
    """Return the act's project once the centre has accepted it; raises NotFound, WrongStage."""
    project = found_project(act.session, act.project)
    act.require(
        project.accepted_at is not None,
        WrongStage("项目尚未受理 / the project is not accepted yet", field="project"),
    )
    return project
