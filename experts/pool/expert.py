"""Experts: who is in the pool with which dated facts; name and telephone only encrypted.

Two persons of the centre bring anybody in (招标投标法 37; 实施条例 45). A fact that restricts acts
at once; a fact that relaxes counts from the snapshot that first holds it (pool/register.py). For
whoever applied (pool/intake/application.py) one person's review is enough.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session

from experts import dossier
from experts.dossier import Span
from experts.draw.encoding import H
from experts.pool.candidacy import Candidacy, fault_of
from monitor.clock import time_text
from monitor.law.workday import SHANGHAI
from monitor.record.act import Act
from monitor.record.action import Visibility, action
from monitor.record.identity import new_id, secret_id
from monitor.record.standing import Appointment
from monitor.record.table import Recorded
from monitor.refusal import Conflict, Invalid, NotAllowed, NotFound
from monitor.role import Role
from trading.registration.party import OFFICES, Kind, Person, found_organisation

NOT_YET = 2**53 - 1  # a fact that no snapshot holds yet is known at no time
Fact = dict[str, Any]
"""{"value", "start"} and, once a snapshot holds it, "known"; "end", "end_known" likewise."""


class State(StrEnum):
    """Where an entry of the pool stands."""

    PROPOSED = "proposed"
    ACTIVE = "active"
    DECLINED = "declined"


class Verdict(StrEnum):
    """What the second person says of a proposed entry."""

    APPROVED = "approved"
    DECLINED = "declined"


class Tie(StrEnum):
    """What an expert declares of an organisation; each restricts at once."""

    EMPLOYER = "employer"
    KINSHIP = "kinship"
    SHAREHOLDING = "shareholding"
    DECLARED = "declared"


class Expert(Recorded):
    """One person of the pool; `sealed_person` is an age file to the key holders."""

    __tablename__ = "expert"
    __table_args__ = (
        UniqueConstraint("uid"),
        UniqueConstraint("person"),
        CheckConstraint("state IN ('proposed', 'active', 'declined')", name="state"),
        CheckConstraint("octet_length(sealed_person) BETWEEN 1 AND 65536", name="sealed"),
        CheckConstraint("(state = 'active') = (person IS NOT NULL)", name="person"),
    )
    uid: Mapped[str]
    state: Mapped[str]
    title: Mapped[str]
    born: Mapped[int]
    practising_since: Mapped[int]
    main_specialty: Mapped[str]
    specialties: Mapped[list[Any]]
    employers: Mapped[list[Any]]
    relations: Mapped[list[Any]]
    suspensions: Mapped[list[Any]]
    served: Mapped[list[Any]]
    region: Mapped[dict[str, Any]]
    active: Mapped[dict[str, Any]]
    sealed_person: Mapped[bytes]
    proposed_by: Mapped[UUID]
    """Who of the centre; NOBODY for one's own application."""
    person: Mapped[UUID | None]
    certificates: Mapped[list[Any] | None]
    refusal: Mapped[str | None]
    """Why the entry was declined."""


def stamp(now: datetime) -> int:
    """Return unix seconds, the unit of every dated fact."""
    return int(now.timestamp())


def proposed(act: Act, candidacy: Candidacy) -> Expert:
    """Return the row of a candidacy, not yet added to the session."""
    now = stamp(act.now)
    return Expert(
        id=new_id(act.now),
        uid=candidacy.uid,
        state=State.PROPOSED.value,
        title=candidacy.title.strip(),
        born=candidacy.born,
        practising_since=candidacy.practising_since,
        main_specialty=candidacy.main_specialty,
        specialties=[{"value": code, "start": now} for code in candidacy.specialties],
        employers=[job.fact() for job in candidacy.employers],
        relations=[],
        suspensions=[],
        served=[],
        region={"value": candidacy.region, "start": now},
        active={"value": "active", "start": now, "end": too_old(candidacy)},
        sealed_person=candidacy.sealed_person,
        proposed_by=act.actor.person,
        certificates=list(candidacy.certificates),
    )


def too_old(candidacy: Candidacy) -> int:
    """Return from when on the person is too old to be drawn: this restricts at once."""
    return stamp(datetime(candidacy.last_year + 1, 1, 1, tzinfo=SHANGHAI))


@action("expert.enrol", by=(Role.CENTRE,), visibility=Visibility.SECRET)
def enrol(act: Act, *, candidacy: Candidacy) -> UUID:
    """Propose one person for the pool; return the id. Raises Invalid, or Conflict for a known uid.

    Nobody counts before a second person's review and the cooling.
    """
    fault = fault_of(candidacy, act.now.year)
    if fault is not None:
        raise fault
    act.on_conflict(
        "expert_uid_key", lambda _: Conflict("该编号已在库 / this uid is known", field="uid")
    )
    row = proposed(act, candidacy)
    act.session.add(row)
    act.note(subject=str(row.id), uid=row.uid, main_specialty=row.main_specialty)
    return row.id


