"""What the platform tells each machine of a draw, and no other (default deny)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from experts.ceremony.departure import departures_of
from experts.ceremony.header import Draw, DrawStep, State, steps
from experts.ceremony.header import Kind as Of
from experts.ceremony.mail.avoided import agents_of, purchaser_of, supervisors_of
from experts.ceremony.mail.list import list_of
from experts.ceremony.mail.machine.machine import Machine
from experts.ceremony.mail.paper import Step
from experts.ceremony.mail.parcel import parcels_of, posted
from experts.ceremony.mail.purpose import PURPOSES
from experts.ceremony.mail.request import BEACONS, DrawRequest, draw_of, found_draw_of
from experts.ceremony.moment import CLOSED, RESULT
from experts.ceremony.seat import SITTING, seats_of
from experts.dossier import fact_value
from experts.draw.header import CENTRE, INSPECTOR, TENDEREE
from experts.draw.header import Kind as Shown
from experts.escrow.holder import holders_for
from experts.panel.invitation import answers_to
from experts.pool.expert import stamp
from experts.pool.register import latest_snapshot, registry
from monitor.record.identity import moment_of
from monitor.record.moment import Done, firsts
from trading.notice.participation import participants
from trading.paper.keeping import Paper, paper_with

_SHARES = {
    Of.COMMIT, Of.OPEN, Of.REVEAL, Of.ESCROW, Of.RECOVERY, Of.CLOSED, Of.TYPED, Of.DICE,
    Of.SOURCE,
}  # fmt: skip
_LETTERS = {Step.INVITATION, Step.SEAT}
_TO_AN_EXPERT = {"to": "an expert"}
"""What others see of a letter to an expert: that it was sent."""
_TO_A_MACHINE = {"to": "a machine"}
"""What a reading tells of what is sealed to a machine: that it is there, to be got once."""
_MOMENTS = {"closed": CLOSED, "failed": ("opening.fail",), "result": RESULT}
_UNLOCKED = ("opening.unlock", "opening.fail")
_TOLD = {Of.ASK: ("signature",), Of.RECHECK: ("at",), Of.KEY_PIECE: ("at", "x")}
"""What a reading tells of documents that may be long; all else of them the machines know."""


def reading(session: Session, request: DrawRequest, role: str, now: datetime) -> dict[str, Any]:
    """Return what the machine of that role sees of a draw, as JSON (see view.py)."""
    draw = draw_of(session, request)
    machines = machines_of(session, request)
    acts = firsts(session, request.project, request.section, *CLOSED, *RESULT, *_UNLOCKED)
    told: dict[str, Any] = {
        "request": str(request.id),
        "project": str(request.project),
        "section": str(request.section),
        "purpose": request.purpose,
        "beacon": request.beacon or BEACONS[0],
        "name": request.name,
        "draw": "" if draw is None else str(draw.id),
        "state": _state(request, draw),
        "now": stamp(now),
        "asked": stamp(request.asked_at),
        "taken_over": 0 if request.taken_over_at is None else stamp(request.taken_over_at),
        "void": request.void or 0,
        "strata": request.seats,
        "specialties": request.specialties,
        "starts": stamp(request.starts),
        "ends": stamp(request.ends),
        "reason": request.reason,
        "machines": {side: one.keys for side, one in machines.items()},
        "holders": {
            side: [each.value() for each in holders_for(session, side, machines[side].org)]
            for side in (INSPECTOR, TENDEREE)
        },
        "moments": sorted(name for name, brought in _MOMENTS.items() if _done(acts, brought)),
        "steps": list(_steps(session, draw, role)) if draw else [],
        "parcels": list(_parcels(session, request, role)),
        "seats": [],
        "sitting": 0,
        "answers": [],
    }
    if draw is not None:
        told["signed"] = {"header": draw.header, "signatures": draw.signatures}
    return told if role == TENDEREE else told | _inner(session, request, draw, acts)


def parcel_for(
    session: Session, request: DrawRequest, role: str, step: Step, k: int
) -> dict[str, Any] | None:
    """Return what the other of centre and inspector sealed to this role's machine, or None."""
    sender = {CENTRE: INSPECTOR, INSPECTOR: CENTRE}.get(role)
    if sender is None or step in _LETTERS:
        return None
    found = posted(session, request.id, step, sender, k)
    return None if found is None else found.document


