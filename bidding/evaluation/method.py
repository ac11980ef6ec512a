"""The method of an evaluation, fixed before anybody knows the bids, and the evaluation it governs.

Criteria and price formula are data. All full points together make 100; in procurement the price
weighs at least what the law says (招标投标法 40; 87号令 55).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from bidding.hall.failure.shortage import require_competition
from bidding.opened import opened_bids
from bidding.scoring import Formula, PriceRule
from experts.ceremony.moment import CLOSED, REVEALED, reached, require_reached
from experts.panel.committee import Panel
from monitor.law.limit import reckon
from monitor.law.rule import load as load_rules
from monitor.log.canonical import canonical
from monitor.record.act import Act
from monitor.record.action import action
from monitor.record.identity import new_id
from monitor.record.table import Recorded
from monitor.refusal import Conflict, Invalid, NotFound, TooLate, WrongStage
from monitor.role import Role
from trading.notice.document import document_of
from trading.notice.moment import required_project
from trading.registration.project import Project, found_project, rules_for
from trading.registration.section import found_section

HUNDRED = 100 * 100
PRICE_SHARE = {("procurement", "goods"): 30 * 100, ("procurement", "service"): 10 * 100}
"""Least full points of the price, in hundredths of a point out of 100 (87号令 55)."""


class State(StrEnum):
    """Where an evaluation stands."""

    OPEN = "open"
    REPORTED = "reported"


@dataclass(frozen=True, slots=True)
class Method:
    """Criteria (code -> full points, in hundredths), the price formula, and what people call each.

    A code is ASCII, as a key of canonical JSON is; `names` holds the words for those that have any.
    """

    criteria: Mapping[str, int]
    price: PriceRule
    names: Mapping[str, str] = field(default_factory=dict)

    def value(self) -> dict[str, Any]:
        """Return the method as canonical JSON."""
        told = {"criteria": dict(self.criteria), "price": asdict(self.price)}
        return {**told, "names": dict(self.names)} if self.names else told

    def named(self, code: str) -> str:
        """Return what people call a criterion: its own code where it has no name."""
        return self.names.get(code, code)

    @classmethod
    def read(cls, value: Mapping[str, Any]) -> Method:
        """Read what value() wrote."""
        price = dict(value["price"])
        rule = PriceRule(Formula(price.pop("formula")), **price)
        return cls(dict(value["criteria"]), rule, dict(value.get("names", {})))


class EvaluationMethod(Recorded):
    """The method published for a section."""

    __tablename__ = "evaluation_method"
    __table_args__ = (
        UniqueConstraint("project", "section"),
        CheckConstraint("octet_length(digest) = 32", name="digest"),
    )
    project: Mapped[UUID]
    section: Mapped[UUID]
    method: Mapped[dict[str, Any]]
    digest: Mapped[bytes]


class Evaluation(Recorded):
    """One section's evaluation; `members` sit in it, `dice` order equal bids."""

    __tablename__ = "evaluation"
    __table_args__ = (
        UniqueConstraint("project", "section"),
        CheckConstraint("state IN ('open', 'reported')", name="state"),
        CheckConstraint("members > 0", name="members"),
        CheckConstraint("octet_length(digest) = 32", name="digest"),
        CheckConstraint("(state = 'reported') = (digest IS NOT NULL)", name="reported"),
    )
    project: Mapped[UUID] = mapped_column(index=True)
    section: Mapped[UUID]
    members: Mapped[int]
    state: Mapped[str]
    started_at: Mapped[datetime]
    dice: Mapped[str | None]
    report: Mapped[dict[str, Any] | None]
    digest: Mapped[bytes | None]


@action("evaluation.set_method", by=(Role.TENDEREE, Role.AGENCY))
def set_method(act: Act, *, section: UUID, method: Method) -> str:
    """Publish the method with the tender documents, before CLOSE; return its sha256 in hex.

    A later one replaces it, on the record, while the deadline leaves the bidders the days that a
    change of the documents leaves them (条例 21). Raises Invalid, TooLate, WrongStage.
    """
    project = found_project(act.session, act.project)
    found_section(act.session, project.id, section)
    act.require(
        not reached(act.session, project.id, section, CLOSED),
        WrongStage("截止后不得改变评标办法 / no change after CLOSE", rule="招标投标法 40"),
    )
    _require_time(act, project)
    _require_lawful(project, method)
    digest = hashlib.sha256(canonical(method.value())).digest()
    row = _method_row(act.session, project.id, section)
    if row is None:
        row = EvaluationMethod(
            id=new_id(act.now), project=project.id, section=section, method={}, digest=digest
        )
        act.session.add(row)
    row.method, row.digest = method.value(), digest
    act.note(subject=str(row.id), section=str(section), method=method.value(), sha256=digest.hex())
    return digest.hex()


