"""Filing a trade's archive 归档: the record that closes the file, and the one that names its bags.

A bag cannot hold the record that names the bag. So `archive.close` fixes the list of contents and
gathers every secret act so far, and is the last record inside both bags; `archive.file` follows
with the bags' digests and lies in the log alone. What comes after `archive.close` belongs to the
next edition; it cannot be hidden, since acts are numbered and `archive.file` gathers anew.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session

from monitor.record.act import Act
from monitor.record.action import Visibility, action
from monitor.record.disclosure import custody as kept_records
from monitor.record.identity import new_id
from monitor.record.table import Recorded
from monitor.refusal import Invalid, NotFound, WrongStage
from monitor.role import Role
from monitor.work.due import Wanted
from monitor.work.tail import is_cosigned
from trading.archive.content import UnknownContent, class_of, missing
from trading.award.letter import wanted_letters
from trading.notice.moment import ENDED, FAILED, done_at
from trading.notice.progress import stage_of
from trading.registration.project import found_project, is_rehearsal
from trading.registration.stage import FINAL, Stage

DIGEST = 32
BAGS = "bags"
FAILED_HOLDS = frozenset({"notice", "tender"})
"""All that the file of a trade can hold whose opening failed (招标投标法实施条例 44)."""


class ArchiveFile(Recorded):
    """One edition of a trade's file: its list of contents, then the digests of its two bags."""

    __tablename__ = "archive_file"
    __table_args__ = (
        UniqueConstraint("project", "edition"),
        CheckConstraint("octet_length(manifest) = 32", name="manifest"),
        CheckConstraint("octet_length(custody) = 32 AND octet_length(public) = 32", name="bags"),
        CheckConstraint(
            "(filed_at IS NULL) = (custody IS NULL) AND (filed_at IS NULL) = (public IS NULL)",
            name="filed",
        ),
    )
    project: Mapped[UUID]
    edition: Mapped[int]
    contents: Mapped[list[Any]]
    manifest: Mapped[bytes]
    through: Mapped[UUID]
    """The record `archive.close`: the last one inside the bags."""
    closed_at: Mapped[datetime]
    custody: Mapped[bytes | None]
    public: Mapped[bytes | None]
    filed_at: Mapped[datetime | None]


OVER = frozenset({Stage.CONTRACTED, Stage.ARCHIVED}) | FINAL
"""Where a trade has come to its end, and its file may be closed."""


@dataclass(frozen=True, slots=True)
class Bag:
    """A bag as filed: SHA-256 of the zip and its size in bytes."""

    sha256: bytes
    size: int

    @classmethod
    def of(cls, zipped: bytes) -> Bag:
        """Measure a zip."""
        return cls(hashlib.sha256(zipped).digest(), len(zipped))


@action("archive.close", by=(Role.CENTRE,), visibility=Visibility.CLOSING)
def close(act: Act, *, manifest: bytes) -> UUID:
    """Close the file over this manifest.json (Volume.manifest); return the edition's id.

    Raises WrongStage while the trade goes on or a letter of an award is not on paper yet, Invalid
    naming each class that the category's file must hold and this one lacks (电子招标投标办法 40,
    采法 42).
    The fact `sealed` counts the records that a case seals, which the bags may hold unopened.
    """
    project = found_project(act.session, act.project)
    act.require(not is_rehearsal(project), WrongStage("演练不归档 / a rehearsal is not archived"))
    act.require(
        not wanted_letters(act.session, project.id),
        WrongStage("通知书尚未盖章存档 / the award's letters are not filed yet", field="manifest"),
    )
    act.require(
        stage_of(act.session, project.id, act.now) in OVER,
        WrongStage(
            "合同签订、交易失败或终止后方可归档 / "
            "filed once the contract is signed or the trade has ended without one",
            rule="电子招标投标办法 40",
        ),
    )
    rows = _rows(manifest)
    present = Counter(row["class"] for row in rows)
    _require_complete(act, project.category, present)
    last = latest(act.session, project.id)
    edition = ArchiveFile(
        id=new_id(act.now), project=project.id, edition=last.edition + 1 if last else 1,
        contents=rows, manifest=hashlib.sha256(manifest).digest(), through=act.record_id,
        closed_at=act.now, custody=None, public=None, filed_at=None,
    )  # fmt: skip
    act.session.add(edition)
    act.note(
        subject=str(edition.id), edition=edition.edition, manifest=edition.manifest.hex(),
        documents=len(rows), classes=dict(present), sealed=sealed(act.session, project.id),
    )  # fmt: skip
    return edition.id


