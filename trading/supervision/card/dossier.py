"""Case files 监察案卷: a card on paper with the proofs of its evidence, asked for, made, taken.

The file is supervision's own: it is no paper of the trade, and the centre's pages list it nowhere.
That somebody takes it is on record before it is handed over; what discipline asks for and takes is
discipline's to know until its case ends.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from monitor.record.act import Act
from monitor.record.action import Action, Visibility, action
from monitor.record.disclosure import Disclosed
from monitor.record.identity import new_id
from monitor.record.table import Recorded
from monitor.refusal import NotFound, WrongStage
from monitor.role import Role
from monitor.work.due import Wanted
from trading.notice.moment import required_project
from trading.supervision.card.handling import Card, found

DOSSIER = "dossier"
USUAL = 3
"""How often one person takes a file before it stands out."""


class Dossier(Recorded):
    """One case file of a card; digest and blob are there once it is made."""

    __tablename__ = "dossier"
    __table_args__ = (
        CheckConstraint("(digest IS NULL) = (made_at IS NULL)", name="made"),
        CheckConstraint("(digest IS NULL) = (blob IS NULL)", name="blob"),
        CheckConstraint("octet_length(digest) = 32", name="digest"),
    )
    project: Mapped[UUID] = mapped_column(ForeignKey("project.id"), index=True)
    card: Mapped[UUID] = mapped_column(ForeignKey("card.id"))
    org: Mapped[UUID]
    asked_at: Mapped[datetime]
    digest: Mapped[bytes | None]
    blob: Mapped[UUID | None]
    made_at: Mapped[datetime | None]
    asker: Mapped[str | None]
    """The role that asked; one of before it was kept is the department's."""

    def is_for(self, reader: Role) -> bool:
        """Tell whether a role may know of it: what discipline asks for is discipline's."""
        return reader is Role.DISCIPLINE or self.asker != Role.DISCIPLINE.value


def _ask(act: Act, *, card: UUID) -> UUID:
    """Ask for a card's case file as it now stands; return its id. Raises NotFound."""
    row = found(act, card)
    made = Dossier(
        id=new_id(act.now), project=row.project, card=row.id, org=act.actor.org,
        asked_at=act.now, asker=act.actor.role.value,
    )  # fmt: skip
    act.session.add(made)
    act.note(subject=str(made.id), card=str(row.id))
    return made.id


def _keep(act: Act, *, dossier: UUID, digest: bytes, blob: UUID) -> None:
    """Write down that a case file was made. Raises NotFound, WrongStage the second time."""
    row = act.session.get(Dossier, dossier, with_for_update=True)
    if row is None or row.project != required_project(act.project):
        raise NotFound("没有此案卷 / no such case file", field="dossier")
    act.require(row.digest is None, WrongStage("案卷已生成 / the file is made already"))
    row.digest, row.blob, row.made_at = digest, blob, act.now
    act.note(subject=str(row.id), card=str(row.card), sha256=digest.hex())


def _take(act: Act, *, dossier: UUID) -> UUID:
    """Take a case file that is made, to be handed over; return its id. Raises NotFound."""
    found = dossier_of(act.session, required_project(act.project), dossier)
    if found is None or found[0].blob is None or not found[0].is_for(act.actor.role):
        raise NotFound("没有此案卷 / no such case file", field="dossier")
    act.note(subject=str(found[0].id), card=str(found[0].card))
    return found[0].id


def _asking(name: str, role: Role) -> Action[..., UUID]:
    return action(name, by=(role,), visibility=Visibility.SECRET)(_ask)


def _keeping(name: str) -> Action[..., None]:
    return action(name, by=(Role.SYSTEM,), visibility=Visibility.SECRET)(_keep)


def _taking(name: str, role: Role) -> Action[..., UUID]:
    return action(name, by=(role,), visibility=Visibility.SECRET)(_take)


ASK: Mapping[Role, Action[..., UUID]] = {
    Role.DEPARTMENT: _asking("card.file", Role.DEPARTMENT),
    Role.DISCIPLINE: _asking("case.ask_file", Role.DISCIPLINE),
}
KEEP: Mapping[Role, Action[..., None]] = {
    Role.DEPARTMENT: _keeping("card.keep_file"),
    Role.DISCIPLINE: _keeping("case.keep_file"),
}
TAKE: Mapping[Role, Action[..., UUID]] = {
    Role.DEPARTMENT: _taking("card.take_file", Role.DEPARTMENT),
    Role.DISCIPLINE: _taking("case.take_file", Role.DISCIPLINE),
}
"""For whom a file is asked for, made and taken: acts of each, for not the same people know."""


@dataclass(frozen=True, slots=True)
class Takings:
    """How often a file was taken, by how many people, as far as a reader may see."""

    times: int
    people: int
    most: int
    """How often by one and the same."""

    @property
    def stands_out(self) -> bool:
        """Tell whether somebody took it more often than is usual."""
        return self.most > USUAL


def takings(records: Iterable[Disclosed]) -> dict[UUID, Takings]:
    """Count by file who took it, out of the records that a reader may see."""
    names = {each.name for each in TAKE.values()}
    counted: dict[UUID, Counter[str]] = {}
    for body in (record.facts for record in records):
        if body["action"] in names and "done" in body["outcome"]:
            counted.setdefault(UUID(body["subject"]), Counter())[body["actor"]["id"]] += 1
    return {
        dossier: Takings(people.total(), len(people), max(people.values()))
        for dossier, people in counted.items()
    }


def wanted_dossiers(session: Session, project: UUID) -> list[Wanted]:
    """Return the case files that were asked for and not made yet; the centre sees no such job."""
    query = select(Dossier.id).where(Dossier.project == project, Dossier.digest.is_(None))
    return [Wanted(DOSSIER, str(row), project, sealed=True) for row in session.scalars(query)]


def dossiers(session: Session, project: UUID, reader: Role) -> dict[UUID, list[Dossier]]:
    """Return a trade's case files that a role may know of, by card, newest first."""
    rows = session.scalars(
        select(Dossier).where(Dossier.project == project).order_by(Dossier.id.desc())
    )
    kept: dict[UUID, list[Dossier]] = {}
    for row in filter(lambda row: row.is_for(reader), rows):
        kept.setdefault(row.card, []).append(row)
    return kept


def dossier_of(session: Session, project: UUID, dossier: UUID) -> tuple[Dossier, Card] | None:
    """Return a trade's case file with its card, if it is there."""
    row = session.get(Dossier, dossier)
    if row is None or row.project != project:
        return None
    return row, session.get_one(Card, row.card)
