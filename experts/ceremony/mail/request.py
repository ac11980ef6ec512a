"""Requests: the centre asks for a draw in numbers alone; its machine does the rest.

Nobody of the centre ever names a person or sees one (招标投标法 37): a request holds how many seats
for which specialties, and for when.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Text, cast, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from experts.ceremony.header import Draw, DrawStep
from experts.ceremony.header import Kind as Of
from experts.ceremony.header import State as DrawState
from experts.ceremony.mail.machine import Machine, machine_of
from experts.ceremony.moment import RESULT, reached
from experts.draw.header import CENTRE, INSPECTOR, TENDEREE
from experts.pool.expert import Expert
from experts.pool.expert import State as InPool
from experts.pool.register import latest_snapshot
from monitor.record.act import Act
from monitor.record.action import action
from monitor.record.identity import new_id
from monitor.record.standing import Standing
from monitor.record.table import Recorded
from monitor.refusal import Conflict, Invalid, NotFound, WrongStage
from monitor.role import Role
from trading.registration.project import Project, accepted_project
from trading.registration.section import found_section

PURPOSE = "evaluation"
MOST_SEATS = 31


class DrawRequest(Recorded):
    """What is asked: seats by stratum, the specialties of each stratum, when the panel sits.

    centre, inspector and tenderee are the machines that take part.
    """

    __tablename__ = "draw_request"
    __table_args__ = (CheckConstraint("starts < ends", name="times"),)
    project: Mapped[UUID] = mapped_column(index=True)
    section: Mapped[UUID]
    purpose: Mapped[str]
    centre: Mapped[UUID] = mapped_column(ForeignKey("draw_machine.id"))
    inspector: Mapped[UUID] = mapped_column(ForeignKey("draw_machine.id"))
    tenderee: Mapped[UUID] = mapped_column(ForeignKey("draw_machine.id"))
    seats: Mapped[list[Any]]
    specialties: Mapped[dict[str, Any]]
    starts: Mapped[datetime]
    ends: Mapped[datetime]
    reason: Mapped[str]
    asked_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]

    @property
    def name(self) -> str:
        """Return the name that the header gives to the draw made of this request."""
        return f"D-{self.id.hex}"

    @property
    def machines(self) -> dict[str, UUID]:
        """Return the machine of each role."""
        return {CENTRE: self.centre, INSPECTOR: self.inspector, TENDEREE: self.tenderee}


@dataclass(frozen=True, slots=True)
class Wanted:
    """So many seats for people of one of these specialties."""

    specialties: tuple[str, ...]
    seats: int


@action("draw.request", by=(Role.CENTRE,))
def request(
    act: Act,
    *,
    section: UUID,
    wanted: Sequence[Wanted],
    starts: datetime,
    ends: datetime,
    reason: str = "",
) -> UUID:
    """Ask for the experts of a section's panel, in numbers; return the request's id.

    Raises Invalid (a field, the pool too small), Conflict while another is under way, WrongStage
    where a machine was never named or the result is fixed.
    """
    project = accepted_project(act)
    found_section(act.session, project.id, section)
    fixed = reached(act.session, project.id, section, RESULT)
    act.require(not fixed, WrongStage("结果已定 / the result is fixed", field="section"))
    _check_times(act, starts, ends)
    strata = _strata(act.session, wanted)
    _check_attempt(act, project.id, section, reason)
    machines = _machines(act, project)
    made = DrawRequest(
        id=new_id(act.now), project=project.id, section=section, purpose=PURPOSE,
        centre=machines[CENTRE].id, inspector=machines[INSPECTOR].id,
        tenderee=machines[TENDEREE].id,
        seats=[[code, one.seats] for code, one in strata.items()],
        specialties={name: code for code, one in strata.items() for name in one.specialties},
        starts=starts, ends=ends, reason=reason.strip(), asked_at=act.now, withdrawn_at=None,
    )  # fmt: skip
    act.session.add(made)
    act.note(
        subject=str(made.id), section=str(section), purpose=PURPOSE, seats=made.seats,
        specialties=made.specialties, reason=made.reason,
    )  # fmt: skip
    return made.id


@action("draw.withdraw", by=(Role.CENTRE,))
def withdraw(act: Act, *, request: UUID, reason: str) -> None:
    """Take a request back while no header was published: until then nothing was fixed.

    Raises NotFound, Invalid without a reason, WrongStage once the header is out.
    """
    found = found_request(act.session, request)
    act.require(found.project == act.project, NotFound("没有此申请 / no such request"))
    act.require(reason.strip(), Invalid("reason", "须写明原因 / a reason is needed"))
    act.require(
        found.withdrawn_at is None and draw_of(act.session, found) is None,
        WrongStage("抽取条件已公布或已撤回 / the header is out, or it was withdrawn"),
    )
    found.withdrawn_at = act.now
    act.note(subject=str(found.id), section=str(found.section), reason=reason.strip())


def found_request(session: Session, request: UUID) -> DrawRequest:
    """Return a request; raises NotFound."""
    found = session.get(DrawRequest, request)
    if found is None:
        raise NotFound("没有此抽取申请 / no such request", field="request")
    return found


def draw_of(session: Session, request: DrawRequest) -> Draw | None:
    """Return the draw that was made of a request, once its header is published."""
    named = Draw.header["draw"].astext == request.name
    return session.scalar(select(Draw).where(Draw.project == request.project, named))


def draws_unasked(session: Session, project: UUID) -> list[Draw]:
    """Return a project's draws that were not made of a request here, oldest first."""
    names = {each.name for each in requests_of(session, project)}
    drawn = session.scalars(select(Draw).where(Draw.project == project).order_by(Draw.id))
    return [each for each in drawn if each.header["draw"] not in names]


