"""The agenda of a draw: what is to be done now, and by whom (batong-draw/1, steps 1 to 12; pure).

Machines do of it what is their own; the desk shows the rest: who is waited for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from experts.ceremony.mail.paper import Step
from experts.ceremony.mail.view import View
from experts.draw.header import CENTRE, DICE, DRAND, INSPECTOR, TENDEREE, Header
from experts.escrow.recovery import HOLDERS as MOST
from experts.escrow.recovery import default_from, escrow_of

EXPERTS, TIME, TRUSTEES, STAFF, HOLDERS = "E", "time", "trustees", "staff", "holders"


@dataclass(frozen=True, slots=True)
class Todo:
    """One thing to do: whose it is, what, in which round or place, about which role or mask."""

    who: str
    what: str
    k: int = 0
    about: str = ""


def agenda(view: View) -> list[Todo]:
    """Return what is to be done now; [] when the draw is over."""
    phases: tuple[Callable[[View], list[Todo]], ...]
    phases = (_header, _succession, _shares, _dice, _round)
    if view.state == "cancelled":
        phases = (_succession, _cancelled)
    if view.state in ("finished", "withdrawn"):
        phases = ()
    return next(filter(None, (phase(view) for phase in phases)), None) or _after(view)


def _header(view: View) -> list[Todo]:
    if view.value.get("signed"):
        return []
    hello = [
        Todo(role, "hello", view.hello_at(role))
        for role in (CENTRE, INSPECTOR)
        if not view.hello(role)
    ]
    if hello:
        return hello
    filed = view.parcels(Step.FILING)
    k = len(filed) - 1
    if len(filed) <= int(view.value.get("void", 0)):
        return [Todo(CENTRE, "filing", len(filed))]
    if view.parcel(Step.COUNTERSIGN, INSPECTOR, k):
        return [Todo(CENTRE, "open_header", k)]
    until = filed[k]["document"].get("until")
    if not isinstance(until, int) or view.now > until:
        return [Todo(CENTRE, "filing", k + 1)]
    return [Todo(INSPECTOR, "countersign", k)]


def _succession(view: View) -> list[Todo]:
    """The inspector's machine was lost: whoever succeeds says hello, and is told what it needs."""
    if not view.step("succession", INSPECTOR) or view.step("final"):
        return []
    if not view.hello(INSPECTOR):
        return [Todo(INSPECTOR, "hello", view.hello_at(INSPECTOR))]
    return [] if view.parcel(Step.HANDOVER, CENTRE) else [Todo(CENTRE, Step.HANDOVER.value)]


def _shares(view: View) -> list[Todo]:
    header = view.header
    if header is None or view.step("closed"):
        return []
    missing = [role for role in header.roles if not view.step("commit", role)]
    late = (
        view.now > header.number("t_commit") if missing else view.now >= header.number("t_beacon")
    )
    if late:
        return [Todo(STAFF, "too_late")]
    if missing:
        return [Todo(role, "commit") for role in missing]
    if not view.step("open"):
        return [Todo(CENTRE, "open")]
    hidden = [role for role in header.roles if not view.step("reveal", role)]
    if hidden and view.now > header.number("t_reveal"):
        return [_missing(view, header, role) for role in hidden]
    if hidden:
        return [Todo(role, "reveal") for role in hidden]
    return _signed_by_both(view, Step.REVEALS, 0) or [Todo(CENTRE, "close_reveals")]


def _missing(view: View, header: Header, role: str) -> Todo:
    """A share that did not come: its holders open it, then the centre puts in what they gave."""
    told = [step for step in view.steps("escrow") if step["role"] == role]
    waits = len(told) < MOST and view.now < default_from(header)
    if escrow_of(view.step("commit", role) or {}) and waits and view.opened_share(role) is None:
        return Todo(HOLDERS, "open_escrow", about=role)
    return Todo(CENTRE, "recover", about=role)


def _dice(view: View) -> list[Todo]:
    header = view.header
    if header is None or view.step("dice"):
        return []
    if view.now < header.number("t_beacon"):
        return [Todo(TIME, "wait_dice", k=header.number("t_beacon"))]
    wanted = [one for one in header.sources if not view.step("source", one)]
    found = _rolled(view) if DICE in wanted else []
    if DRAND in wanted:
        found.append(Todo(STAFF, "bring_beacon", k=int(str(header.beacon["round"]))))
    return found


