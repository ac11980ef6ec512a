"""What is wanted of whom: a machine's deal, a holder's look at it, what each does in a loss."""

from __future__ import annotations

from datetime import datetime
from itertools import takewhile
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from experts.ceremony.header import Draw, DrawStep, Kind, needed, steps
from experts.ceremony.mail.machine.machine import Machine
from experts.ceremony.mail.reading import reading
from experts.ceremony.mail.request import DrawRequest, made_of, requests_for
from experts.ceremony.mail.view import View
from experts.draw.header import CENTRE, INSPECTOR
from experts.escrow.checking import is_called_false, said_or_asked
from experts.escrow.dealing import KeyDeal, deals_of, dealt, heir_of, is_asked_for, newest_deals
from experts.escrow.holder import EscrowHolder, holder_behind, holders_for
from experts.escrow.loss import asked_deal, asked_of, escrowed, is_lost_by, set_aside
from experts.escrow.recovery import NEEDED, Holder
from experts.escrow.running import runs
from experts.pool.expert import stamp
from monitor.refusal import Invalid, WrongStage

MOST_DEALS = 3
"""Deals of one key to the same holders for the same deputy."""


def to_deal(session: Session, machine: Machine) -> dict[str, Any] | None:
    """Return to whom a machine has to deal its key: {heir, holders}; None where that is done.

    It is done anew where a holder says that its piece does not fit, three times in all: a holder
    that says so of every deal keeps nobody busy for ever.
    """
    if machine.role != INSPECTOR or is_asked_for(session, machine.id):
        return None
    named, heir = holders_for(session, machine.role, machine.org), heir_of(session, machine)
    same = list(
        takewhile(lambda row: _is_to(session, row, named, heir), deals_of(session, machine.id))
    )
    if same and (len(same) >= MOST_DEALS or not is_called_false(session, same[0].id)):
        return None
    return {"heir": heir.hex(), "holders": [one.value() for one in named]} if named else None


def unchecked(session: Session, person: UUID) -> list[dict[str, Any]]:
    """Return the newest deals in which somebody's piece was not looked at yet."""
    held = select(EscrowHolder.sign).where(EscrowHolder.person == person)
    mine = {sign.hex() for sign in session.scalars(held)}
    found = {
        (row.id, x): {"deal": str(row.id), "document": row.document, "x": x, "signer": sign.hex()}
        for row, sign in (newest_deals(session) if mine else ())
        for x, holder in enumerate(row.document["holders"], 1)
        if holder["sign"] in mine
    }
    gone = said_or_asked(session, {deal for deal, _ in found})
    return [told for place, told in found.items() if place not in gone]


def lost(session: Session, deputy: Machine, now: datetime) -> list[dict[str, Any]]:
    """Return the draws whose agent is lost and whose key is in escrow, as its deputy needs them."""
    agents = select(Machine.id).where(Machine.org == deputy.org, Machine.role == INSPECTOR)
    drawn = select(DrawRequest, Draw).join(Draw, made_of()).where(runs())
    own = session.execute(drawn.where(DrawRequest.inspector.in_(agents)).order_by(Draw.id)).all()
    away = [(request, draw) for request, draw in own if _is_lost(session, request, now)]
    return [told for request, draw in away for told in _told(session, request, draw)]


def still_used(session: Session, deputy: Machine) -> list[str]:
    """Return the names of the draws in which keys that a deputy made or rebuilt are still of use.

    Those it takes part in, until they are over; and those in which it asked for a lost key and its
    own opens none yet, for the machine that came back may be lost again.
    """
    requests, name = requests_for(session, deputy), Draw.header["draw"].astext
    projects = {each.project for each in requests}
    ended = select(Draw.project, name).where(Draw.project.in_(projects), ~runs())
    over = {(project, told) for project, told in session.execute(ended)}
    own = {each.name for each in requests if (each.project, each.name) not in over}
    handed = select(func.count(DrawStep.id)).where(
        DrawStep.draw == Draw.id, DrawStep.kind == Kind.KEY_PIECE.value
    )
    asked = (
        select(name)
        .join(DrawStep, DrawStep.draw == Draw.id)
        .where(DrawStep.kind == Kind.KEY_ASKED.value, runs())
        .where(DrawStep.document["sign"].astext == deputy.sign.hex())
        .where(handed.correlate(Draw).scalar_subquery() < NEEDED)
    )
    return sorted(own | set(session.scalars(asked)))


def keys_asked(session: Session, person: UUID, now: datetime) -> list[dict[str, Any]]:
    """Return the lost keys of which somebody's piece is wanted now, each with what proves it."""
    held = select(EscrowHolder.id).where(EscrowHolder.person == person).limit(1)
    if session.scalar(held) is None:
        return []
    found = []
    asked = select(DrawStep.draw).where(DrawStep.kind == Kind.KEY_ASKED.value)
    for draw in session.scalars(_running().where(Draw.id.in_(asked))):
        request = asked_of(session, draw)
        if request is None or steps(session, draw, Kind.SUCCESSION):
            continue
        due = stamp(now) > draw.read().number("t_reveal")
        if due and _is_lost(session, request, now):
            told = _told(session, request, draw)
            found += [each for each in told if _waits_for(session, draw, each, person)]
    return found


def _is_to(session: Session, row: KeyDeal, named: list[Holder], heir: bytes) -> bool:
    _, told = dealt(session, row)
    return (list(told.escrow.holders), told.heir) == (named, heir)


def _running() -> Select[Draw]:
    return select(Draw).where(runs()).order_by(Draw.id)


def _is_lost(session: Session, request: DrawRequest, now: datetime) -> bool:
    return is_lost_by(View(reading(session, request, CENTRE, now)))


def _told(session: Session, request: DrawRequest, draw: Draw) -> list[dict[str, Any]]:
    """Return one draw with all that proves what is asked; [] where its key is in no escrow."""
    asked = steps(session, draw, Kind.KEY_ASKED)
    try:
        agent = session.get_one(Machine, request.inspector)
        row, _ = asked_deal(session, draw) if asked else escrowed(session, draw, agent)
    except (WrongStage, Invalid):
        return []
    bad = set_aside(session, draw)
    commits = [one.document for one in steps(session, draw, Kind.COMMIT)]
    told = {
        "request": str(request.id),
        "project": str(draw.project),
        "draw": str(draw.id),
        "name": request.name,
        "signed": {"header": draw.header, "signatures": draw.signatures},
        "commits": {"commits": commits, **needed(session, draw, Kind.OPEN)},
        "deal": row.document,
        "asked": asked[0].document if asked else None,
        "pieces": [
            {"sealed": one.document["sealed"], "x": one.k}
            for one in steps(session, draw, Kind.KEY_PIECE)
            if one.k not in bad
        ],
    }
    return [told]


def _waits_for(session: Session, draw: Draw, told: dict[str, Any], person: UUID) -> bool:
    """Tell whether this very person's piece is still wanted."""
    given = {one.k for one in steps(session, draw, Kind.KEY_PIECE)}
    for x, holder in enumerate(told["deal"]["holders"], 1):
        if holder_behind(session, person, bytes.fromhex(holder["sign"])) is not None:
            return x not in given
    return False
