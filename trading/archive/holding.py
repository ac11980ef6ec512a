"""What the tables of trading hold of one trade for its file, as documents.

What was published by digest is written again from its row, and must have that digest still.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.clock import time_text
from monitor.log.canonical import JSON, canonical
from trading.archive.volume import Document, filed, ledger_journal
from trading.award.award import Award
from trading.award.candidate import Candidate, Publicity
from trading.award.contract import Contract
from trading.award.letter import Letter
from trading.award.objection import objections
from trading.fee.entry import entries
from trading.ledger import to_beancount
from trading.notice.addendum import addenda
from trading.notice.document import document_of
from trading.notice.notice import Notice
from trading.registration.project import Project, found_project


class NotAsPublished(Exception):
    """A row no longer has the digest under which it was published."""


def trade_documents(session: Session, project: UUID) -> list[Document]:
    """Return the documents of a trade that lie in tables; raises NotAsPublished, NotFound."""
    found = found_project(session, project)
    return [
        *_notices(session, found),
        *_addenda(session, project),
        *_results(session, project),
        *_letters(session, project),
        *_objections(session, project),
        ledger_journal(to_beancount(entries(session, project), f"{found.name} {found.code}")),
    ]


def required_papers(session: Session, project: UUID) -> dict[str, str]:
    """Return SHA-256 in hexadecimal → title of every file that the tables name by digest alone."""
    named = [(row.file, f"附件 / file of {row.title}") for row in addenda(session, project)]
    if (document := document_of(session, project)) is not None:
        named.append((document.digest, document.name))
    contracts = session.scalars(select(Contract).where(Contract.project == project))
    named += [(row.digest, "合同 / contract") for row in contracts]
    letters = session.scalars(select(Letter).where(Letter.project == project))
    named += [(row.file_digest, f"{row.file_name}") for row in letters]
    return {digest.hex(): title for digest, title in named if digest is not None}


def _notices(session: Session, project: Project) -> Iterator[Document]:
    rows = session.scalars(
        select(Notice).where(Notice.project == project.id).order_by(Notice.number)
    )
    for row in rows:
        content: dict[str, JSON] = {
            "form": "batong-notice/1",
            "project": project.code,
            "kind": row.kind,
            "title": row.title,
            "fields": row.fields,
            "supply_from": time_text(row.supply_from),
            "supply_until": time_text(row.supply_until),
            "deadline": time_text(row.deadline),
        }
        yield _published("notice", f"notice-{row.number}.json", row.title, content, row.digest)


def _addenda(session: Session, project: UUID) -> Iterator[Document]:
    for row in addenda(session, project):
        content: dict[str, JSON] = {
            "form": "batong-addendum/1",
            "number": row.number,
            "kind": row.kind,
            "title": row.title,
            "text": row.text,
            "file": row.file.hex() if row.file else "",
            "resubmit": row.resubmit,
            "deadline": time_text(row.deadline_after),
        }
        yield _published("tender", f"addendum-{row.number}.json", row.title, content, row.digest)


def _results(session: Session, project: UUID) -> Iterator[Document]:
    shown = session.scalars(
        select(Publicity).where(Publicity.project == project).order_by(Publicity.id)
    )
    for number, publicity in enumerate(shown, 1):
        rows = session.scalars(
            select(Candidate).where(Candidate.publicity == publicity.id).order_by(Candidate.rank)
        )
        content: dict[str, JSON] = {
            "section": str(publicity.section),
            "published": time_text(publicity.published_at),
            "until": time_text(publicity.ends_at),
            "candidates": [_candidate(row) for row in rows],
        }
        yield _document(
            "award", f"candidates-{number}.json", "中标候选人公示 / candidates", content
        )
    awards = session.scalars(select(Award).where(Award.project == project).order_by(Award.id))
    for number, award in enumerate(awards, 1):
        content = {
            "section": str(award.section),
            "uscc": award.uscc,
            "name": award.name,
            "rank": award.rank,
            "price_fen": str(award.price_fen),
            "reason": award.reason,
            "issued": time_text(award.issued_at),
        }
        yield _document("award", f"award-{number}.json", "定标 / award", content)


def _candidate(row: Candidate) -> JSON:
    return {
        "rank": row.rank,
        "uscc": row.uscc,
        "name": row.name,
        "price_fen": str(row.price_fen),
        "score": row.score,
        "quality": row.quality,
        "period": row.period,
        "manager": row.manager,
        "certificate": row.certificate,
        "qualification": row.qualification,
    }


def _letters(session: Session, project: UUID) -> Iterator[Document]:
    rows = session.scalars(select(Letter).where(Letter.project == project).order_by(Letter.id))
    for row in rows:
        name, title = f"{row.id}.json", f"{row.name} {row.kind}"
        yield _published("letter", name, title, row.data, row.digest)


def _objections(session: Session, project: UUID) -> Iterator[Document]:
    for row in objections(session, project):
        content: dict[str, JSON] = {
            "kind": row.kind,
            "section": str(row.section or ""),
            "author": row.mask or str(row.org),
            "filed": time_text(row.filed_at),
            "text": row.text,
            "answered": time_text(row.answered_at) if row.answered_at else "",
            "answer": row.answer or "",
            "outcome": row.outcome or "",
        }
        yield _document("remedy", f"objection-{row.id}.json", "异议及答复 / objection", content)


def _published(
    kind: str, name: str, title: str, content: dict[str, JSON], digest: bytes
) -> Document:
    document = _document(kind, name, title, content)
    if hashlib.sha256(document.body).digest() != digest:
        raise NotAsPublished(f"{name}: 与公布的摘要不符 / not what was published")
    return document


def _document(kind: str, name: str, title: str, content: dict[str, JSON]) -> Document:
    return filed(kind, name, title, canonical(content))
