"""Gates: what a step waits for, and what it was done by, read from the facts alone (pure)."""

from __future__ import annotations

from datetime import datetime

from monitor.role import Role
from trading.desk.docket import Lot
from trading.registration.stage import Stage
from trading.venue.room import Purpose
from webui.course.fact import Act, Facts
from webui.course.step import Bar, Found, Gate

ENOUGH_TRUSTEES = 3
"""A roster of fewer could not keep owner and centre below its threshold (batong-bid/1)."""


def act(name: str) -> Found:
    """Return the first act of that name as what a step was done by."""
    return lambda facts, lot: facts.first(name, lot)


def after(*names: str) -> Gate:
    """Bar a step until each of these acts is done."""

    def gate(facts: Facts, lot: Lot) -> Bar | None:
        missing = next((name for name in names if facts.first(name, lot) is None), None)
        return Bar("bar.after", {"act": missing}) if missing else None

    return gate


def both(*gates: Gate) -> Gate:
    """Bar a step by the first of several gates that is shut."""

    def gate(facts: Facts, lot: Lot) -> Bar | None:
        return next(filter(None, (each(facts, lot) for each in gates)), None)

    return gate


def before_close(facts: Facts, lot: Lot) -> Bar | None:
    """Bar for good what is only done before the deadline (招标投标法 28)."""
    closed = facts.is_past or facts.first("opening.close", lot) is not None
    return Bar("bar.closed", ends=True) if closed else None


def endable(facts: Facts, _: Lot) -> Bar | None:
    """Bar the end of a trade between CLOSE and the reveal, and for good after the award."""
    stage = facts.matter.stage
    if stage in {Stage.CLOSED, Stage.SUSPENDED}:
        return Bar("bar.opening_first")
    over = {Stage.AWARDED, Stage.CONTRACTED, Stage.ARCHIVED, Stage.FAILED, Stage.TERMINATED}
    return Bar("bar.notified", ends=True) if stage in over else None


def opened(facts: Facts, lot: Lot) -> Bar | None:
    """Bar for good what a failed opening leaves nothing to do for."""
    return Bar("bar.failed", ends=True) if facts.has_failed(lot) else None


def running(facts: Facts, _: Lot) -> Bar | None:
    """Bar what may not be done while an objection waits for its answer (招标投标法实施条例 54)."""
    return Bar("bar.objection") if facts.halting else None


def unanswered(facts: Facts, _: Lot) -> Bar | None:
    """Bar the answer to a filing while none waits for it."""
    return Bar("bar.returned") if facts.matter.stage is Stage.RETURNED else None


def supply(facts: Facts, _: Lot) -> Bar | None:
    """Bar the documents until the moment that the notice announced."""
    notice = facts.last("notice.publish")
    if notice is None:
        return Bar("bar.after", {"act": "notice.publish"})
    begins = datetime.fromisoformat(str(notice.facts["supply_from"]))
    return Bar("bar.supply", at=begins) if facts.now < begins else None


def deadline_over(facts: Facts, _: Lot) -> Bar | None:
    """Bar the opening until the deadline (招标投标法 34)."""
    if facts.deadline is None or facts.first("document.issue") is None:
        return Bar("bar.after", {"act": "document.issue"})
    return None if facts.is_past else Bar("bar.deadline", at=facts.deadline)


def seats(facts: Facts, _: Lot) -> Act | None:
    """Tell whether department and trustees are named."""
    named = facts.seats.get(Role.DEPARTMENT, 0) and facts.seats.get(Role.TRUSTEE, 0)
    enough = facts.seats.get(Role.TRUSTEE, 0) >= ENOUGH_TRUSTEES
    found = facts.last("standing.seat") or facts.last("standing.assign")
    return found if named and enough else None


def held(purpose: Purpose) -> Found:
    """Return what a step of booking was done by: a room that is held, at the right time."""

    def found(facts: Facts, _: Lot) -> Act | None:
        room = facts.room(purpose)
        if room is None or not facts.fits(room):
            return None
        return next((a for a in facts.acts if a.subject == str(room.booking)), None)

    return found


def requested(facts: Facts, lot: Lot) -> Act | None:
    """Return the draw's request that was not taken back."""
    back = {each.subject for each in facts.all("draw.withdraw", lot)}
    return next((a for a in facts.all("draw.request", lot) if a.subject not in back), None)


def read_out(facts: Facts, lot: Lot) -> Act | None:
    """Return what ended the opening: everything read out, or too few bids."""
    return facts.first("opening.reveal", lot) or facts.first("opening.fail", lot)


def refunded(facts: Facts, _: Lot) -> Act | None:
    """Tell whether every duty of a refund is closed: by the bank's last payment, who may see it."""
    owed = [due for due in facts.dues if "refund" in due.rule]
    if not owed or any(due.open for due in owed):
        return None
    ends = ("deposit.confirm_refund", "duty.close", "contract.sign", "opening.fail")
    return next((act for name in ends if (act := facts.last(name))), None)


def shown(facts: Facts, lot: Lot) -> Bar | None:
    """Bar the award until the candidates are shown, where the law has them shown (条例 54)."""
    if is_works(facts, lot) and facts.first("candidates.publish", lot) is None:
        return Bar("bar.after", {"act": "candidates.publish"})
    return None


def never(_facts: Facts, _lot: Lot) -> Act | None:
    """Tell that a step is never done for good: it comes as often as there is cause."""
    return None


def ended(facts: Facts, lot: Lot) -> Bar | None:
    """Bar the archive until the trade has ended."""
    over = facts.first("contract.sign", lot) or facts.first("opening.fail", lot)
    return None if over else Bar("bar.after", {"act": "contract.sign"})


def settled(facts: Facts, lot: Lot) -> Bar | None:
    """Bar the archive while letters are not filed or deposits are owed: they belong in the file."""
    if facts.first("award.issue", lot) and facts.first("award.file", lot) is None:
        return Bar("bar.after", {"act": "award.file"})
    if any(due.open for due in facts.dues if "refund" in due.rule):
        return Bar("bar.after", {"act": "deposit.confirm_refund"})
    return None


def asks_deposit(_: Facts, lot: Lot) -> bool:
    """Tell whether the documents ask for a deposit; before them it may be so."""
    return lot.deposit_fen is None or lot.deposit_fen > 0


def is_works(facts: Facts, _: Lot) -> bool:
    """Tell whether candidates must be shown before the award (招标投标法实施条例 54)."""
    return bool(len(facts.rules.between("candidates.publish", "award.issue")))


def publishes_contract(facts: Facts, _: Lot) -> bool:
    """Tell whether the contract is to be published (政府采购法实施条例 50)."""
    return bool(len(facts.rules.between("contract.sign", "contract.publish")))
