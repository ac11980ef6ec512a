"""Notices: the same text in all media, with dates that the law allows."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from monitor.clock import time_text
from monitor.law.limit import gate, reckon
from monitor.law.rule import Rule
from monitor.law.rule import load as load_rules
from monitor.log.canonical import canonical
from monitor.record.act import Act
from monitor.record.action import action
from monitor.record.identity import new_id
from monitor.record.table import Recorded
from monitor.refusal import Conflict, Invalid, NotFound
from monitor.role import Role
from trading.notice.field import check_fields, check_media, lint
from trading.notice.moment import done_at, required_project
from trading.registration.catalogue import load
from trading.registration.project import Project, accepted_project, rules_for

MAX_TITLE = 300


class NoticeKind(StrEnum):
    """A first notice, or one that puts the first right before any document is issued."""

    TENDER = "tender"
    CORRECTION = "correction"


class Notice(Recorded):
    """One notice as published; `digest` is what every medium must carry."""

    __tablename__ = "notice"
    __table_args__ = (
        UniqueConstraint("project", "number"),
        CheckConstraint("octet_length(digest) = 32", name="digest"),
        CheckConstraint("supply_from < supply_until AND supply_until <= deadline", name="dates"),
    )
    project: Mapped[UUID] = mapped_column(ForeignKey("project.id"), index=True)
    number: Mapped[int]
    kind: Mapped[str]
    title: Mapped[str]
    fields: Mapped[dict[str, Any]]
    media: Mapped[list[Any]]
    supply_from: Mapped[datetime]
    supply_until: Mapped[datetime]
    deadline: Mapped[datetime]
    digest: Mapped[bytes]
    published_at: Mapped[datetime]


class Carriage(Recorded):
    """What was found at a medium: the digest of the text there, and whether it is ours."""

    __tablename__ = "carriage"
    notice: Mapped[UUID] = mapped_column(ForeignKey("notice.id"), index=True)
    medium: Mapped[str]
    digest: Mapped[bytes]
    identical: Mapped[bool]
    at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class Draft:
    """A notice before it is published; instants are aware."""

    kind: NoticeKind
    title: str
    fields: Mapping[str, str]
    media: tuple[str, ...]
    supply_from: datetime
    supply_until: datetime
    deadline: datetime


@action("notice.publish", by=(Role.TENDEREE, Role.AGENCY))
def publish(act: Act, *, draft: Draft) -> UUID:
    """Publish a notice; return its id. Raises Invalid, WrongStage, TooEarly, Conflict."""
    project = accepted_project(act)
    draft = replace(draft, title=load().category(project.category).named(draft.title.strip()))
    check_fields(project.category, draft.fields)
    check_media(project.category, draft.media)
    _check_dates(act, draft)
    hold_dates(act, project, draft)
    last = current_notice(act.session, project.id)
    _require_turn(act, draft.kind, last)
    notice = Notice(
        id=new_id(act.now), project=project.id, number=last.number + 1 if last else 1,
        kind=draft.kind.value, title=draft.title.strip(), fields=dict(draft.fields),
        media=list(draft.media), supply_from=draft.supply_from, supply_until=draft.supply_until,
        deadline=draft.deadline, digest=notice_digest(project, draft), published_at=act.now,
    )  # fmt: skip
    act.session.add(notice)
    act.note(
        subject=str(notice.id), number=notice.number, kind=notice.kind, title=notice.title,
        media=list(draft.media), digest=notice.digest.hex(), deadline=time_text(draft.deadline),
        supply_from=time_text(draft.supply_from), supply_until=time_text(draft.supply_until),
        warnings=sorted({warned.key for warned in lint(draft.fields)}),
    )  # fmt: skip
    return notice.id


def notice_digest(project: Project, draft: Draft) -> bytes:
    """Return the SHA-256 that every medium must carry: title, fields and dates, canonically."""
    content = {
        "form": "batong-notice/1",
        "project": project.code,
        "kind": draft.kind.value,
        "title": draft.title.strip(),
        "fields": dict(draft.fields),
        "supply_from": time_text(draft.supply_from),
        "supply_until": time_text(draft.supply_until),
        "deadline": time_text(draft.deadline),
    }
    return hashlib.sha256(canonical(content)).digest()


def _check_dates(act: Act, draft: Draft) -> None:
    act.require(
        0 < len(draft.title.strip()) <= MAX_TITLE, Invalid("title", "标题有误 / a title is needed")
    )
    # A moment is typed to the minute: the minute that runs now has not passed.
    minute = act.now.replace(second=0, microsecond=0)
    in_order = minute <= draft.supply_from < draft.supply_until <= draft.deadline
    act.require(
        in_order,
        Invalid("supply_from", "时间次序有误 / now ≤ supply from < supply until ≤ deadline"),
    )


def hold_dates(act: Act, project: Project, draft: Draft) -> None:
    """Hold the notice's dates to the law; raises TooEarly."""
    rules = rules_for(project, act.now)
    hold(act, rules.between("notice.publish", "opening.close"), act.now, draft.deadline, "deadline")
    start = max(act.now, draft.supply_from)
    ends, supply = ("opening.close", "deadline"), ("document.close", "supply_until")
    hold(act, rules.between("document.issue", ends[0]), start, draft.deadline, ends[1])
    hold(act, rules.between("document.issue", supply[0]), start, draft.supply_until, supply[1])


def hold(act: Act, rules: Iterable[Rule], start: datetime, at: datetime, field: str = "") -> None:
    """Hold an act planned for `at` to each rule and remember it; raises TooEarly, TooLate.

    `field` is where `at` was typed, if it was: what is refused is told there.
    """
    for rule in rules:
        act.used_rule(rule.id, load_rules().version)
        gate(rule, start, at, field)
        if reckon(rule, start).provisional:
            act.note(provisional=sorted({*act.facts.get("provisional", []), rule.id}))


def _require_turn(act: Act, kind: NoticeKind, last: Notice | None) -> None:
    first = kind is NoticeKind.TENDER
    act.require(
        first == (last is None),
        Conflict(
            "首次公告仅一次，其后用更正公告 / one first notice, then corrections", field="kind"
        ),
    )
    act.require(
        done_at(act.session, required_project(act.project), "document.issue") is None,
        Conflict("文件已发出，请发澄清 / documents are out: issue a clarification", field="kind"),
    )


def current_notice(session: Session, project: UUID) -> Notice | None:
    """Return the notice that stands: the first, or its last correction."""
    return session.scalar(
        select(Notice).where(Notice.project == project).order_by(Notice.number.desc()).limit(1)
    )


@action("notice.carry", by=(Role.CENTRE, Role.SYSTEM))
def carry(act: Act, *, notice: UUID, medium: str, digest: bytes) -> bool:
    """Write down what a medium carries; return whether it is the same. Raises NotFound.

    A difference is a fact for the watch (招标投标法实施条例 15), so it is recorded, not refused.
    """
    found = act.session.get(Notice, notice)
    if found is None or found.project != act.project or medium not in found.media:
        raise NotFound("该媒介没有此公告 / no such notice in that medium", field="medium")
    identical = digest == found.digest
    row = Carriage(
        id=new_id(act.now), notice=notice, medium=medium, digest=digest,
        identical=identical, at=act.now,
    )  # fmt: skip
    act.session.add(row)
    act.note(subject=str(notice), medium=medium, digest=digest.hex(), identical=identical)
    return identical
