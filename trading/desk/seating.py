"""Seating 确认当事人: department and trustees of a trade written down in one act."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from monitor.record.act import Act
from monitor.record.action import action
from monitor.refusal import Conflict, Invalid
from monitor.role import Role
from trading.desk.body import body_of, seated
from trading.registration.party import assign


@action("standing.seat", by=(Role.CENTRE,))
def seat(act: Act, *, department: UUID | None, trustees: Sequence[UUID]) -> int:
    """Write down a trade's department and trustees at once; return how many were new.

    Who has that standing already is passed over. Raises what `assign` raises for each, Invalid for
    an empty or doubled list, Conflict when nobody is new.
    """
    wanted = [(org, Role.TRUSTEE) for org in trustees]
    if department is not None:
        wanted.insert(0, (department, Role.DEPARTMENT))
    act.require(
        wanted and len(set(wanted)) == len(wanted),
        Invalid("trustees", "未选择单位或重复 / nobody is chosen, or one twice"),
    )
    new = [(org, role) for org, role in wanted if not _stands(act, org, role)]
    act.require(new, Conflict("均已确认 / all of them stand already", field="trustees"))
    named = [_seat(act, org, role) for org, role in new]
    act.facts.clear()
    act.note(subject=str(act.project), seated=named)
    return len(named)


def _stands(act: Act, org: UUID, role: Role) -> bool:
    if act.project is None:
        return False
    return any(body.id == org for body in seated(act.session, act.project, role))


def _seat(act: Act, org: UUID, role: Role) -> dict[str, str]:
    assign(act, organisation=org, role=role)
    body = body_of(act.session, org)
    return {"role": role.value, "uscc": body.uscc, "name": body.name} if body else {}
