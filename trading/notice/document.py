"""Tender documents: issued with their terms, on the dates that the notice announced."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from monitor.clock import time_text
from monitor.law.limit import demand, holds
from monitor.law.rule import Rules, Unit
from monitor.law.rule import load as load_rules
from monitor.record.act import Act
from monitor.record.action import action
from monitor.record.identity import new_id
from monitor.record.table import Recorded
from monitor.refusal import Conflict, Invalid, NotFound, TooEarly, WrongStage
from monitor.role import Role
from trading.notice.clause import Manner, clause
from trading.notice.dealt_key import require_one_set
from trading.notice.holder import require_quorum
from trading.notice.notice import Notice, current_notice, hold
from trading.notice.quorum import read_quorum
from trading.paper.keeping import Stored, keep_beside
from trading.registration.project import (
    Project,
    Section,
    accepted_project,
    kind_of,
    rules_for,
    sections,
)

MAX_WINDOW_MINUTES, MAX_VALIDITY_DAYS = 24 * 60, 365


class TenderDocument(Recorded):
    """The documents of one trade. `deadline` is the one that holds now; addenda may move it."""

    __tablename__ = "tender_document"
    __table_args__ = (
        UniqueConstraint("project"),
        CheckConstraint("octet_length(digest) = 32", name="digest"),
        CheckConstraint("octet_length(prices) = 32", name="prices"),
        CheckConstraint("manner IN ('bidders_first','trustees')", name="manner"),
        CheckConstraint("size > 0 AND validity_days > 0 AND window_minutes >= 0", name="figures"),
    )
    project: Mapped[UUID] = mapped_column(ForeignKey("project.id"))
    name: Mapped[str]
    digest: Mapped[bytes]
    size: Mapped[int]
    manner: Mapped[str]
    window_minutes: Mapped[int]
    clause: Mapped[str]
    trustees: Mapped[str]
    trustees_digest: Mapped[bytes]
    validity_days: Mapped[int]
    ceiling_method: Mapped[str | None]
    prices: Mapped[bytes | None]
    """SHA-256 of the table of prices that was issued beside the documents."""
    supply_until: Mapped[datetime]
    deadline: Mapped[datetime]
    issued_at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class Terms:
    """A section's bid deposit and price ceiling in fen; None where there is no ceiling."""

    deposit_fen: int
    ceiling_fen: int | None = None


@dataclass(frozen=True, slots=True)
class Issue:
    """What is issued: the file (SHA-256, bytes), how bids are opened and by whom, the terms.

    `trustees` is the canonical roster document; `terms` are by section id.
    """

    name: str
    digest: bytes
    size: int
    manner: Manner
    window_minutes: int
    trustees: bytes
    validity_days: int
    terms: Mapping[UUID, Terms]
    ceiling_method: str | None = None


@action("document.issue", by=(Role.TENDEREE, Role.AGENCY))
def issue(
    act: Act, *, issue: Issue, paper: Stored | None = None, table: Stored | None = None
) -> UUID:
    """Issue the documents as the notice announced; return their id.

    `paper` is the file itself, `table` a table of prices that goes with it.
    Raises WrongStage, TooEarly, Invalid, Conflict.
    """
    project = accepted_project(act)
    notice = _announced(act, project)
    _check(act, issue)
    quorum = read_quorum(issue.trustees)
    require_quorum(act.session, project.id, quorum)
    require_one_set(act.session, quorum.digest, quorum.recipients)
    warnings = _set_terms(act, project, issue)
    act.on_conflict(
        "tender_document_project_key",
        lambda _: Conflict("文件已发出 / the documents are out already", field="project"),
    )
    text = clause(issue.manner, issue.window_minutes, quorum.threshold, len(quorum.seats))
    document = TenderDocument(
        id=new_id(act.now), project=project.id, name=issue.name.strip(), digest=issue.digest,
        size=issue.size, manner=issue.manner.value, window_minutes=issue.window_minutes,
        clause=text, trustees=issue.trustees.decode(),
        trustees_digest=bytes.fromhex(quorum.digest), validity_days=issue.validity_days,
        ceiling_method=issue.ceiling_method, prices=table.digest if table else None,
        supply_until=notice.supply_until, deadline=notice.deadline, issued_at=act.now,
    )  # fmt: skip
    act.session.add(document)
    keep_beside(act, paper)
    keep_beside(act, table)
    act.note(
        subject=str(document.id), digest=issue.digest.hex(), size=issue.size,
        notice=notice.digest.hex(), manner=document.manner, window_minutes=issue.window_minutes,
        trustees=quorum.digest, validity_days=issue.validity_days,
        deadline=time_text(notice.deadline), supply_until=time_text(notice.supply_until),
        terms=_shown(act, project), warnings=warnings,
    )  # fmt: skip
    if table is not None:
        act.note(prices=table.digest.hex())
    return document.id


