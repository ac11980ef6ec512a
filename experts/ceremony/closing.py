"""The end of a draw: its transcript signed by both, an order that cancels it, its bundle."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from experts.ceremony.header import (
    Draw,
    Kind,
    State,
    checked,
    found_draw,
    needed,
    put,
    signing,
    steps,
)
from experts.ceremony.moment import CLOSED, RESULT, require_reached
from experts.ceremony.replacement import apply_change, counted
from experts.ceremony.round import last_closing
from experts.draw import transcript
from experts.draw.bundle import seated_value
from experts.draw.encoding import VERSION, mapping, require, unhex
from experts.draw.header import Kind as Drawn
from experts.draw.transcript import Outcome, Progress
from experts.draw.verification import check_both
from monitor.record.act import Act
from monitor.record.action import action
from monitor.refusal import Invalid, NotFound, WrongStage
from monitor.role import Role
from trading.paper.keeping import Stored, keep_beside


@action("draw.finish", by=(Role.CENTRE,))
def finish(act: Act, *, draw: UUID, final: Mapping[str, Any], signatures: Mapping[str, str]) -> str:
    """End the draw; return the transcript root (hex) that both signed.

    final: {change, order, outcome, prev, seated}; only root, outcome and counts are published.
    Experts are finished after the blind re-check at CLOSE. Raises WrongStage, Invalid.
    """
    found = found_draw(act, draw)
    header = found.read()
    if header.kind is Drawn.EXPERT and found.state == State.OPEN.value:
        require_reached(act.session, found.project, found.section, CLOSED, "招标投标法 22")
        needed(act.session, found, Kind.RECHECK)
    before = last_closing(act, found)
    change = final.get("change", {})
    progress = apply_change(act, found, change)
    with checked():
        parts = mapping(final, "change order outcome prev seated", "final")
        require(parts["prev"] == before, "final prev", "is not the last closing")
        require(parts["order"] == _order(act, found), "final order", "is not the order on record")
        require(parts["outcome"] == _outcome(act, found, progress), "final outcome", "is untrue")
        require(parts["seated"] == seated_value(progress), "final seated", "is not who sits")
        root = transcript.transcript_root(header.hh, dict(final))
        check_both(signing(act.session, found), root, signatures, "final")
    put(act, found, Kind.FINAL, {"root": root.hex(), "signatures": dict(signatures)})
    if found.state == State.OPEN.value:
        found.state = State.FINISHED.value
    act.note(
        root=root.hex(), outcome=final["outcome"], seated=len(progress.seated),
        signatures=dict(signatures), **counted(found, change),
    )  # fmt: skip
    return root.hex()


@action("draw.cancel", by=(Role.DEPARTMENT,))
def cancel(act: Act, *, draw: UUID, order: str, reason: str) -> None:
    """Cancel an open draw by a supervisory order (its sha256 in hex); it is still completed.

    The next attempt says which it supersedes, for ever. Raises Invalid, WrongStage.
    """
    found = found_draw(act, draw)
    act.require(
        found.state == State.OPEN.value, WrongStage("抽取已取消 / the draw is cancelled already")
    )
    act.require(reason.strip(), Invalid("reason", "须写明原因 / a reason is needed"))
    with checked():
        unhex(order, 32, "order")
    found.state = State.CANCELLED.value
    put(act, found, Kind.CANCEL, {"order": order, "reason": reason})
    act.note(order=order, reason=reason)


@action("draw.publish_bundle", by=(Role.CENTRE,))
def publish_bundle(
    act: Act, *, draw: UUID, sha256: str, root: str, paper: Stored | None = None
) -> None:
    """Publish the bundle's digest and transcript root; for experts only after the result.

    paper: the bundle itself, to be kept with the trade. Raises WrongStage, NotFound, Invalid for a
    root that is not the one signed or a paper that is not the bundle.
    """
    found = act.session.get(Draw, draw)
    if found is None or found.project != act.project:
        raise NotFound("本项目没有此次抽取 / no such draw in this project", field="draw")
    signed = needed(act.session, found, Kind.FINAL)
    if found.read().kind is Drawn.EXPERT:
        require_reached(act.session, found.project, found.section, RESULT, "招标投标法 37")
    act.require(
        root == signed["root"],
        Invalid("root", "与签署的根不符 / not the root signed", rule=VERSION),
    )
    with checked():
        unhex(sha256, 32, "sha256")
    act.require(
        paper is None or paper.digest.hex() == sha256,
        Invalid("sha256", "与抽取包不符 / not the bundle's digest", rule=VERSION),
    )
    keep_beside(act, paper)
    put(act, found, Kind.BUNDLE, {"root": root, "sha256": sha256})
    act.note(root=root, sha256=sha256)


def _order(act: Act, draw: Draw) -> str:
    return str(needed(act.session, draw, Kind.CANCEL)["order"]) if draw.state != "open" else ""


def _outcome(act: Act, draw: Draw, progress: Progress) -> Outcome:
    """Return how the draw ended (experts/draw/transcript.py, final_outcome)."""
    rounds = steps(act.session, draw, Kind.ROUND)
    if draw.state == State.CANCELLED.value:
        return Outcome.CANCELLED
    if progress.open_seats == 0:
        return Outcome.COMPLETE
    if rounds and rounds[-1].document["outcome"] == Outcome.INFEASIBLE:
        return Outcome.INFEASIBLE
    full = len(rounds) == progress.header.number("max_rounds")
    require(full, "final", "seats are open and rounds are left / 尚有空缺席位")
    return Outcome.EXHAUSTED