def found_draw_of(session: Session, draw: UUID) -> Draw | None:
    """Return a draw by its id, whatever its state."""
    return session.get(Draw, draw)


def requests_of(session: Session, project: UUID) -> list[DrawRequest]:
    """Return a project's requests, oldest first."""
    return list(
        session.scalars(
            select(DrawRequest).where(DrawRequest.project == project).order_by(DrawRequest.id)
        )
    )


def request_for(session: Session, request: UUID, machine: Machine) -> DrawRequest | None:
    """Return a request if this machine takes part in it."""
    found = session.get(DrawRequest, request)
    return found if found is not None and machine.id in found.machines.values() else None


def requests_for(session: Session, machine: Machine) -> list[DrawRequest]:
    """Return every request in which a machine takes part: neither withdrawn nor published."""
    column = {
        CENTRE: DrawRequest.centre,
        INSPECTOR: DrawRequest.inspector,
        TENDEREE: DrawRequest.tenderee,
    }[machine.role]
    name = func.concat("D-", func.replace(cast(DrawRequest.id, Text), "-", ""))
    published = (
        select(DrawStep.id)
        .join(Draw, Draw.id == DrawStep.draw)
        .where(Draw.project == DrawRequest.project, Draw.header["draw"].astext == name)
        .where(DrawStep.kind == Of.BUNDLE.value)
    )
    query = select(DrawRequest).where(column == machine.id, DrawRequest.withdrawn_at.is_(None))
    return list(session.scalars(query.where(~published.exists()).order_by(DrawRequest.id)))


def pool_by_specialty(session: Session) -> dict[str, int]:
    """Return how many of the pool have each specialty, by code: numbers, and nobody's name."""
    code = func.jsonb_array_elements(Expert.specialties).op("->>")("value").label("code")
    held = select(Expert.id, code).where(Expert.state == InPool.ACTIVE.value).subquery()
    rows = session.execute(
        select(held.c.code, func.count(held.c.id.distinct())).group_by(held.c.code)
    )
    return dict(sorted((str(name), int(number)) for name, number in rows))


def _check_times(act: Act, starts: datetime, ends: datetime) -> None:
    act.require(starts > act.now, Invalid("starts", "评标时间须在将来 / must be in the future"))
    act.require(ends > starts, Invalid("ends", "结束须晚于开始 / must be after the beginning"))


def _strata(session: Session, wanted: Sequence[Wanted]) -> Mapping[int, Wanted]:
    """Number the strata as asked for; each specialty in one of them, and people enough in each."""
    named = [name for one in wanted for name in one.specialties]
    if not named or len(set(named)) != len(named):
        raise Invalid("wanted", "专业为空或重复 / no specialty, or one twice")
    pool = pool_by_specialty(session)
    for one in wanted:
        _check_wanted(one, pool)
    total = sum(one.seats for one in wanted)
    if not 0 < total <= MOST_SEATS:
        raise Invalid("wanted", f"席位应为1至{MOST_SEATS} / 1 to {MOST_SEATS} seats in all")
    latest_snapshot(session)
    return dict(enumerate(wanted, 1))


def _check_wanted(one: Wanted, pool: Mapping[str, int]) -> None:
    unknown = [name for name in one.specialties if name not in pool]
    if unknown:
        raise Invalid("wanted", f"库中无此专业 / not in the pool: {unknown[0]}")
    most = sum(pool[name] for name in one.specialties)
    if not 0 < one.seats <= most:
        raise Invalid("wanted", f"席位应为1至{most} / 1 to {most} seats of this specialty")


def _check_attempt(act: Act, project: UUID, section: UUID, reason: str) -> None:
    same = [
        each for each in requests_of(act.session, project)
        if each.section == section and each.withdrawn_at is None
    ]  # fmt: skip
    for each in same:
        drawn = draw_of(act.session, each)
        over = drawn is not None and drawn.state == DrawState.CANCELLED.value
        act.require(over, Conflict("本标段已有抽取 / this section has a draw", field="section"))
    act.require(
        not same or reason.strip(),
        Invalid("reason", "再次抽取须写明原因 / a later attempt needs a reason"),
    )


def _machines(act: Act, project: Project) -> dict[str, Machine]:
    """Return the machines of the three sides; raises WrongStage where one was never named."""
    department = act.session.scalars(
        select(Standing.org)
        .where(Standing.project == project.id, Standing.role == Role.DEPARTMENT.value)
        .order_by(Standing.id)
    )
    found = {
        CENTRE: machine_of(act.session, CENTRE, act.actor.org),
        INSPECTOR: next(
            filter(None, (machine_of(act.session, INSPECTOR, org) for org in department)), None
        ),
        TENDEREE: machine_of(act.session, TENDEREE, project.owner),
    }
    for role, machine in found.items():
        if machine is None:
            raise WrongStage(
                f"{role}：该方尚未登记抽取设备与公钥 / {role}: this side has named no machine",
                rule="draw.name_machine",
                field="section",
            )
    return {role: machine for role, machine in found.items() if machine is not None}
