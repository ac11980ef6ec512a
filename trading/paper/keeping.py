"""Papers that are kept with a trade: made by the platform, or handed in where a digest names them.

The bytes lie in the file store under a random name; the row says what they are.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from monitor.record.act import Act
from monitor.record.action import Visibility, action
from monitor.record.identity import new_id
from monitor.record.platform import Platform
from monitor.record.table import Recorded
from monitor.refusal import Conflict, Invalid
from monitor.role import Actor, Role
from monitor.store import FileStore
from trading.archive.content import classes
from trading.archive.volume import Document, filed
from trading.registration.project import found_project

BAG = "bag"
"""The one kind that is no document of the file: the archive's two bags themselves."""
LONGEST_NAME = 200


class Paper(Recorded):
    """A kept file: class (content.toml), name, title, SHA-256, size (bytes), place in the store."""

    __tablename__ = "paper"
    __table_args__ = (
        UniqueConstraint("project", "digest"),
        UniqueConstraint("project", "kind", "name"),
        CheckConstraint("octet_length(digest) = 32", name="digest"),
        CheckConstraint("size > 0", name="size"),
    )
    project: Mapped[UUID] = mapped_column(ForeignKey("project.id"))
    kind: Mapped[str]
    name: Mapped[str]
    title: Mapped[str]
    digest: Mapped[bytes]
    size: Mapped[int]
    blob: Mapped[UUID]
    record: Mapped[UUID]
    """The act that kept it: ids of a chain's records are the order of its acts."""
    kept_at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class File:
    """A file as it is handed in."""

    kind: str
    name: str
    title: str
    body: bytes

    @property
    def digest(self) -> bytes:
        """Return its SHA-256."""
        return hashlib.sha256(self.body).digest()


@dataclass(frozen=True, slots=True)
class Stored:
    """A file whose bytes lie in the store under that name."""

    kind: str
    name: str
    title: str
    digest: bytes
    size: int
    blob: UUID


@action(
    "paper.keep",
    by=(Role.TENDEREE, Role.AGENCY, Role.CENTRE, Role.SYSTEM),
    visibility=Visibility.SECRET,
)
def keep(act: Act, *, stored: Stored) -> UUID:
    """Keep a file with the project; return its id.

    Raises Invalid for a class that content.toml does not hold, Conflict for a file or a name that
    is kept already, NotFound.
    """
    paper = _row(act, stored)
    act.note(
        subject=str(paper.id), kind=paper.kind, name=paper.name, sha256=paper.digest.hex(),
        size=str(paper.size),
    )  # fmt: skip
    return paper.id


def keep_beside(act: Act, stored: Stored | None) -> None:
    """Keep the file of another act, whose own record names it by its digest; raises as `keep`.

    One that is kept already stays as it is; None is nothing to keep.
    """
    if stored is None or act.project is None:
        return
    if paper_with(act.session, act.project, stored.digest) is None:
        _row(act, stored)


def _row(act: Act, stored: Stored) -> Paper:
    project = found_project(act.session, act.project)
    act.require(
        stored.kind in {BAG, *classes()},
        Invalid("kind", "没有此类文件 / no such class of document", rule="content.toml"),
    )
    act.require(
        0 < len(stored.name) <= LONGEST_NAME and "/" not in stored.name and stored.title.strip(),
        Invalid("name", "文件名或标题有误 / not a file's name and title"),
    )
    for constraint in ("paper_project_digest_key", "paper_project_kind_name_key"):
        act.on_conflict(constraint, lambda _: Conflict("文件已存 / kept already", field="name"))
    paper = Paper(
        id=new_id(act.now), project=project.id, kind=stored.kind, name=stored.name,
        title=stored.title.strip(), digest=stored.digest, size=stored.size, blob=stored.blob,
        record=act.record_id, kept_at=act.now,
    )  # fmt: skip
    act.session.add(paper)
    return paper


def keep_file(
    platform: Platform, store: FileStore, actor: Actor, project: UUID, file: File
) -> UUID:
    """Put a file's bytes into the store and keep it; return its id, of one kept before too.

    Raises Invalid, Conflict for another file under that name.
    """
    with platform.read() as session:
        found = paper_with(session, project, file.digest)
    if found is not None:
        return found.id
    blob = store.put(file.body)
    stored = Stored(file.kind, file.name, file.title, file.digest, len(file.body), blob)
    try:
        return platform.perform(keep, actor, project, stored=stored)
    except BaseException:
        store.discard(blob)
        raise


def paper_with(session: Session, project: UUID, digest: bytes) -> Paper | None:
    """Return the project's paper of that SHA-256, if it is kept."""
    return session.scalar(select(Paper).where(Paper.project == project, Paper.digest == digest))


def paper_named(session: Session, project: UUID, kind: str, name: str) -> Paper | None:
    """Return the project's paper of that class and name, if it is kept."""
    return session.scalar(
        select(Paper).where(Paper.project == project, Paper.kind == kind, Paper.name == name)
    )


def papers(session: Session, project: UUID) -> list[Paper]:
    """Return the papers kept with a project, oldest first."""
    return list(
        session.scalars(
            select(Paper).where(Paper.project == project).order_by(Paper.kept_at, Paper.id)
        )
    )


def kept_documents(
    session: Session, project: UUID, store: FileStore, before: UUID | None = None
) -> list[Document]:
    """Return the papers kept (before that record) as documents of the trade's file.

    Raises KeyError for lost bytes.
    """
    return [
        filed(row.kind, row.name, row.title, store.get(row.blob))
        for row in papers(session, project)
        if row.kind != BAG and (before is None or row.record < before)
    ]
