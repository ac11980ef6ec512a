"""The committee: formed of those checked in as the law says, named once the result is fixed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from experts.ceremony.header import Draw, checked
from experts.ceremony.header import State as DrawState
from experts.ceremony.moment import RESULT, require_reached
from experts.ceremony.seat import Seat, State, seated
from experts.draw.pool import read_opening
from experts.pool.expert import found_expert, stamp
from monitor.law.limit import demand
from monitor.record.act import Act
from monitor.record.action import action
from monitor.record.identity import new_id
from monitor.record.table import Recorded
from monitor.refusal import Conflict, Invalid, WrongStage
from monitor.role import Role
from trading.notice.moment import required_project
from trading.registration.party import found_organisation
from trading.registration.project import found_project, rules_for


class Panel(Recorded):
    """A committee as formed: how many members, how many of them drawn experts."""

    __tablename__ = "panel"
    __table_args__ = (
        UniqueConstraint("project", "section"),
        CheckConstraint("experts BETWEEN 0 AND size", name="experts"),
    )
    project: Mapped[UUID] = mapped_column(index=True)
    section: Mapped[UUID]
    size: Mapped[int]
    experts: Mapped[int]


@dataclass(frozen=True, slots=True)
class Member:
    """A member named at the result; opening: of the whole leaf, None for an owner's delegate."""

    mask: str
    name: str
    opening: Mapping[str, Any] | None = None


@action("panel.form", by=(Role.CENTRE,))
def form(act: Act, *, section: UUID) -> UUID:
    """Form the committee of those checked in; return the panel's id.

    Size, odd number and share of experts are rules of law (招标投标法 37; 87号令 47). Raises
    Invalid naming the rule, WrongStage while a draw is open or somebody is missing, Conflict.
    """
    project = found_project(act.session, required_project(act.project))
    members = seated(act.session, project.id, section)
    _require_settled(act, members)
    size, experts = len(members), sum(seat.is_expert for seat in members)
    rules = rules_for(project, act.now).between("panel.form", "panel.form")
    for rule in rules:
        demand(rule, "panel", {"member": size, "expert": experts}[rule.of], size)
        act.used_rule(rule.id, rules.version)
    act.on_conflict("panel_project_section_key", lambda _: Conflict("委员会已组成 / formed before"))
    panel = Panel(
        id=new_id(act.now), project=project.id, section=section, size=size, experts=experts
    )
    act.session.add(panel)
    act.note(subject=str(panel.id), section=str(section), size=size, experts=experts)
    return panel.id


@action("panel.disclose", by=(Role.CENTRE,))
def disclose(act: Act, *, section: UUID, members: Sequence[Member]) -> None:
    """Publish the committee's names once the result is fixed (招标投标法 37); all, or none.

    Raises WrongStage before the result, Invalid for a name whose leaf does not open or is missing.
    """
    project = required_project(act.project)
    require_reached(act.session, project, section, RESULT, "招标投标法 37")
    sitting = {seat.mask: seat for seat in seated(act.session, project, section)}
    act.require(
        set(sitting) == {member.mask for member in members},
        Invalid("members", "须公布全部成员 / every member, and nobody else"),
    )
    for member in members:
        _name(act, sitting[member.mask], member)
    act.note(section=str(section), members=[[one.mask, one.name] for one in members])


def _require_settled(act: Act, members: Sequence[Seat]) -> None:
    draws = {seat.draw for seat in members if seat.draw is not None}
    states = {one.state for one in (act.session.get(Draw, draw) for draw in draws) if one}
    act.require(
        states == {DrawState.FINISHED.value},
        WrongStage("专家抽取尚未结束 / the draw of experts is not finished", field="section"),
    )
    act.require(
        all(seat.state == State.CHECKED_IN.value for seat in members),
        WrongStage("尚有成员未报到 / a member has not checked in", field="section"),
    )


def _name(act: Act, seat: Seat, member: Member) -> None:
    seat.name = member.name
    if not seat.is_expert:
        return
    with checked():
        shown = read_opening(member.opening, "opening")
    uid = shown.values.get("u")
    act.require(
        shown.leaf == seat.proof and isinstance(uid, str),
        Invalid("opening", "开示与席位不符 / the opening is not this seat's"),
    )
    row = found_expert(act.session, str(uid))
    owner = found_organisation(act.session, found_project(act.session, seat.project).owner)
    row.served = [*row.served, [stamp(act.now), owner.uscc]]
