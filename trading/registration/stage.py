"""The stage of a trade: a pure function of what was done, the deadline and now.

A late job never keeps a door open: `closed` is derived from the deadline, not written by anybody.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from monitor.law.duty import STANDSTILLS, Fact


class Stage(StrEnum):
    """Where a trade stands, in order; the last four lie outside the order."""

    FILED = "filed"
    RETURNED = "returned"
    ACCEPTED = "accepted"
    ANNOUNCED = "announced"
    BIDDING = "bidding"
    CLOSED = "closed"
    OPENED = "opened"
    EVALUATED = "evaluated"
    CANDIDATES = "candidates"
    AWARDED = "awarded"
    CONTRACTED = "contracted"
    ARCHIVED = "archived"
    SUSPENDED = "suspended"
    FAILED = "failed"
    TERMINATED = "terminated"
    UNKNOWN = "unknown"


AFTER = {
    "project.register": Stage.FILED,
    "project.resubmit": Stage.FILED,
    "project.return_defects": Stage.RETURNED,
    "project.accept": Stage.ACCEPTED,
    "notice.publish": Stage.ANNOUNCED,
    "document.issue": Stage.BIDDING,
    "opening.close": Stage.CLOSED,
    "opening.reveal": Stage.OPENED,
    "opening.fail": Stage.FAILED,
    "evaluation.report": Stage.EVALUATED,
    "candidates.publish": Stage.CANDIDATES,
    "award.issue": Stage.AWARDED,
    "contract.sign": Stage.CONTRACTED,
    "archive.file": Stage.ARCHIVED,
    "project.terminate": Stage.TERMINATED,
}
HALTS = {act: halts for pair in STANDSTILLS for act, halts in zip(pair, (True, False), strict=True)}
"""Acts after which a trade stands still, or goes on."""
ORDER = list(Stage)
FINAL = frozenset({Stage.FAILED, Stage.TERMINATED})


def stage(facts: Iterable[Fact], deadline: datetime | None, now: datetime) -> Stage:
    """Return the stage at `now`; facts later than that do not count."""
    reached, suspended = Stage.UNKNOWN, False
    for fact in sorted((fact for fact in facts if fact.at <= now), key=lambda fact: fact.at):
        reached = _next(reached, AFTER.get(fact.action))
        suspended = HALTS.get(fact.action, suspended)
    if reached in FINAL:
        return reached
    if suspended:
        return Stage.SUSPENDED
    if reached is Stage.BIDDING and deadline is not None and now > deadline:
        return Stage.CLOSED
    return reached


def _next(reached: Stage, stated: Stage | None) -> Stage:
    if stated is None or reached in FINAL:
        return reached
    if reached is Stage.UNKNOWN or stated in FINAL:
        return stated
    # Filing goes to and fro; from acceptance on a trade never steps back (a correction notice,
    # a second document) by an act that belongs to an earlier stage.
    to_and_fro = {reached, stated} <= {Stage.FILED, Stage.RETURNED}
    return stated if to_and_fro or ORDER.index(stated) > ORDER.index(reached) else reached
