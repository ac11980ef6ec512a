"""Checks of monitoring points: pure functions of what is seen of a trade, by name.

Each gives the worst that it found and the records that show it. One that finds nothing to judge
yet leaves its point unchecked: it never guesses.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

from monitor.law.duty import State
from monitor.law.limit import holds, kept, reckon
from monitor.law.point import POINTS, Point, Points, Result
from monitor.law.point import load as load_points
from monitor.law.rule import Bound, Rule
from trading.supervision.card.known import CHECKS, Found, check, require_sound
from trading.supervision.card.sight import Seen, Sight

OF_DUTY = {
    State.OPEN: Result.GREEN,
    State.DUE_SOON: Result.YELLOW,
    State.BREACHED: Result.RED,
    State.CLOSED: Result.GREEN,
    State.CLOSED_LATE: Result.RED,
    State.LIFTED: Result.GREEN,
}
MOST_EVIDENCE = 20
"""Records that a result names, the newest: were it the oldest, what comes later would show none."""


def judge(sight: Sight, point: Point) -> Found:
    """Return what a point's check finds, no worse than its level.

    A record that lacks a fact which the check needs leaves the point unchecked: nothing is guessed.
    """
    try:
        found = CHECKS[point.check].run(sight, point)
    except KeyError:
        return Found()
    return Found(point.capped(found.result), found.evidence[-MOST_EVIDENCE:])


def points(path: Path = POINTS) -> Points:
    """Return the points; raises PointsInvalid, also for args that a point's check does not take."""
    known = load_points(path)
    for point in known:
        if not point.is_manual:
            require_sound(point)
    return known


def _worst(judged: Iterable[tuple[Result, tuple[str, ...]]]) -> Found:
    """Return the worst of many, with the records of all that are as bad."""
    told = list(judged)
    if not told:
        return Found()
    worst = max(result for result, _ in told)
    shown = (record for result, records in told if result == worst for record in records)
    return Found(worst, tuple(dict.fromkeys(shown)))


def _good(holding: bool) -> Result:
    return Result.GREEN if holding else Result.RED


def _timed(rule: Rule, start: datetime, at: datetime) -> Result:
    """Judge a time; one that only a calendar not yet published can decide is yellow."""
    if kept(rule, start, at):
        return Result.GREEN
    limit = reckon(rule, start)
    provisional = rule.bound is Bound.AT_LEAST and at >= limit.floor
    return Result.YELLOW if provisional else Result.RED


@check("action", "start", "end")
def span(sight: Sight, point: Point) -> Found:
    """Judge anew the time between two moments that an act names."""
    return _worst(
        (_timed(rule, act.moment(point.args["start"]), act.moment(point.args["end"])),
         (act.record,))
        for act in sight.done(point.args["action"])
        for rule in sight.bound(point.rules, act.at)
    )  # fmt: skip


@check()
def change(sight: Sight, point: Point) -> Found:
    """Judge the time that a change which affects bids leaves before the deadline."""
    return _worst(
        (_timed(rule, act.at, act.moment("deadline_after")), (act.record,))
        for act in sight.done("clarification.issue")
        if act.facts.get("affects_bids")
        for rule in sight.bound(point.rules, act.at)
    )


@check("action", "fact", "per")
def same(sight: Sight, point: Point) -> Found:
    """Look whether the last word on each thing says that it is the same."""
    last = {
        (act.subject, act.facts.get(point.args["per"])): act
        for act in sight.done(point.args["action"])
    }
    told = [(act, bool(act.facts.get(point.args["fact"]))) for act in last.values()]
    return _worst((_good(is_same), (act.record,)) for act, is_same in told)


@check()
def punctual(sight: Sight, point: Point) -> Found:
    """Compare each CLOSE with the deadline that held then; limit: minutes that it may take."""
    patience = timedelta(minutes=point.limit)
    return _worst(
        (_good(end <= act.at <= end + patience), (act.record,))
        for act in sight.done("opening.close")
        if (end := _deadline(sight, act.at)) is not None
    )


def _deadline(sight: Sight, at: datetime) -> datetime | None:
    """Return the bid deadline as it stood at a moment."""
    held = None
    for act in sight.acts:
        if act.refused or act.at > at:
            continue
        if "deadline_after" in act.facts:
            held = act.moment("deadline_after")
        elif act.action in {"notice.publish", "document.issue"}:
            held = act.moment("deadline")
    return held


@check()
def bidders(sight: Sight, point: Point) -> Found:
    """Look whether what too few bid for was opened nevertheless."""
    opened = {act.section: act for act in sight.done("opening.unlock", "opening.reveal")}
    return _worst(
        (_good(enough or act.section not in opened), _shown(act, opened.get(act.section)))
        for act in sight.done("opening.close")
        for rule in sight.bound(point.rules, act.at)
        for enough in [holds(rule, int(act.facts["bids"]["count"]))]
    )


