"""Requests: the centre asks for a draw in numbers alone; its machine does the rest.

Nobody of the centre ever names a person or sees one (招标投标法 37): a request holds how many seats
for which specialties, and for when.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Text, and_, cast, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from experts.ceremony.header import Draw, DrawStep
from experts.ceremony.header import Kind as Of
from experts.ceremony.header import State as DrawState
from experts.ceremony.mail.machine.machine import Machine, centre_machine, machine_of
from experts.ceremony.mail.purpose import PANEL, PURPOSES, Manner, Purpose
from experts.ceremony.mail.wanted import Wanted, strata_of
from experts.ceremony.moment import RESULT, reached
from experts.draw.header import BOTH, CENTRE, DICE, DRAND, INSPECTOR, TENDEREE
from monitor.record.act import Act
from monitor.record.action import action
from monitor.record.identity import new_id
from monitor.record.standing import Standing
from monitor.record.suspension import has_ended
from monitor.record.table import Recorded
from monitor.refusal import Conflict, Invalid, NotAllowed, NotFound, WrongStage
from monitor.role import Role
from trading.registration.project import Project, accepted_project
from trading.registration.section import found_section

EVALUATION = "evaluation"
BEACONS = (DICE, DRAND, BOTH)
USUAL = Manner()


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
    beacon: Mapped[str | None]
    """dice or drand; None of a request before there was a choice: dice."""
    asked_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    taken_over_at: Mapped[datetime | None]
    """When the inspector's deputy took its part."""
    void: Mapped[int | None]
    """How many filings were made to the agent before, which its deputy cannot open."""

    @property
    def name(self) -> str:
        """Return the name that the header gives to the draw made of this request."""
        return f"D-{self.id.hex}"

    @property
    def machines(self) -> dict[str, UUID]:
        """Return the machine of each role."""
        return {CENTRE: self.centre, INSPECTOR: self.inspector, TENDEREE: self.tenderee}


@action("draw.request", by=(Role.CENTRE,))
def request(
    act: Act,
    *,
    section: UUID,
    wanted: Sequence[Wanted],
    starts: datetime,
    ends: datetime,
    reason: str = "",
    manner: Manner = USUAL,
) -> UUID:
    """Ask for the experts of a section's panel, in numbers; return the request's id.

    manner: for the panel itself, or supplementary or emergency after it. Raises Invalid (a field,
    the pool too small), Conflict while another is under way, WrongStage where a machine was never
    named or the result is fixed.
    """
    project = accepted_project(act)
    found_section(act.session, project.id, section)
    fixed = reached(act.session, project.id, section, RESULT)
    act.require(not fixed, WrongStage("结果已定 / the result is fixed", field="section"))
    _check_times(act, starts, ends)
    strata = strata_of(act.session, wanted)
    _check_purpose(act, section, found_purpose(act, manner.purpose, of_people=True), reason)
    made = asked(
        act, project, section, manner,
        seats=[[code, one.seats] for code, one in strata.items()],
        specialties={name: code for code, one in strata.items() for name in one.specialties},
        starts=starts, ends=ends, reason=reason,
    )  # fmt: skip
    act.note(seats=made.seats, specialties=made.specialties)
    return made.id


def asked(act: Act, project: Project, section: UUID, manner: Manner, **facts: Any) -> DrawRequest:
    """Add a request of this section and purpose, the next attempt; raises as request does."""
    purpose, beacon = manner.purpose, manner.beacon
    act.require(
        beacon in BEACONS, Invalid("beacon", "应为骰子、drand 或两者 / dice, drand or both")
    )
    _check_attempt(act, project.id, section, purpose, facts["reason"])
    machines = _machines(act, project)
    made = DrawRequest(
        **{**facts, "reason": facts["reason"].strip()},
        id=new_id(act.now), project=project.id, section=section, purpose=purpose, beacon=beacon,
        centre=machines[CENTRE].id, inspector=machines[INSPECTOR].id,
        tenderee=machines[TENDEREE].id, asked_at=act.now, withdrawn_at=None,
        taken_over_at=None, void=None,
    )  # fmt: skip
    act.session.add(made)
    act.note(
        subject=str(made.id), section=str(section), purpose=purpose, beacon=beacon,
        reason=made.reason,
    )  # fmt: skip
    return made


