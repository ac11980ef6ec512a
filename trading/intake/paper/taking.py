"""A paper dropped by staff: read, and later confirmed by a person field by field.

Reading proposes and changes nothing else; what is registered or announced is another act's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, Session, mapped_column

from monitor.record.act import Act
from monitor.record.action import Visibility, action
from monitor.record.identity import new_id
from monitor.record.table import Recorded
from monitor.refusal import Invalid, NotFound
from monitor.role import Actor, Role
from trading.intake.paper.value import NAMES, check, told

STAFF = (Role.TENDEREE, Role.AGENCY, Role.CENTRE)
COMPARE = "paper.compare"


class TakenPaper(Recorded):
    """A paper that was read: what it proposed, and what a person confirmed of it; no file."""

    __tablename__ = "taken_paper"
    __table_args__ = (
        CheckConstraint("octet_length(digest) = 32", name="digest"),
        CheckConstraint("size > 0", name="size"),
        CheckConstraint("pages > 0", name="pages"),
        CheckConstraint("(confirmed IS NULL) = (confirmed_at IS NULL)", name="confirmed"),
    )
    org: Mapped[UUID] = mapped_column(index=True)
    digest: Mapped[bytes]
    size: Mapped[int]
    pages: Mapped[int]
    title: Mapped[str]
    proposed: Mapped[dict[str, Any]]
    read_at: Mapped[datetime]
    confirmed: Mapped[dict[str, Any] | None]
    confirmed_at: Mapped[datetime | None]


@dataclass(frozen=True, slots=True)
class Taken:
    """A file as it was read: its SHA-256, bytes, pages, and what it proposes (see shown.py).

    `trouble` names why it was not read, `words` says so to a person (中文 / English).
    """

    digest: bytes
    size: int
    pages: int = 0
    title: str = ""
    proposed: Mapping[str, Any] = field(default_factory=dict)
    trouble: str = ""
    words: str = ""


@action("paper.read", by=STAFF, visibility=Visibility.SECRET, standing=False)
def read(act: Act, *, taken: Taken) -> dict[str, Any]:
    """Put on record that a file was read, and keep what it proposes; return that, with an id.

    Raises Invalid for a file that was not read: which one, and why, stands in the record.
    """
    act.attempt(
        sha256=taken.digest.hex(), size=taken.size, pages=taken.pages, finding=taken.trouble
    )
    act.require(not taken.trouble, Invalid("file", taken.words, rule=f"pdf.{taken.trouble}"))
    paper = TakenPaper(
        id=new_id(act.now), org=act.actor.org, digest=taken.digest, size=taken.size,
        pages=taken.pages, title=taken.title, proposed=dict(taken.proposed), read_at=act.now,
    )  # fmt: skip
    act.session.add(paper)
    act.note(subject=str(paper.id))
    return {"paper": str(paper.id), "title": taken.title, **taken.proposed}


@action("paper.confirm", by=STAFF, visibility=Visibility.SECRET, standing=False)
def confirm(act: Act, *, paper: UUID, values: Mapping[str, Any], compared: tuple[str, ...]) -> UUID:
    """Write down what a person confirms of a paper, and which fields they changed; return its id.

    Raises NotFound for another's paper, Invalid for a value that cannot be or was not compared.
    """
    row = own_paper(act.session, paper, act.actor)
    check(values)
    kept = {name: told(value) for name, value in values.items() if told(value)}
    for name in kept:
        message = "请与原件对照后勾选 / compare it with the paper, then tick"
        act.require(name in compared, Invalid(name, message, rule=COMPARE))
    row.confirmed, row.confirmed_at = kept, act.now
    act.note(
        subject=str(row.id),
        sha256=row.digest.hex(),
        confirmed=sorted(kept),
        changed=sorted(changed(row)),
        left_out=sorted(name for name in NAMES if proposed(row, name) and name not in kept),
    )
    return row.id


def proposed(row: TakenPaper, name: str) -> str:
    """Return what was read for a field, as text; "" for nothing."""
    return str(row.proposed["fields"].get(name, {}).get("value", ""))


def changed(row: TakenPaper) -> list[str]:
    """Return the fields that a person confirmed otherwise than they were read."""
    return [name for name, value in (row.confirmed or {}).items() if value != proposed(row, name)]


def own_paper(session: Session, paper: UUID, actor: Actor) -> TakenPaper:
    """Return a paper that the actor's organisation dropped; raises NotFound."""
    found = session.get(TakenPaper, paper)
    if found is None or found.org != actor.org:
        raise NotFound("没有此文件 / no such paper", field="paper")
    return found
