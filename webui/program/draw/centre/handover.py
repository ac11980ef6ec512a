"""The inspector's machine was lost: its successor gets the pool, the rounds, and what waits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from experts.ceremony.mail.agenda import Todo
from experts.ceremony.mail.paper import Step
from experts.ceremony.mail.view import View
from experts.custody import private_value
from experts.draw import transcript
from experts.draw.encoding import mapping, whole
from experts.draw.header import CENTRE
from experts.escrow.succession import SUCCESSION
from monitor.log.canonical import JSON
from webui.program.draw.centre.filing import AT

if TYPE_CHECKING:
    from webui.program.draw.centre.desk import Centre


def take_in(desk: Centre, view: View) -> None:
    """Keep who succeeded, once the holders' signatures are seen to fit."""
    told = view.step("succession", "I")
    if told and not desk.papers(view).has(SUCCESSION):
        desk.service.keep_succession(view.name, dict(told))


def hand_over(desk: Centre, view: View, _: Todo) -> None:
    """Seal to the successor what the lost machine knew; of the rounds' logs only the hashes."""
    papers = desk.papers(view)
    rounds: list[JSON] = [_without_log(body) for body in papers.rounds()]
    told: dict[str, JSON] = {
        **private_value(papers.pool()),
        "at": whole(mapping(papers.get(AT), "at", AT)["at"], AT),
        "rounds": rounds,
        "sent": _sent(desk, view),
    }
    desk.send(view, Step.HANDOVER, told)


def _sent(desk: Centre, view: View) -> dict[str, JSON]:
    """Return what was sealed to the lost machine and is still to be answered, made again."""
    k, found = len(view.steps("closing")), dict[str, JSON]()
    drawn = len(view.steps("round")) > k
    if view.parcel(Step.REQUEST, CENTRE, k):
        found[f"{Step.REQUEST.value}-{k}"] = desk.service.request(view.name)
    if view.parcel(Step.CLOSING, CENTRE, k) and drawn:
        found[f"{Step.CLOSING.value}-{k}"] = desk.service.close_round(view.name)
    if view.parcel(Step.FINAL, CENTRE):
        order = str((view.step("cancel") or {}).get("order", ""))
        found[f"{Step.FINAL.value}-0"] = desk.service.finish(view.name, order)
    return found


def _without_log(body: JSON) -> JSON:
    parts = dict(body) if isinstance(body, dict) else {}
    return {**parts, "log": transcript.log_hash(parts["log"])}


STEPS = {"handover": hand_over}
