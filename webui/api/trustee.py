"""`/api/v1/trustee…`: what the machine of a trustee is asked. Default deny: each its own trades."""

from __future__ import annotations

import base64
import re
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, abort, jsonify, request

from bidding.envelope.bid.object import CAPSULE
from bidding.envelope.capsule import Kind
from bidding.envelope.trustee.request import write_request
from bidding.hall import asked
from bidding.hall.asked import Ask
from bidding.hall.failure.damage import LOSE
from bidding.hall.preparation import readiness
from bidding.hall.preparation.readiness import ReadinessTest
from bidding.hall.succession import asked as succession
from bidding.hall.succession.asking import ANSWER, ASK, CONFIRM, WITHDRAW
from bidding.hall.succession.piece import TAKE, good
from bidding.hall.succession.place import held_seats
from bidding.terms import roster_of
from experts.escrow.opening import openings_asked
from experts.escrow.wanted import keys_asked, unchecked
from monitor.record.disclosure import VISITOR, Disclosed, timeline
from monitor.refusal import Refusal
from monitor.role import Actor, Role
from webui.api.presence import presence
from webui.api.private import never_kept
from webui.api.problem import refused
from webui.deed.fill.look import looking_after
from webui.page.view import source
from webui.page.wearer import Wearer, wearer

pages = Blueprint("trustee", __name__, url_prefix="/api/v1/trustee")
pages.after_request(never_kept)
SAYS = frozenset({ASK, ANSWER, CONFIRM, WITHDRAW, TAKE})
DOING = re.compile("[a-z_]{1,40}")


@pages.errorhandler(Refusal)
def say_no(refusal: Refusal) -> Response:
    """Answer a refusal."""
    return refused(refusal)


@pages.get("")
def asks() -> Response:
    """List what is asked of the asking trustee and not over, and which keys are to be tried.

    escrows: shares of draws whose pieces are wanted, each with all that proves it. vrf_pieces: of
    VRF keys, dealt and not looked at yet. vrf_keys: of lost machines, whose pieces are wanted.
    """
    who, here = _trustee(), source()
    with here.platform.read() as session:
        found = asked.open_asks(session, who.actor.org, here.now)
        held = held_seats(session, who.actor.org, {ask.project for ask in found})
        told = [_ask(ask) | {"seat": held[ask.project]} for ask in found if ask.project in held]
        fellows = _fellows(session, who.actor)
        tests = [_test(test) for test in readiness.open_tests(session, who.actor.org, here.now)]
        shares = openings_asked(session, who.actor.person, here.now)
        pieces = unchecked(session, who.actor.person)
        vrf_keys = keys_asked(session, who.actor.person, here.now)
    doing = request.headers.get("X-Doing", "")
    presence().saw(who.actor.person, doing if DOING.fullmatch(doing) else "")
    return jsonify(
        now=here.now.isoformat(), passes=not here.demo, asks=told, tests=tests, escrows=shares,
        **fellows,
        vrf_pieces=pieces, vrf_keys=vrf_keys,
    )  # fmt: skip


@pages.get("/<uuid:project>/<uuid:section>/<kind>")
def one(project: UUID, section: UUID, kind: str) -> Response:
    """Return one request with what proves it: the public chain up to CLOSE, CLOSE's proof.

    It is one file: a machine without a network answers it just as well.
    """
    who, here = _trustee(), source()
    with looking_after(here.platform, project, section), here.platform.read() as session:
        found = next(
            (
                ask
                for ask in asked.asks(session, who.actor.org, here.now)
                if (ask.project, ask.section, ask.kind.value) == (project, section, kind)
            ),
            None,
        )
        if found is None:
            abort(404, "没有此项 / no such request")
        told = asked.request(session, project, section, found.kind, here.store)
        records = timeline(session, project, VISITOR)
    chain = _chain_to(records, _end(records, found))
    proof = here.proof(chain[-1].index) if chain[-1].index is not None else None
    response = jsonify(
        request=write_request(told).decode(),
        chain=_told_chain(chain),
        proof=proof.encode() if proof else None,
    )
    name = f"{found.code}-{kind}.json"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@pages.get("/keys/<uuid:key>")
def key(key: UUID) -> Response:
    """Return a fellow's key as it was dealt, and the set that it was dealt to."""
    who, here = _trustee(), source()
    with here.platform.read() as session:
        rows = succession.to_read(session, who.actor.org, succession.live(session, who.actor.org))
        found = next((row for row in rows if row.id == key), None)
        if found is None:
            abort(404, "没有此项 / no such key")
        roster = roster_of(session, found.project)
    return jsonify(
        document=base64.b64encode(found.document).decode(), trustees=roster.to_bytes().decode()
    )


