"""Replacement: the blind re-check at CLOSE, and the linked round that fills what is open.

Bidders are secret before CLOSE, so avoidance is judged again after it, for the whole pool. The
successor comes from a new seed and is never "the next on a list" (招标投标法实施条例 48).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any
from uuid import UUID

from experts.ceremony.departure import departures_of
from experts.ceremony.header import Draw, Kind, checked, found_draw, needed, put, steps
from experts.ceremony.moment import CLOSED, require_reached
from experts.ceremony.round import keep_ask, last_closing
from experts.ceremony.seat import SITTING, State, progress_of, seats_of
from experts.draw.encoding import mapping, require, rows, unhex
from experts.draw.pool import mask_of
from experts.draw.transcript import Progress, read_recheck
from monitor.log import tree
from monitor.record.act import Act
from monitor.record.action import Visibility, action
from monitor.refusal import WrongStage
from monitor.role import Role


@action("draw.recheck", by=(Role.CENTRE,), visibility=Visibility.SECRET)
def recheck(act: Act, *, draw: UUID, told: Mapping[str, Any]) -> int:
    """Keep a re-check against the bidders, after CLOSE; return how many seated must stand aside.

    told: {at, barred: [[leaf, rule]], facts}. Which seats is said to nobody; counts by rule are
    published by the replacement or the finish. Raises WrongStage, Invalid.
    """
    found = found_draw(act, draw)
    require_reached(act.session, found.project, found.section, CLOSED, "招标投标法 22")
    last_closing(act, found)
    with checked():
        barred = read_recheck(told, frozenset(tree.split_hashes(found.leaves)), "recheck")
    put(act, found, Kind.RECHECK, told, k=len(steps(act.session, found, Kind.RECHECK)))
    gone = [
        seat
        for seat in seats_of(act.session, found)
        if seat.state in SITTING and seat.proof in barred
    ]
    for seat in gone:
        seat.state = State.BARRED.value
    act.note(at=told["at"], facts=told["facts"], barred=[seat.mask for seat in gone])
    return len(gone)


@action("draw.replace", by=(Role.DEPARTMENT,))
def replace_members(act: Act, *, draw: UUID, change: Mapping[str, Any], signature: str) -> int:
    """Ask for a further round for the open seats; return how many are open.

    change: {rechecks, vacated: [[leaf, reason, evidence]]} as signed. Only counts are published.
    Raises WrongStage when nothing is open or no round was closed, Invalid.
    """
    found = found_draw(act, draw)
    needed(act.session, found, Kind.CLOSING)
    progress = apply_change(act, found, change)
    act.require(
        progress.open_seats > 0, WrongStage("没有空缺席位 / no seat is open", field="change")
    )
    keep_ask(act, found, len(steps(act.session, found, Kind.CLOSING)), change, signature)
    act.note(open_seats=progress.open_seats, **counted(found, change))
    return progress.open_seats


def apply_change(act: Act, draw: Draw, change: Mapping[str, Any]) -> Progress:
    """Let those who left go, after checking the change against the re-checks on record."""
    last_closing(act, draw)
    used = [row.document["change"]["rechecks"] for row in steps(act.session, draw, Kind.ASK)]
    kept = [row.document for row in steps(act.session, draw, Kind.RECHECK)]
    with checked():
        mapping(change, "rechecks vacated", "change")
        stated = [
            *chain.from_iterable(used),
            *rows(change["rechecks"], "change"),
        ]
        require(stated == kept, "change.rechecks", "are not those on record / 与复核记录不符")
        leaves = frozenset(tree.split_hashes(draw.leaves))
        progress = progress_of(act.session, draw, draw.read()).changed(change, leaves, "change")
        left = {unhex(row[0], 32, "change.vacated") for row in change["vacated"]}
        gone = {(one.mask, one.why, one.evidence) for one in departures_of(act.session, draw.id)}
        named = {(mask_of(unhex(row[0], 32, "")), row[1], row[2]) for row in change["vacated"]}
        require(named <= gone, "change.vacated", "are no departures on record / 没有离席的记录")
    for seat in seats_of(act.session, draw):
        if seat.proof in left:
            seat.state = State.LEFT.value
    return progress


def counted(draw: Draw, change: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the public sees of a change: how many left why, how many the rules barred."""
    barred: Counter[str] = Counter(
        rule for recheck in change["rechecks"] for _, rule in recheck["barred"]
    )
    reasons: Sequence[str] = [row[1] for row in change["vacated"]]
    return {
        "barred": dict(sorted(barred.items())),
        "pool": len(draw.leaves) // 32,
        "vacated": dict(sorted(Counter(reasons).items())),
    }
