"""Steps 2 to 5: what inspector and tenderee publish is taken in, fixed, closed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from experts.ceremony.mail.agenda import Todo
from experts.ceremony.mail.paper import Step
from experts.ceremony.mail.view import View
from experts.draw.header import CENTRE
from experts.draw.seed import How
from experts.draw.service import DrawService
from experts.draw.transcript import BEACON, COMMITS, REVEALS

if TYPE_CHECKING:
    from webui.program.draw.centre.desk import Centre


def take_in(desk: Centre, view: View) -> None:
    """Keep what stands on the platform, as of when it came there."""
    papers, service = desk.papers(view), desk.service
    for step in view.steps("commit"):
        if not papers.has(f"commit-{step['role']}.json"):
            service.commit(view.name, step["document"], moment(step["at"]))
    if view.step("open") and not papers.has(COMMITS):
        service.open(view.name)
    for step in view.steps("reveal"):
        if not papers.has(f"share-{step['role']}.json"):
            _take_share(service, view, step)
    if view.step("closed"):
        service.keep_recovery(view.name, view.recovery)
    dice = view.step("dice")
    if dice and not papers.has(BEACON):
        service.beacon(view.name, dict(dice))


def _take_share(service: DrawService, view: View, step: Mapping[str, Any]) -> None:
    """Keep a share as it came to be known; a default is made again when the reveals are closed."""
    role, told = step["role"], step["document"]
    if told["how"] == How.REVEALED:
        service.reveal(view.name, role, told["r"], moment(step["at"]))
    if told["how"] == How.RECOVERED:
        service.recover(view.name, role, told["r"])


def fix(desk: Centre, view: View, _: Todo) -> None:
    """Step 3: fix all commitments under one hash."""
    desk.step(view, "draw.open")


def recover(desk: Centre, view: View, todo: Todo) -> None:
    """Step 4: put in what two holders opened of a share that did not come, else its default."""
    opened = view.opened_share(todo.about)
    share = "" if opened is None else opened.hex()
    desk.step(view, "draw.recover", role=todo.about, share=share)


def reveals(desk: Centre, view: View, _: Todo) -> None:
    """Step 4: close the reveals, for the inspector to sign."""
    told = desk.service.close_reveals(view.name, moment(view.now))
    desk.post(view, Step.REVEALS, told)


def close(desk: Centre, view: View, _: Todo) -> None:
    """Step 4: publish the closed reveals with both signatures."""
    papers = desk.papers(view)
    if not papers.has(REVEALS):
        told = dict(view.parcel(Step.REVEALS, CENTRE) or {})
        desk.service.confirm_reveals(view.name, told, desk.signature(view, Step.REVEALS))
    desk.step(view, "draw.close_reveals", document=papers.get(REVEALS))


def moment(seconds: int) -> datetime:
    """Return a moment of unix seconds, aware UTC."""
    return datetime.fromtimestamp(seconds, UTC)


STEPS = {"open": fix, "recover": recover, "reveals": reveals, "close_reveals": close}