def _rolled(view: View) -> list[Todo]:
    """The dice: thrown, then typed by two."""
    if not view.parcel(Step.DICE, TENDEREE):
        return [Todo(TENDEREE, "dice")]
    typing = (INSPECTOR, TENDEREE)
    return [Todo(role, "type") for role in typing if not view.step("typed", role)]


def _round(view: View) -> list[Todo]:
    header, k = view.header, len(view.steps("closing"))
    if header is None:
        return []
    if len(view.steps("round")) > k:
        return (
            _contacts(view, k)
            or _signed_by_both(view, Step.CLOSING, k)
            or [Todo(CENTRE, "close_round", k)]
        )
    if len(view.steps("ask")) > k:
        if not view.parcel(Step.ANSWER, INSPECTOR, k):
            return [Todo(INSPECTOR, "answer", k)]
        return [Todo(CENTRE, "round", k)]
    if (
        view.open_seats + len(view.leaving) <= 0
        or view.infeasible
        or k >= header.number("max_rounds")
    ):
        return []
    if not view.parcel(Step.REQUEST, CENTRE, k):
        return [Todo(CENTRE, "request", k)]
    return [Todo(INSPECTOR, "ask", k)]


def _contacts(view: View, k: int) -> list[Todo]:
    """The contacts that have not ended: an invitation to send, an answer to wait for or to note."""
    found = []
    for seat in view.seats(k):
        mask, place = seat["mask"], int(seat["place"])
        if seat["state"] != "drawn":
            continue
        if not view.parcel(Step.INVITATION, CENTRE, place):
            found.append(Todo(CENTRE, "invite", place, mask))
        elif view.answer(mask) is None:
            found.append(Todo(EXPERTS, "answer", place, mask))
        else:
            found.append(Todo(CENTRE, "contact", place, mask))
    return found


def _after(view: View) -> list[Todo]:
    """Every seat is filled, or cannot be: the re-check at CLOSE, the sitting, the end."""
    if view.state == "finished":
        return _bundle(view)
    if view.state != "open":
        return []
    if not view.purpose.of_people:
        return _end(view)
    if not view.reached("closed"):
        return [Todo(TIME, "wait_close")]
    if view.bidders is None:
        return [Todo(TRUSTEES, "wait_bidders")]
    if not view.steps("recheck"):
        return [Todo(CENTRE, "recheck")]
    sitting = [] if view.reached("failed") else _sitting(view)
    return sitting or _end(view)


def _sitting(view: View) -> list[Todo]:
    gone = {one["mask"] for one in view.leaving}
    awaited = [seat for seat in view.seated if seat["mask"] not in gone]
    told = [
        Todo(CENTRE, "seat", int(seat["place"]), seat["mask"])
        for seat in awaited
        if not view.parcel(Step.SEAT, CENTRE, int(seat["place"]))
    ]
    absent = [seat for seat in awaited if seat["state"] == "confirmed"]
    return told or [Todo(EXPERTS, "check_in", int(one["place"]), one["mask"]) for one in absent]


def _end(view: View) -> list[Todo]:
    return _signed_by_both(view, Step.FINAL, 0) or [Todo(CENTRE, "finish")]


def _bundle(view: View) -> list[Todo]:
    if view.step("bundle"):
        return []
    due = view.reached("result") or not view.purpose.of_people
    return [Todo(CENTRE, "bundle") if due else Todo(TIME, "wait_result")]


def _cancelled(view: View) -> list[Todo]:
    """Once its commitments were opened a cancelled draw is completed, to be seen for ever.

    Its shares, its dice and the round that runs, the first at least, go on; then it ends. Before
    that step nothing was fixed, and past the dice without shares nothing can be drawn any more.
    """
    if view.step("final"):
        return _bundle(view)
    if not view.step("open") or is_dead(view):
        return []
    k = len(view.steps("closing"))
    runs = k == 0 or len(view.steps("round")) > k
    return _shares(view) or _dice(view) or (_round(view) if runs else []) or _end(view)


def is_dead(view: View) -> bool:
    """Tell whether the time of the dice came before the shares were closed: no seed can be made."""
    header = view.header
    late = header is not None and view.now >= header.number("t_beacon")
    return late and view.step("closed") is None


def _signed_by_both(view: View, step: Step, k: int) -> list[Todo]:
    """The centre's paper, then the inspector's signature under it."""
    missing = [role for role in (CENTRE, INSPECTOR) if not view.parcel(step, role, k)]
    return [Todo(missing[0], step.value, k)] if missing else []
