"""Steps 11 and 12: the blind re-check, the way to the seats, the end, the bundle."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from experts.ceremony.mail.agenda import Todo
from experts.ceremony.mail.paper import Step
from experts.ceremony.mail.view import View
from experts.custody import PRIVATE
from experts.draw import transcript
from experts.draw.encoding import mapping, rows, whole
from experts.draw.pool import mask_of
from experts.draw.service import BUNDLE, CHANGE
from experts.draw.transcript import FINAL
from monitor.log.canonical import JSON
from webui.program.draw.case import case_of, pool_of
from webui.program.draw.centre.filing import AT
from webui.program.draw.centre.naming import keep_member
from webui.program.draw.centre.panel import note_departures
from webui.program.draw.centre.share import moment

if TYPE_CHECKING:
    from webui.program.draw.centre.desk import Centre


def recheck(desk: Centre, view: View, _: Todo) -> None:
    """Judge the whole pool again once the bidders are known; one re-check a draw."""
    papers, kept = desk.papers(view), []
    if papers.has(CHANGE):
        kept = list(
            rows(mapping(papers.get(CHANGE), "rechecks vacated", CHANGE)["rechecks"], CHANGE)
        )
    told = kept[-1] if kept else _found(desk, view)
    desk.step(view, "draw.recheck", told=told)


def seat(desk: Centre, view: View, todo: Todo) -> None:
    """Tell a seated expert the project, and give what proves the seat."""
    pool = desk.papers(view).pool()
    leaf = next(leaf for leaf in pool.leaves if mask_of(leaf) == todo.about)
    uid = pool.entries[leaf].u
    opening = pool.own(uid)["opening"]
    told: JSON = {
        "what": Step.SEAT.value,
        "mask": todo.about,
        "project": view.project,
        "section": str(view.value["section"]),
        "opening": opening,
        "starts": int(view.value["starts"]),
    }
    keep_member(desk.papers(view), todo.k, todo.about, uid, opening)
    document = {"draw": view.name, "mask": todo.about, "sealed": desk.notifier.letter(uid, told)}
    desk.post(view, Step.SEAT, document, todo.k)


def final(desk: Centre, view: View, _: Todo) -> None:
    """Step 11: the final statement, for the inspector to sign."""
    order = str((view.step("cancel") or {}).get("order", ""))
    note_departures(desk, view)
    desk.send(view, Step.FINAL, desk.service.finish(view.name, order))


def finish(desk: Centre, view: View, _: Todo) -> None:
    """Step 11: make the bundle, destroy the pool's key, publish the transcript's root."""
    papers = desk.papers(view)
    if papers.has(PRIVATE):
        desk.service.confirm_finish(view.name, desk.signature(view, Step.FINAL))
    kept = mapping(papers.get(FINAL), "final signatures", FINAL)
    desk.step(view, "draw.finish", final=kept["final"], signatures=kept["signatures"])


def publish(desk: Centre, view: View, _: Todo) -> None:
    """Step 12: publish the bundle, which anybody can recompute."""
    papers = desk.papers(view)
    kept = mapping(papers.get(FINAL), "final signatures", FINAL)["final"]
    root = transcript.transcript_root(papers.header().hh, kept)  # type: ignore[arg-type]
    bundle = base64.b64encode(papers.data(BUNDLE)).decode()
    desk.step(view, "draw.publish_bundle", root=root.hex(), bundle=bundle)


def _found(desk: Centre, view: View) -> object:
    """Re-check by the facts of now and the case of the filing, bidders added."""
    _, people = pool_of(desk.client, view)
    papers = desk.papers(view)
    at = whole(mapping(papers.get(AT), "at", AT)["at"], AT)
    case = case_of(view, at, frozenset(view.bidders or ()))
    return desk.service.recheck(view.name, people, case, view.purpose.rules, moment(view.now))


STEPS = {
    "recheck": recheck,
    "seat": seat,
    "final": final,
    "finish": finish,
    "bundle": publish,
}