def found_purpose(act: Act, name: str, *, of_people: bool) -> Purpose:
    """Return a purpose that this actor may ask for; raises Invalid, NotAllowed."""
    found = PURPOSES.get(name)
    if found is None or found.of_people is not of_people:
        raise Invalid("purpose", "没有此用途 / no such purpose")
    act.require(
        act.actor.role in found.asked_by,
        NotAllowed(
            "此用途不由该方申请 / not this side's to ask for", field="purpose", rule=found.basis
        ),
    )
    return found


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


def made_of() -> ColumnElement[bool]:
    """What is true of a request and the draw that was made of it, as `draw_of` tells of one."""
    name = func.concat("D-", func.replace(cast(DrawRequest.id, Text), "-", ""))
    return and_(Draw.project == DrawRequest.project, Draw.header["draw"].astext == name)


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
    """Return every request in which a machine takes part: neither withdrawn nor published.

    Nor of a trade that was ended: whatever a machine did there would be refused, look after look.
    """
    column = {
        CENTRE: DrawRequest.centre,
        INSPECTOR: DrawRequest.inspector,
        TENDEREE: DrawRequest.tenderee,
    }[machine.side]
    published = (
        select(DrawStep.id)
        .join(Draw, Draw.id == DrawStep.draw)
        .where(made_of(), DrawStep.kind == Of.BUNDLE.value)
    )
    query = select(DrawRequest).where(column == machine.id, DrawRequest.withdrawn_at.is_(None))
    query = query.where(~has_ended(DrawRequest.project))
    return list(session.scalars(query.where(~published.exists()).order_by(DrawRequest.id)))


def _check_times(act: Act, starts: datetime, ends: datetime) -> None:
    act.require(starts > act.now, Invalid("starts", "评标时间须在将来 / must be in the future"))
    act.require(ends > starts, Invalid("ends", "结束须晚于开始 / must be after the beginning"))


def _check_purpose(act: Act, section: UUID, purpose: Purpose, reason: str) -> None:
    """What follows a panel needs one that was drawn, and says why it is needed."""
    if not purpose.follows:
        return
    drawn = act.session.scalar(
        select(func.count())
        .select_from(Draw)
        .where(Draw.project == act.project, Draw.section == section, Draw.purpose == EVALUATION)
        .where(Draw.state == DrawState.FINISHED.value)
    )
    act.require(drawn, WrongStage("评标专家尚未抽取 / no panel was drawn", field="purpose"))
    act.require(reason.strip(), Invalid("reason", "须写明原因 / a reason is needed"))


def _check_attempt(act: Act, project: UUID, section: UUID, purpose: str, reason: str) -> None:
    same = [
        each for each in requests_of(act.session, project)
        if (each.section, each.purpose) == (section, purpose) and each.withdrawn_at is None
    ]  # fmt: skip
    again = purpose in PANEL and purpose != EVALUATION
    for each in same:
        drawn = draw_of(act.session, each)
        ends = {DrawState.CANCELLED.value, *([DrawState.FINISHED.value] if again else [])}
        over = drawn is not None and drawn.state in ends
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
        CENTRE: centre_machine(act.session),
        INSPECTOR: next(
            filter(None, (machine_of(act.session, INSPECTOR, org) for org in department)), None
        ),
        TENDEREE: machine_of(act.session, TENDEREE, project.owner),
    }
    for role, machine in found.items():
        if machine is None or machine.lost_at is not None:
            raise WrongStage(
                f"{role}：该方尚未登记抽取设备与公钥 / {role}: this side has named no machine",
                rule="draw.name_machine",
                field="section",
            )
    return {role: machine for role, machine in found.items() if machine is not None}