@action("expert.review", by=(Role.CENTRE,), visibility=Visibility.SECRET)
def review(
    act: Act, *, uids: Sequence[str], verdict: Verdict, organisation: UUID, reason: str = ""
) -> int:
    """Decide proposed entries as the second person; return how many.

    An approved expert gets an account named by uid, for the organisation that keeps the pool.
    Raises NotFound, NotAllowed for one's own proposals, Invalid for an unfit organisation, or
    where nobody says why an entry is declined.
    """
    act.require(
        verdict is Verdict.APPROVED or reason.strip(),
        Invalid("reason", "不予入库须写明理由 / say why the entry is declined"),
    )
    unit = found_organisation(act.session, organisation)
    act.require(
        Role.EXPERT in OFFICES[Kind(unit.kind)],
        Invalid("organisation", "该类单位不得管理专家 / experts cannot act for this kind of unit"),
    )
    rows = _proposals(act.session, uids)
    act.require(
        all(row.proposed_by != act.actor.person for row in rows),
        NotAllowed(
            "不得复核本人提交的入库 / nobody reviews his own proposal", rule="四眼 / four eyes"
        ),
    )
    for row in rows:
        row.state = Verdict(verdict).value if verdict is Verdict.DECLINED else State.ACTIVE.value
        row.person = None if verdict is Verdict.DECLINED else _account(act, row.uid, organisation)
        row.refusal = reason.strip() or None
    digest = H("review", *(row.uid.encode() for row in rows)).hex()
    act.note(verdict=verdict.value, number=len(rows), entries=digest, reason=reason.strip())
    return len(rows)


@action(
    "expert.suspend",
    by=(Role.CENTRE, Role.DEPARTMENT),
    visibility=Visibility.SECRET,
    standing=False,
)
def suspend(act: Act, *, uid: str, until: datetime | None, ground: str) -> None:
    """Suspend an expert from now on, at once; its end counts only after a snapshot and cooling.

    Raises NotFound, Invalid for a missing ground or an end in the past.
    """
    act.require(ground.strip(), Invalid("ground", "须写明理由 / a ground is needed"))
    act.require(
        until is None or until > act.now, Invalid("until", "期限已过 / the end is in the past")
    )
    row = found_expert(act.session, uid)
    end = {} if until is None else {"end": stamp(until)}
    row.suspensions = [*row.suspensions, {"value": ground, "start": stamp(act.now), **end}]
    act.note(subject=str(row.id), uid=uid, ground=ground, until=time_text(until) if until else "")


@action("expert.declare", by=(Role.EXPERT,), visibility=Visibility.SECRET)
def declare(act: Act, *, tie: Tie, organisation: str, start: datetime) -> None:
    """Declare one's own tie to an organisation (credit code); it restricts at once.

    Raises NotFound for an account that is no expert's.
    """
    row = expert_of(act.session, act.actor.person)
    if tie is Tie.EMPLOYER:
        row.employers = [*row.employers, {"value": organisation, "start": stamp(start)}]
    else:
        fact = {"value": f"{tie.value}:{organisation}", "start": stamp(start)}
        row.relations = [*row.relations, fact]
    act.note(subject=str(row.id), tie=tie.value)


def found_expert(session: Session, uid: str) -> Expert:
    """Return the expert of that uid, locked for change; raises NotFound."""
    found = session.scalar(select(Expert).where(Expert.uid == uid).with_for_update())
    if found is None:
        raise NotFound("库中无此专家 / no such expert", field="uid")
    return found


def person_of(session: Session, uid: str) -> UUID:
    """Return the person behind an expert's number; raises NotFound before the review."""
    person = session.scalar(select(Expert.person).where(Expert.uid == uid))
    if person is None:
        raise NotFound("没有此专家 / no such expert", field="uid")
    return person


def expert_of(session: Session, person: UUID) -> Expert:
    """Return the expert whose account that is; raises NotFound."""
    found = session.scalar(select(Expert).where(Expert.person == person).with_for_update())
    if found is None:
        raise NotFound("该账号不是在库专家 / this account is no expert's", field="person")
    return found


def expert_behind(session: Session, person: UUID) -> Expert | None:
    """Return the expert whose account that is, to be read; None for anybody else's."""
    return session.scalar(select(Expert).where(Expert.person == person))


def facts_of(row: Expert) -> dossier.Expert:
    """Return the row as the pure rules of avoidance see it."""
    return dossier.Expert(
        uid=row.uid,
        active=_span(row.active),
        region=_span(row.region),
        specialties=tuple(_span(fact) for fact in row.specialties),
        employers=tuple(_span(fact) for fact in row.employers),
        relations=tuple(_span(fact) for fact in row.relations),
        suspensions=tuple(_span(fact) for fact in row.suspensions),
        served=tuple((at, purchaser) for at, purchaser in row.served),
    )


def _span(fact: Mapping[str, Any]) -> Span:
    known = fact.get("known", NOT_YET)
    return Span(fact["value"], fact["start"], known, fact.get("end"), fact.get("end_known"))


def _proposals(session: Session, uids: Sequence[str]) -> list[Expert]:
    rows = session.scalars(
        select(Expert)
        .where(Expert.uid.in_(uids), Expert.state == State.PROPOSED.value)
        .order_by(Expert.uid)
        .with_for_update()
    ).all()
    if not rows or len(rows) != len(set(uids)):
        raise NotFound("有编号不在待复核之列 / some uid awaits no review", field="uids")
    return list(rows)


def _account(act: Act, uid: str, organisation: UUID) -> UUID:
    """Open an account that names nobody: every expert has one, so having one tells nothing."""
    person = Person(id=secret_id(), name=uid)
    appointment = Appointment(
        id=secret_id(), person=person.id, org=organisation, role=Role.EXPERT.value,
        category=None, since=act.now, until=None,
    )  # fmt: skip
    act.session.add_all([person, appointment])
    return person.id
