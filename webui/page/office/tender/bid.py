"""`/bid/<project>`: one trade as its tenderer takes part in it, step by step, under its pseudonym.

A price never comes to the server from these pages: the draft is made in the browser, sealed by the
offline tool, and what comes back is ciphertext.
"""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, current_app, render_template, request

from bidding.hall.failure.damage import resend
from bidding.hall.preparation.program import published
from monitor.record.identity import secret_id
from monitor.refusal import Invalid, Refusal
from monitor.role import Role
from trading.board import Entry
from trading.notice.reading import has_read
from webui import build
from webui.api.bid import WHOLE, counter, dropped, section_asked
from webui.deed.handing import Ticket
from webui.deed.resending import bring_again
from webui.deed.upload.room import require_room
from webui.page.answer import cookie
from webui.page.answer.asset import address
from webui.page.answer.policy import CONTENT
from webui.page.answer.redirection import to
from webui.page.language import text
from webui.page.office.tender.card import cards, did, suggestion
from webui.page.office.tender.check import Check, checks
from webui.page.office.tender.listing import open_rehearsals
from webui.page.office.tender.opening import (
    asked,
    door,
    fix,
    listed,
    offers,
    own_files,
    place,
    seats,
)
from webui.page.office.tender.paper import held, own_letter
from webui.page.office.tender.receipt import receipts_of
from webui.page.office.tender.stand import Stand, is_confirmed, key_name, posted, required_stand
from webui.page.office.tender.way import way_of
from webui.page.sealing import SANDBOX, Place
from webui.page.view import source
from webui.page.wearer import Wearer, accounts, require, ticket

pages = Blueprint("bid", __name__)
PROOF = re.compile(r"\b(?P<key>[0-9a-f]{64})\b.*\b(?P<signature>[0-9a-f]{128})\b", re.DOTALL)
FILES = 256


@pages.app_template_filter("fixed_by")
def fixed_by(rule: str) -> str:
    """Name a rule of correction."""
    return text(f"bid.fix.{rule}")


@pages.get("/bid/<uuid:project>")
def show(project: UUID) -> Response:
    """Show where the tenderer stands, and what is to be done next."""
    return _page(require(Role.TENDERER), project)


@pages.post("/bid/<uuid:project>/key")
def prove(project: UUID) -> Response:
    """Prove the bid key; this browser holds the ticket, and nothing is kept of it here."""
    who, told = require(Role.TENDERER), request.form
    try:
        posted()
        key, signature = _proof(told.get("proof", ""))
        made = accounts().gate.prove_mask(
            who.token, project, key, told.get("challenge", ""), signature
        )
    except Refusal as refusal:
        return _page(who, project, refusal)
    response = to(f"/bid/{project}")
    cookie.write(response, cookie.ticket_name(project), made)
    cookie.write(response, key_name(project), key.hex())
    return response


@pages.post("/bid/<uuid:project>/submit")
def submit(project: UUID) -> Response:
    """Take a sealed folder in whole, as a browser without script sends it."""
    request.max_content_length, request.max_form_parts = WHOLE, FILES
    who, here = require(Role.TENDERER), counter()
    try:
        # Before the form is read at all: it is what would fill the disk.
        require_room(here.incoming.folder, request.content_length or WHOLE)
        who = posted()
        actor = here.admit(Ticket(who.token, project, ticket(project)))
        answer = here.take(actor, project, section_asked(here, actor, project), dropped())
    except Refusal as refusal:
        return _page(who, project, refusal)
    return to(f"/receipts/{answer.record}?new=1")


@pages.post("/bid/<uuid:project>/object")
def bring(project: UUID) -> Response:
    """Take objects again that the platform has damaged, as a browser without script sends them."""
    request.max_content_length, request.max_form_parts = WHOLE, FILES
    who, here = require(Role.TENDERER), counter()
    try:
        require_room(here.incoming.folder, request.content_length or WHOLE)
        who = posted()
        actor = here.admit(Ticket(who.token, project, ticket(project)), resend.name)
        section = required_stand(who, project).section.id
        records = bring_again(here, actor, project, section, dropped())
    except Refusal as refusal:
        return _page(who, project, refusal)
    return to(f"/bid/{project}?done={records[-1]}")