def _shown(*acts: Seen | None) -> tuple[str, ...]:
    return tuple(act.record for act in acts if act is not None)


@check()
def committee(sight: Sight, point: Point) -> Found:
    """Judge a committee's size, oddness and share of experts anew."""
    return _worst(
        (_good(holds(rule, value, int(act.facts["size"]))), (act.record,))
        for act in sight.done("panel.form")
        for rule in sight.bound(point.rules, act.at)
        for value in [int(act.facts["experts" if rule.of == "expert" else "size"])]
    )


@check()
def window(sight: Sight, point: Point) -> Found:
    """Judge the time from the last round of a draw to the start of the evaluation."""
    rounds = list(sight.done("draw.round"))
    return _worst(
        (_good(kept(rule, before[-1].at, act.at)), (before[-1].record, act.record))
        for act in sight.done("evaluation.start")
        if (before := [each for each in rounds if each.at <= act.at])
        for rule in sight.bound(point.rules, act.at)
    )


@check("action", "per")
def repeated(sight: Sight, point: Point) -> Found:
    """Count acts of one name for one thing; more than the limit is wrong."""
    counted: dict[str, list[str]] = {}
    for act in sight.done(point.args["action"]):
        counted.setdefault(str(act.facts.get(point.args["per"], "")), []).append(act.record)
    return _worst((_good(len(acts) <= point.limit), tuple(acts)) for acts in counted.values())


@check()
def room(sight: Sight, _: Point) -> Found:
    """Look whether each evaluation began in the time of an evaluation room's booking."""
    released = {act.subject for act in sight.done("venue.release")}
    booked = [
        act
        for act in sight.done("venue.book")
        if act.facts["purpose"] == "evaluation" and act.subject not in released
    ]
    return _worst(
        (_good(any(_covers(each, act.at) for each in booked)), (act.record,))
        for act in sight.done("evaluation.start")
    )


def _covers(booking: Seen, at: datetime) -> bool:
    during = booking.facts["during"]
    start, end = (datetime.fromisoformat(during[name]) for name in ("from", "until"))
    return start <= at <= end


@check()
def duty(sight: Sight, point: Point) -> Found:
    """Take the colour of the duties under these rules."""
    return _worst(
        (OF_DUTY[owed.state], owed.records[-1:])
        for owed in sight.duties
        if owed.rule in point.rules
    )


@check()
def first(sight: Sight, _: Point) -> Found:
    """Look whether each award went to rank one."""
    return _worst(
        (_good(int(act.facts["rank"]) == 1), (act.record,)) for act in sight.done("award.issue")
    )


@check()
def answered(sight: Sight, point: Point) -> Found:
    """Look whether each objection of before the award was answered before it."""
    answers = {str(act.facts["objection"]): act for act in sight.done("objection.answer")}
    filed = list(sight.done("objection.file"))
    return _worst(
        (_good(late is None), _shown(act, late))
        for act in sight.done("award.issue")
        if sight.bound(point.rules, act.at)
        for late in [next((each for each in filed if _is_open(each, answers, act)), None)]
    )


def _is_open(objection: Seen, answers: dict[str, Seen], award: Seen) -> bool:
    if objection.at > award.at or objection.section not in ("", award.section):
        return False
    answer = answers.get(str(objection.facts["objection"]))
    return answer is None or answer.at > award.at


@check("action", may=("refused",))
def gate(sight: Sight, point: Point) -> Found:
    """Take the platform's own gate: yellow where an attempt was refused, red where it was passed
    with a warning of these rules, else green once passed.
    """
    name, code, rules = point.args["action"], point.args.get("refused"), set(point.rules)
    tried = [act for act in sight.refused(name) if act.refused == code or act.rules & rules]
    passed = [act for act in sight.done(name) if code or act.rules & rules]
    return _worst(
        [(Result.YELLOW, (act.record,)) for act in tried]
        + [(_good(not rules & set(act.facts.get("warnings", ()))), (act.record,)) for act in passed]
    )


@check()
def payer(sight: Sight, _: Point) -> Found:
    """Look whether each deposit's payer is its bidder, and no other bidder's payer as well."""
    bidder = {act.subject: act.actor for act in sight.done("deposit.open", "deposit.guarantee")}
    told = list(sight.done("deposit.identify"))
    paid: dict[str, set[str]] = {}
    for act in told:
        paid.setdefault(str(act.facts["payer"]), set()).add(bidder.get(act.subject, act.subject))
    return _worst(
        (_good(not act.facts["payer_differs"] and len(paid[str(act.facts["payer"])]) == 1),
         (act.record,))
        for act in told
    )  # fmt: skip


@check("sign")
def looks(sight: Sight, point: Point) -> Found:
    """Look whether a look at what is secret bears that sign of being unusual (look.py)."""
    told = point.args["sign"]
    return _worst(
        (Result.YELLOW if told in act.facts["unusual"] else Result.GREEN, (act.record,))
        for act in sight.done("secret.look", "account.look")
    )
