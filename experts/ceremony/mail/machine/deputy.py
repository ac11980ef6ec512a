"""The deputy: takes the inspector's part in a draw while the inspector's own machine is away.

Only before the header is out, for a key in a header is that machine's for good; only once the
machine has been waited for as long as the purpose allows, by what stands on record; and never
where it is there and objects. What was filed to the machine before is filed anew to the deputy.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from experts.ceremony.header import Draw
from experts.ceremony.mail.machine.absence import is_away, require_away
from experts.ceremony.mail.machine.machine import DEPUTY, Machine, machine_behind
from experts.ceremony.mail.paper import Step
from experts.ceremony.mail.parcel import parcels_of
from experts.ceremony.mail.reading import reading
from experts.ceremony.mail.request import DrawRequest, found_request, made_of
from experts.ceremony.mail.view import View
from experts.draw.encoding import VERSION
from experts.draw.header import CENTRE, INSPECTOR
from monitor.record.act import Act
from monitor.record.action import action
from monitor.refusal import NotAllowed, NotFound, WrongStage
from monitor.role import Role


@action("draw.take_over", by=(Role.DEPARTMENT,))
def take_over(act: Act, *, request: UUID) -> None:
    """Take the part of the own organisation's agent, which is away, in one draw.

    Raises NotAllowed for whoever is not its deputy, WrongStage once the header is out, where the
    agent is not what is waited for, or where it objects; TooEarly before it is away long enough.
    """
    act.attempt(subject=str(request))
    found = found_request(act.session, request)
    act.require(found.project == act.project, NotFound("没有此申请 / no such request"))
    deputy = machine_behind(act.session, act.actor)
    agent = act.session.get_one(Machine, found.inspector)
    if deputy is None or deputy.role != DEPUTY or deputy.org != agent.org:
        raise NotAllowed("仅限登记的备用监督端 / only the named deputy", rule="draw.name_deputy")
    waited = _waited(act, found, agent)
    filed = [one for one in parcels_of(act.session, found.id) if one.step == Step.FILING.value]
    found.inspector, found.taken_over_at, found.void = deputy.id, act.now, len(filed)
    act.note(
        section=str(found.section), agent=str(agent.id), deputy=str(deputy.id), waited=waited,
        keys=deputy.keys,
    )  # fmt: skip


def vacant(session: Session, deputy: Machine, now: datetime) -> list[DrawRequest]:
    """Return the draws that this deputy may take over now."""
    agents = select(Machine.id).where(Machine.org == deputy.org, Machine.role == INSPECTOR)
    asked = session.scalars(
        select(DrawRequest)
        .where(DrawRequest.inspector.in_(agents), DrawRequest.withdrawn_at.is_(None))
        .where(~select(Draw.id).where(made_of()).correlate(DrawRequest).exists())
        .order_by(DrawRequest.id)
    )
    views = [(each, View(reading(session, each, CENTRE, now))) for each in asked]
    return [each for each, view in views if is_away(view, waited_since(view))]


def waited_since(view: View) -> int | None:
    """Return since when the inspector's machine is waited for; None where it is not (pure).

    What expired unanswered counts: the wait goes on while the centre files anew.
    """
    if view.header is not None:
        return None
    told = [int(one["at"]) for one in view.value["parcels"] if one["role"] == INSPECTOR]
    last = max([int(view.value["asked"]), *told])
    if not view.hello(INSPECTOR):
        return last
    filed = [one for one in view.parcels(Step.FILING) if int(one["at"]) >= last]
    if not filed or view.parcel(Step.COUNTERSIGN, INSPECTOR, int(filed[-1]["k"])):
        return None
    return min(int(one["at"]) for one in filed)


def _waited(act: Act, request: DrawRequest, agent: Machine) -> int:
    """Return for how many seconds the agent has been waited for; raises WrongStage, TooEarly."""
    view = View(reading(act.session, request, CENTRE, act.now))
    since = waited_since(view)
    if view.state != "asked" or since is None or agent.role == DEPUTY:
        raise WrongStage(
            "现在等待的不是监督端，或抽取条件已公布 / the agent is not waited for, or it is out",
            field="request", rule=VERSION,
        )  # fmt: skip
    return require_away(act, view, since, "request")