def lines(session: Session, request: DrawRequest) -> dict[str, Any] | None:
    """Return the list that a request brought, line by line; None for the pool of experts."""
    found = list_of(session, request)
    if found is None:
        return None
    return {"entries": found.entries, "root": found.root.hex(), "strata": found.strata}


def open_lines(session: Session, number: UUID) -> dict[str, Any] | None:
    """Return the list of a request that anybody may see; None for none, or for a hidden one."""
    request = session.get(DrawRequest, number)
    if request is None or PURPOSES[request.purpose].kind is not Shown.AGENCY:
        return None
    return lines(session, request)


PUBLIC = {
    Of.COMMIT, Of.OPEN, Of.REVEAL, Of.RECOVERY, Of.CLOSED, Of.DICE, Of.CLOSING, Of.FINAL,
    Of.SUCCESSION,
}  # fmt: skip
"""Steps whose documents are published at once (batong-draw/1 §2.4); a round's stay secret."""


def attempts_before(session: Session, request: DrawRequest) -> list[dict[str, Any]]:
    """Return the signed headers of the earlier attempts for the same purpose, oldest first."""
    same = (
        Draw.project == request.project, Draw.section == request.section,
        Draw.purpose == request.purpose, Draw.header["draw"].astext != request.name,
    )  # fmt: skip
    rows = session.scalars(select(Draw).where(*same).order_by(Draw.seq))
    return [{"header": row.header, "signatures": row.signatures} for row in rows]


def public_steps(session: Session, draw: Draw) -> list[dict[str, Any]]:
    """Return the steps that anybody may see and check, in order."""
    return [one for one in _steps(session, draw, "") if Of(one["kind"]) in PUBLIC]


def asked_for(session: Session, number: UUID) -> Draw | None:
    """Return a draw by its own id or by that of its request, once its header is published."""
    asked = session.get(DrawRequest, number)
    return found_draw_of(session, number) if asked is None else draw_of(session, asked)


def facts(session: Session) -> dict[str, Any]:
    """Return the newest snapshot and the facts of everybody in the pool: no name is known."""
    taken = latest_snapshot(session)
    return {
        "snapshot": str(taken.id),
        "root": taken.root.hex(),
        "experts": [fact_value(one) for one in registry(session)],
    }


def machines_of(session: Session, request: DrawRequest) -> dict[str, Machine]:
    """Return the machines that take part in a draw, by role."""
    named = request.machines
    rows = session.scalars(select(Machine).where(Machine.id.in_(named.values())))
    found = {row.id: row for row in rows}
    return {role: found[number] for role, number in named.items()}


def in_exchange(session: Session, now: datetime) -> list[DrawRequest]:
    """Return the draws whose machines exchange papers by the header's clock at this moment.

    From the request until the shares are closed a leap in time would leave the header behind.
    """
    asked = session.scalars(select(DrawRequest).where(DrawRequest.withdrawn_at.is_(None)))
    return [each for each in asked if _exchanges(session, each, now)]


def _exchanges(session: Session, request: DrawRequest, now: datetime) -> bool:
    draw = draw_of(session, request)
    if draw is not None and (_is_over(session, draw) or steps(session, draw, Of.CLOSED)):
        return False
    if draw is not None and stamp(now) > draw.read().number("t_commit"):
        return False
    return all(one.step != Step.TROUBLE for one in parcels_of(session, request.id))