def _page(who: Wearer, project: UUID, refusal: Refusal | None = None) -> Response:
    stand = required_stand(who, project)
    now, mine = source().now, place(stand)
    index = mine.index if mine else None
    gate = accounts().gate
    asks = stand.terms is not None and not stand.proven
    origin = _frame()
    page = render_template(
        "office/tender/bid.html", frame=origin, sandbox=SANDBOX,
        sealers=_sealers(origin), checks=_checks(stand), door=door(stand, now),
        stand=stand, way=way_of(stand, now), now=now, refusal=refusal,
        challenge=gate.challenge(who.token, project) if asks else "", bid=(bid := str(secret_id())),
        offers=offers(stand), attached=own_files(stand), asked=asked(stand), seats=seats(stand),
        receipts=receipts_of(project, stand.mask),
        files=stand.files, held=held(stand), stale=not is_confirmed(who), fix=fix(stand),
        place=index, listed=listed(stand.counted, index),
        draft=_draft(stand, bid), letter=own_letter(stand),
        cards=cards(stand, now), did=did(who, stand), sample=suggestion(stand),
        rehearse=_rehearse(stand, now),
    )  # fmt: skip
    response = Response(page, 422 if refusal else 200, mimetype="text/html")
    response.headers["Cache-Control"] = "no-store"
    if origin:
        response.headers["Content-Security-Policy"] = f"{CONTENT}; frame-src {origin}"
    return response


def _rehearse(stand: Stand, now: datetime) -> Entry | None:
    """Return the rehearsal to practise in before this trade's deadline, the nearest to come."""
    if stand.rehearsal or stand.closed or now > stand.entry.deadline:
        return None
    found = (each for each in open_rehearsals() if each.deadline < stand.entry.deadline)
    return next(found, None)


def _checks(stand: Stand) -> list[Check]:
    """Return what is made sure of before sealing."""
    if not stand.mask or stand.terms is None:
        return []
    with source().platform.read() as session:
        read = has_read(session, stand.project, stand.mask)
    return checks(stand, read)


def _sealers(origin: str) -> dict[str, Any]:
    """Return the digests of the programs that seal, here and on record, and how to compute them."""
    with source().platform.read() as session:
        known = published(session)
    facts = known.body["facts"] if known else {}
    return {
        "record": known.record if known else None,
        "frame": build.frame(), "offline": build.offline(),
        "same": (facts.get("frame"), facts.get("offline")) == (build.frame(), build.offline()),
        "fetched": build.fetched([f"{origin}{address(name)}" for name in build.PROGRAM]),
        "checkout": build.OFFLINE,
    }  # fmt: skip


def _frame() -> str:
    """Return the origin of the sealing frame as this reader reaches it; nothing without one."""
    lies: Place | None = current_app.extensions["frame"]
    return lies.origin(request.host, request.scheme) if lies else ""


def _proof(told: str) -> tuple[bytes, bytes]:
    """Read public key and signature from what the page or `batong prove` wrote."""
    match = PROOF.search(told.lower())
    if match is None:
        raise Invalid(
            "proof",
            "请粘贴 batong prove 输出的公钥和签名 / paste public key and signature, as printed",
            rule="招标投标法 22",
        )
    return bytes.fromhex(match["key"]), bytes.fromhex(match["signature"])


def _draft(stand: Stand, bid: str) -> str:
    """Return the form of a draft, for whoever writes it by hand: without a price."""
    told = {
        "name": stand.name, "uscc": stand.uscc, "price": "0.00", "period_days": 180,
        "quality": "合格", "bid": bid, "version": stand.next_version,
    }  # fmt: skip
    return json.dumps(told, ensure_ascii=False, indent=2)