@pages.get("/successions/<uuid:number>")
def following(number: UUID) -> Response:
    """Return a succession with what proves it: the public chain to the last that was said of one.

    So it tells who took another seat, or was confirmed for it, meanwhile. The pieces are for
    the successor's own account; they are sealed to its machine besides.
    """
    who, here = _trustee(), source()
    with here.platform.read() as session:
        projects = succession.live(session, who.actor.org)
        steps = succession.wanted(session, who.actor, projects)
        row = next((each.row for each in steps if each.row.id == number), None)
        if row is None:
            abort(404, "没有此项 / no such succession")
        roster, dealt = roster_of(session, row.project), succession.dealt_key(session, row)
        pieces = good(session, row) if row.person == who.actor.person else []
        records = timeline(session, row.project, VISITOR)
    chain = _chain_to(records, _last_said(records))
    proof = here.proof(chain[-1].index) if chain[-1].index is not None else None
    return jsonify(
        id=str(row.id),
        project=str(row.project),
        trustees=roster.to_bytes().decode(),
        deal=base64.b64encode(dealt.document).decode(),
        acceptance=base64.b64encode(row.acceptance).decode(),
        challenge=base64.b64encode(row.challenge).decode(),
        pieces=[
            {"id": str(each.id), "document": base64.b64encode(each.document).decode()}
            for each in pieces
        ],
        chain=_told_chain(chain),
        proof=proof.encode() if proof else None,
    )


def _last_said(records: list[Disclosed]) -> UUID:
    """Return the last numbered record that says who is asked for, confirmed, placed or ended."""
    said = [
        each
        for each in records
        if each.seq is not None
        if (facts := each.facts)["action"] in SAYS and "done" in facts["outcome"]
    ]
    if not said:
        abort(404, "尚未入册，请稍后再试 / is not on the record yet, try again soon")
    return max(said, key=lambda each: each.seq or 0).record_id


def _fellows(session: Any, who: Actor) -> dict[str, Any]:
    """Return the keys to deal and to look at, and the steps of successions that are one's own."""
    projects = succession.live(session, who.org)
    return {
        "keys": [
            {
                "project": str(each.project),
                "recipient": each.recipient,
                "trustees": each.trustees.decode(),
            }
            for each in succession.undealt(session, who.org, projects)
        ],
        "dealt": [
            {"id": str(row.id), "project": str(row.project)}
            for row in succession.to_read(session, who.org, projects)
        ],
        "named": succession.named(session, who.org, projects),
        "successions": [
            {
                "id": str(each.row.id),
                "project": str(each.row.project),
                "step": each.step.value,
                "lost": each.row.lost,
                "challenge": base64.b64encode(each.row.challenge).decode(),
            }
            for each in succession.wanted(session, who, projects)
        ],
    }


def _told_chain(chain: list[Disclosed]) -> list[dict[str, str]]:
    return [
        {"salt": each.salt.hex(), "body": base64.b64encode(each.body).decode()} for each in chain
    ]


def _end(records: list[Disclosed], ask: Ask) -> UUID:
    """Return the record that the chain must reach: CLOSE, or the last capsule lost since."""
    losses = [
        each.record_id
        for each in records
        if (facts := each.facts)["action"] == LOSE and "done" in facts["outcome"]
        if (facts["facts"]["section"], facts["facts"]["object"]) == (str(ask.section), CAPSULE)
    ]
    return losses[-1] if losses and ask.kind is Kind.BID else ask.close


def _chain_to(records: list[Disclosed], last: UUID) -> list[Disclosed]:
    """Return the public acts in their order, up to and with this one."""
    numbered = sorted(
        (each for each in records if each.seq is not None), key=lambda each: each.seq or 0
    )
    end = next(place for place, each in enumerate(numbered) if each.record_id == last)
    return numbered[: end + 1]


def _ask(ask: Ask) -> dict[str, Any]:
    return {
        "project": str(ask.project),
        "code": ask.code,
        "name": ask.name,
        "section": str(ask.section),
        "kind": ask.kind.value,
        "close": str(ask.close),
        "state": ask.state.value,
        "until": ask.until.isoformat() if ask.until else None,
        "given": [answer.seat for answer in ask.answers],
    }


def _test(test: ReadinessTest) -> dict[str, Any]:
    return {
        "id": str(test.id),
        "project": str(test.project),
        "recipient": test.recipient,
        "challenge": base64.b64encode(test.challenge).decode(),
    }


def _trustee() -> Wearer:
    who = wearer()
    if who is None:
        abort(401, "请先登录 / sign in first")
    if who.role is not Role.TRUSTEE:
        abort(403)
    return who