def _is_over(session: Session, draw: Draw) -> bool:
    """Tell whether nothing more is to come: one cancelled after its opening is completed."""
    fixed = draw.state == State.CANCELLED.value and bool(steps(session, draw, Of.OPEN))
    return draw.state != State.OPEN.value and not fixed


def published(session: Session, number: UUID) -> Paper | None:
    """Return the kept paper of a draw's published bundle by the draw's or its request's id."""
    draw = asked_for(session, number)
    if draw is None:
        return None
    told = session.scalar(
        select(DrawStep.document).where(DrawStep.draw == draw.id, DrawStep.kind == Of.BUNDLE.value)
    )
    return paper_with(session, draw.project, bytes.fromhex(told["sha256"])) if told else None


def _inner(
    session: Session, request: DrawRequest, draw: Draw | None, acts: Mapping[str, Done]
) -> dict[str, Any]:
    """What centre and inspector need and the tenderee does not: whom to avoid, who sits."""
    of_people = PURPOSES[request.purpose].of_people  # a lot of a list is never called: it counts
    seats = seats_of(session, draw) if draw else []
    told: dict[str, Any] = {
        "attempts": attempts_before(session, request),
        "purchaser": purchaser_of(session, request),
        "agents": agents_of(session, request),
        "supervisors": supervisors_of(session, request),
        "seats": [
            {"mask": seat.mask, "place": seat.place, "round": seat.round, "state": seat.state}
            for seat in (seats if of_people else [])
        ],
        "sitting": sum(seat.state in SITTING for seat in seats),
        "departures": [
            {"mask": one.mask, "why": one.why, "record": str(one.act)}
            for one in (departures_of(session, draw.id) if draw else [])
        ],
        "answers": [
            {"mask": one.mask, "accepts": one.accepts, "token": one.token.hex()}
            for one in answers_to(session, request.id)
        ],
    }
    bidders = _bidders(session, request, acts)
    return told if bidders is None else told | {"bidders": bidders}


def _state(request: DrawRequest, draw: Draw | None) -> str:
    if request.withdrawn_at is not None:
        return "withdrawn"
    return "asked" if draw is None else draw.state


def _done(acts: Mapping[str, Done], actions: Collection[str]) -> bool:
    return not acts.keys().isdisjoint(actions)


def _steps(session: Session, draw: Draw, role: str) -> Iterable[dict[str, Any]]:
    rows = session.scalars(select(DrawStep).where(DrawStep.draw == draw.id).order_by(DrawStep.id))
    for row in rows:
        kind = Of(row.kind)
        if role != TENDEREE or kind in _SHARES:
            document = {name: row.document[name] for name in _TOLD.get(kind, row.document)}
            yield {"kind": row.kind, "k": row.k, "role": row.role, "document": document} | {
                "at": _at(row.id)
            }


def _parcels(session: Session, request: DrawRequest, role: str) -> Iterable[dict[str, Any]]:
    for row in parcels_of(session, request.id):
        if role == TENDEREE and row.role != role:
            continue
        document = {key: told for key, told in row.document.items() if key != "sealed"}
        if len(document) < len(row.document):
            document |= _TO_A_MACHINE
        if row.role != role and Step(row.step) in _LETTERS:
            document = _TO_AN_EXPERT
        yield {"step": row.step, "role": row.role, "k": row.k, "document": document} | {
            "at": _at(row.id)
        }


def _bidders(session: Session, request: DrawRequest, acts: Mapping[str, Done]) -> list[str] | None:
    """Return the bidders' codes once the trustees opened all who can be; None before."""
    if not _done(acts, CLOSED):
        return None
    closed = acts.get("opening.close")
    known = {one.uscc for one in participants(session, request.project)}
    count = 0 if closed is None else closed.body["facts"].get("bids", {}).get("count", 0)
    over = _done(acts, _UNLOCKED)
    return sorted(known) if over or len(known) >= count else None


def _at(identifier: UUID) -> int:
    return stamp(moment_of(identifier))