@action("archive.file", by=(Role.CENTRE, Role.SYSTEM), visibility=Visibility.CLOSING)
def file(act: Act, *, custody: Bag, public: Bag) -> UUID:
    """File the two bags of the edition that was closed last; return its id.

    Raises WrongStage when none is closed or it is filed already, Invalid for what is no digest.
    """
    project = found_project(act.session, act.project)
    edition = latest(act.session, project.id)
    if edition is None or edition.filed_at is not None:
        raise WrongStage("须先办结归档目录 / close the file first (archive.close)", field="project")
    for name, bag in (("custody", custody), ("public", public)):
        sound = len(bag.sha256) == DIGEST and bag.size > 0
        act.require(sound, Invalid(name, "应为 SHA-256 与字节数 / a SHA-256 and a size"))
    edition.custody, edition.public, edition.filed_at = custody.sha256, public.sha256, act.now
    act.note(
        subject=str(edition.id), edition=edition.edition, through=str(edition.through),
        manifest=edition.manifest.hex(),
        custody={"sha256": custody.sha256.hex(), "size": str(custody.size)},
        public={"sha256": public.sha256.hex(), "size": str(public.size)},
    )  # fmt: skip
    return edition.id


def sealed(session: Session, project: UUID) -> int:
    """Return how many records of a trade wait for supervision's cases to end."""
    return sum(not each.salt for each in kept_records(session, project))


def latest(session: Session, project: UUID) -> ArchiveFile | None:
    """Return the project's last edition, filed or only closed."""
    return session.scalar(
        select(ArchiveFile)
        .where(ArchiveFile.project == project)
        .order_by(ArchiveFile.edition.desc())
        .limit(1)
    )


def wanted_bags(session: Session, project: UUID) -> list[Wanted]:
    """Return the edition that was closed, once witnessed, and not filed yet, as a job."""
    edition = latest(session, project)
    if edition is None or edition.filed_at is not None:
        return []
    if not is_cosigned(session, edition.through):
        return []
    return [Wanted(BAGS, str(edition.id), project)]


def last_edition(session: Session, project: UUID) -> ArchiveFile:
    """Return the project's last edition; raises NotFound when its file was never closed."""
    found = latest(session, project)
    if found is None:
        raise NotFound("尚未归档 / there is no archive yet", field="project")
    return found


def _rows(manifest: bytes) -> list[dict[str, Any]]:
    try:
        rows = json.loads(manifest)
        listed = [
            {
                "class": class_of(row["class"]).code,
                "sha256": bytes.fromhex(row["sha256"]).hex(),
                "size": int(row["size"]),
            }
            for row in rows
        ]
    except (ValueError, TypeError, KeyError) as error:
        named = f"{error.args[0]}" if isinstance(error, UnknownContent) else "manifest.json"
        raise Invalid("manifest", f"目录有误 / not a list of contents: {named}") from error
    if not listed:
        raise Invalid("manifest", "目录为空 / an empty list of contents")
    return listed


def _require_complete(act: Act, category: str, present: Counter[str]) -> None:
    lacking = missing(category, set(present))
    if _is_failed(act):
        lacking = [row for row in lacking if row.code in FAILED_HOLDS & _published(act)]
    if lacking:
        named = "；".join(f"{row.zh} / {row.en}（{row.basis}）" for row in lacking)
        basis = "；".join(dict.fromkeys(row.basis for row in lacking))
        raise Invalid("manifest", f"归档内容不全，缺 / incomplete, lacking: {named}", rule=basis)


def _is_failed(act: Act) -> bool:
    """Tell whether the opening failed and no other section came to an award, or it was ended."""
    project = act.project
    if project is None:
        return False
    if done_at(act.session, project, ENDED) is not None:
        return True
    failed, awarded = (done_at(act.session, project, name) for name in (FAILED, "award.issue"))
    return failed is not None and awarded is None


def _published(act: Act) -> set[str]:
    """Return which classes of what a failed trade holds it came to publish."""
    acts = {"notice": "notice.publish", "tender": "document.issue"}
    ended = act.project is not None and done_at(act.session, act.project, ENDED) is not None
    if not ended or act.project is None:
        return set(acts)
    return {code for code, name in acts.items() if done_at(act.session, act.project, name)}