def _require_time(act: Act, project: Project) -> None:
    """Raise TooLate where the documents are out and bidders would have too few days to heed it."""
    document = document_of(act.session, project.id)
    if document is None:
        return
    act.require(
        act.now <= document.deadline,
        TooLate("截止后不得改变评标办法 / no change after the deadline", rule="招标投标法 40"),
    )
    for rule in rules_for(project, act.now).between("clarification.issue", "opening.close"):
        act.used_rule(rule.id, load_rules().version)
        act.require(
            document.deadline >= reckon(rule, act.now).floor,
            TooLate(
                f"评标办法是招标文件的一部分，{rule.zh}，请先延后投标截止时间 / "
                f"the method is part of the documents: {rule.en}; move the deadline first",
                rule=rule.id,
            ),
        )


@action("evaluation.start", by=(Role.TENDEREE, Role.AGENCY))
def start(act: Act, *, section: UUID) -> UUID:
    """Start the evaluation of the revealed bids by the committee formed; return its id.

    Raises WrongStage before the reveal or the committee and where too few bids were opened,
    NotFound, Conflict the second time.
    """
    project = required_project(act.project)
    require_reached(act.session, project, section, REVEALED)
    require_competition(act.session, project, section)
    panel = act.session.scalar(
        select(Panel).where(Panel.project == project, Panel.section == section)
    )
    if panel is None:
        raise WrongStage("评标委员会尚未组成 / no committee is formed", rule="招标投标法 37")
    method_of(act.session, project, section)
    act.require(
        opened_bids(act.session, project, section),
        NotFound("没有已开启的投标 / no opened bids", field="section"),
    )
    act.on_conflict(
        "evaluation_project_section_key", lambda _: Conflict("评标已开始 / started before")
    )
    row = Evaluation(
        id=new_id(act.now), project=project, section=section, members=panel.size,
        state=State.OPEN.value, started_at=act.now, dice=None, report=None, digest=None,
    )  # fmt: skip
    act.session.add(row)
    act.note(subject=str(row.id), section=str(section), members=panel.size)
    return row.id


def method_of(session: Session, project: UUID, section: UUID) -> Method:
    """Return the section's method; raises NotFound."""
    row = _method_row(session, project, section)
    if row is None:
        raise NotFound("尚未公布评标办法 / no method is published", field="section")
    return Method.read(row.method)


def open_evaluation(act: Act, section: UUID) -> Evaluation:
    """Return the section's running evaluation, shared-locked; raises NotFound, WrongStage."""
    found = act.session.scalar(
        select(Evaluation).where(Evaluation.project == act.project, Evaluation.section == section)
    )
    if found is None:
        raise NotFound("评标尚未开始 / no evaluation has started", field="section")
    act.require(
        found.state == State.OPEN.value,
        WrongStage("评标报告已提交 / the report is in", rule="87号令 64"),
    )
    return found


def _method_row(session: Session, project: UUID, section: UUID) -> EvaluationMethod | None:
    return session.scalar(
        select(EvaluationMethod).where(
            EvaluationMethod.project == project, EvaluationMethod.section == section
        )
    )


def _require_lawful(project: Project, method: Method) -> None:
    price = method.price
    points = [*method.criteria.values(), price.full]
    if not all(code.isascii() and code.isprintable() for code in [*method.criteria, *method.names]):
        raise Invalid("criteria", "评分项代码应为 ASCII / a criterion's code is ASCII")
    if min(points) <= 0 or sum(points) != HUNDRED:
        raise Invalid("criteria", "各项满分合计应为100分 / full points must add up to 100")
    if min(price.above, price.below, price.lowered, HUNDRED - 1 - price.lowered) < 0:
        raise Invalid("price", "价格公式参数有误 / the formula's figures make no sense")
    least = PRICE_SHARE.get((project.category, project.kind))
    if least is None:
        return
    if price.formula is not Formula.LOWEST or price.full < least:
        raise Invalid(
            "price",
            f"价格分应采用低价优先法且不低于{least // 100}分 / lowest-price formula, enough weight",
            rule="87号令 55",
        )