def _announced(act: Act, project: Project) -> Notice:
    notice = current_notice(act.session, project.id)
    if notice is None:
        raise WrongStage("尚未发布公告 / no notice is published", field="project")
    if act.now < notice.supply_from:
        raise TooEarly("公告的获取时间未到 / before the time announced", field="supply_from")
    rules = rules_for(project, act.now)
    hold(act, rules.between("document.issue", "opening.close"), act.now, notice.deadline)
    hold(act, rules.between("document.issue", "document.close"), act.now, notice.supply_until)
    return notice


def _check(act: Act, issue: Issue) -> None:
    act.require(issue.name.strip(), Invalid("name", "文件名为空 / the file needs a name"))
    act.require(
        len(issue.digest) == 32 and issue.size > 0, Invalid("digest", "文件有误 / not a file")
    )
    act.require(
        0 <= issue.window_minutes <= MAX_WINDOW_MINUTES
        and (issue.window_minutes > 0) == (issue.manner is Manner.BIDDERS_FIRST),
        Invalid("window_minutes", "解密时限有误 / a window, just where bidders decrypt"),
    )
    act.require(
        0 < issue.validity_days <= MAX_VALIDITY_DAYS,
        Invalid("validity_days", "投标有效期有误 / 1 to 365 days", rule="招标投标法实施条例 25"),
    )


def _set_terms(act: Act, project: Project, issue: Issue) -> list[str]:
    rows = sections(act.session, project.id)
    act.require(
        set(issue.terms) == {row.id for row in rows},
        Invalid("terms", "须逐一载明各标段 / the terms of every section, and of no other"),
    )
    rules = rules_for(project, act.now)
    return sorted({rule for row in rows for rule in _set(act, project, row, issue, rules)})


def _set(act: Act, project: Project, row: Section, issue: Issue, rules: Rules) -> list[str]:
    terms = issue.terms[row.id]
    act.require(terms.deposit_fen >= 0, Invalid("deposit_fen", "保证金有误 / a negative deposit"))
    for rule in rules.measuring("deposit"):
        if rule.unit is Unit.PERCENT:
            act.used_rule(rule.id, load_rules().version)
            demand(rule, "deposit_fen", terms.deposit_fen, row.estimate_fen)
    if terms.ceiling_fen is not None:
        act.require(terms.ceiling_fen > 0, Invalid("ceiling_fen", "限价有误 / no such ceiling"))
        for rule in rules.measuring("price_ceiling"):
            act.used_rule(rule.id, load_rules().version)
            demand(rule, "ceiling_fen", terms.ceiling_fen, row.estimate_fen)
    row.deposit_fen, row.ceiling_fen = terms.deposit_fen, terms.ceiling_fen
    ceiling = [rule for rule in rules if rule.id == kind_of(project).deposit_ceiling]
    return [rule.id for rule in ceiling if not holds(rule, terms.deposit_fen)]


def _shown(act: Act, project: Project) -> list[dict[str, str]]:
    return [
        {
            "section": row.code,
            "deposit_fen": str(row.deposit_fen or 0),
            "ceiling_fen": str(row.ceiling_fen or ""),
        }
        for row in sections(act.session, project.id)
    ]


def document_of(session: Session, project: UUID | None) -> TenderDocument | None:
    """Return the project's documents, if they are out."""
    return session.scalar(select(TenderDocument).where(TenderDocument.project == project))


def issued_document(act: Act) -> TenderDocument:
    """Return the documents of the act's project; raises NotFound."""
    found = document_of(act.session, act.project)
    if found is None:
        raise NotFound("招标文件尚未发出 / the documents are not out", field="project")
    return found
