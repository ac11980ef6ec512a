"""Letters: to the winner and to every other bidder, fixed together with the award.

The data and its digest are fixed by `award.issue`; the signed papers come after, all or none.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from monitor.clock import time_text
from monitor.log.canonical import canonical
from monitor.record.act import Act, gathering
from monitor.record.identity import new_id
from monitor.record.table import Recorded
from monitor.refusal import Conflict, Invalid
from monitor.work.due import Wanted
from trading.award.ranking import Ranking

LETTERS = "letters"
FILE_NAME = re.compile(r"[^/\\\x00-\x1f]{1,200}\.pdf")


class Kind(StrEnum):
    """What the letter says."""

    AWARD = "award"  # 中标通知书
    RESULT = "result"  # 中标结果通知书


class Letter(Recorded):
    """A letter: its data, SHA-256 of the canonical data, and then the signed paper's."""

    __tablename__ = "letter"
    __table_args__ = (
        UniqueConstraint("project", "section", "uscc"),
        CheckConstraint("octet_length(digest) = 32", name="digest"),
        CheckConstraint("(file_name IS NULL) = (file_digest IS NULL)", name="file"),
    )
    project: Mapped[UUID]
    section: Mapped[UUID]
    award: Mapped[UUID] = mapped_column(ForeignKey("award.id"))
    uscc: Mapped[str]
    name: Mapped[str]
    kind: Mapped[str]
    data: Mapped[dict[str, Any]]
    digest: Mapped[bytes]
    issued_at: Mapped[datetime]
    file_name: Mapped[str | None]
    file_digest: Mapped[bytes | None]


@dataclass(frozen=True, slots=True)
class Paper:
    """A signed paper: its file name and SHA-256."""

    name: str
    digest: bytes


def write_letters(
    act: Act, award: UUID, winner: Ranking, rows: Iterable[Ranking], trade: dict[str, Any]
) -> list[Letter]:
    """Write one letter for every bidder of the report; the loser's tells its own score and rank.

    Winner and losers learn at the same time (招标投标法 45, 采法 43, 87令 69).
    """
    letters = [_letter(act, award, winner, row, trade) for row in rows]
    act.session.add_all(letters)
    return letters


def _letter(act: Act, award: UUID, winner: Ranking, row: Ranking, trade: dict[str, Any]) -> Letter:
    kind = Kind.AWARD if row.uscc == winner.uscc else Kind.RESULT
    identifier = new_id(act.now)
    data = {
        "v": 1,
        "id": str(identifier),
        "kind": kind.value,
        **trade,
        "to": row.name,
        "uscc": row.uscc,
        "winner": winner.name,
        "winner_uscc": winner.uscc,
        "price_fen": str(winner.price_fen),
        "rank": str(row.rank or ""),
        "score": row.score,
        "reason": row.reason,
        "issued_at": time_text(act.now),
        "record": str(act.record_id),
    }
    return Letter(
        id=identifier,
        project=row.project,
        section=row.section,
        award=award,
        uscc=row.uscc,
        name=row.name,
        kind=kind.value,
        data=data,
        digest=hashlib.sha256(canonical(data)).digest(),
        issued_at=act.now,
    )


def letters_of(session: Session, project: UUID, section: UUID) -> list[Letter]:
    """Return a section's letters, the winner's first."""
    return list(
        session.scalars(
            select(Letter)
            .where(Letter.project == project, Letter.section == section)
            .order_by(Letter.kind, Letter.uscc)
        )
    )


def file_papers(letters: Sequence[Letter], papers: Mapping[UUID, Paper]) -> dict[str, Any]:
    """Put each signed paper to its letter; return {count, root} of the papers' digests.

    Raises Invalid unless every letter has one paper and no paper is without a letter.
    """
    if set(papers) != {letter.id for letter in letters} or not letters:
        raise Invalid("papers", "须全部备齐 / all letters or none", rule="招标投标法 45")
    if len({paper.name for paper in papers.values()}) < len(letters):
        raise Invalid("papers", "文件名重复 / two papers of one name")
    for letter in letters:
        _file(letter, papers[letter.id])
    return gathering(paper.digest for paper in papers.values())


def _file(letter: Letter, paper: Paper) -> None:
    if letter.file_digest is not None:
        raise Conflict("通知书已归档 / the signed papers are filed already", field="papers")
    if len(paper.digest) != 32 or not FILE_NAME.fullmatch(paper.name):
        raise Invalid("papers", "文件名或摘要有误 / not a PDF's name and SHA-256")
    letter.file_name, letter.file_digest = paper.name, paper.digest


def wanted_letters(session: Session, project: UUID) -> list[Wanted]:
    """Return the sections whose letters are fixed and not yet on paper, a job each."""
    query = select(Letter.section).where(Letter.project == project, Letter.file_digest.is_(None))
    return [Wanted(LETTERS, str(each), project) for each in session.scalars(query.distinct())]
