"""`/bid/<project>`: one trade as its tenderer takes part in it, step by step, under its pseudonym.

A price never comes to the server from these pages: the draft is made in the browser, sealed by the
offline tool, and what comes back is ciphertext.
"""

from __future__ import annotations

import json
import re
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, abort, jsonify, render_template, request

from bidding.envelope.capsule import Kind
from bidding.hall.bidder import OwnCorrection, correction, place_of
from bidding.hall.reveal import opening_record_of
from bidding.hall.unlock import batches
from bidding.terms import invitation
from monitor.record.identity import secret_id
from monitor.refusal import Invalid, NotFound, Refusal
from monitor.role import Role
from trading.award.letter import Letter, letters_of
from trading.paper.keeping import paper_with
from webui.api.bid import counter, dropped, section_asked
from webui.deed.handing import Ticket
from webui.deed.incoming import MOST
from webui.page.answer import cookie
from webui.page.answer.redirection import to
from webui.page.language import text
from webui.page.office.tender.receipt import receipts_of
from webui.page.office.tender.stand import Stand, is_confirmed, key_name, posted, stand_of
from webui.page.office.tender.way import way_of
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
    who, told = posted(), request.form
    try:
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
    request.max_content_length, request.max_form_parts = MOST, FILES
    who, here = posted(), counter()
    try:
        actor = here.admit(Ticket(who.token, project, ticket(project)))
        answer = here.take(actor, project, section_asked(here, actor, project), dropped())
    except Refusal as refusal:
        return _page(who, project, refusal)
    return to(f"/receipts/{answer.record}?new=1")


@pages.get("/bid/<uuid:project>/invitation.json")
def invited(project: UUID) -> Response:
    """Return what the offline tool must know to seal a bid; it is public."""
    stand = _stand(require(Role.TENDERER), project)
    with source().platform.read() as session:
        document = invitation(session, project, stand.section.id)
    name = f"invitation-{document.notice[:6]}.json"
    return _file(document.to_bytes(), "application/json", name)


@pages.get("/bid/<uuid:project>/document/<sha256>")
def document(project: UUID, sha256: str) -> Response:
    """Return a tender document to whoever obtained it under a pseudonym (no name asked)."""
    here, stand = source(), _stand(require(Role.TENDERER), project)
    wanted = _digests(stand)
    if stand.own is None or stand.own.obtained is None or sha256 not in wanted:
        abort(404)
    with here.platform.read() as session:
        paper = paper_with(session, project, bytes.fromhex(sha256))
        if paper is None:
            abort(404)
        name, blob = paper.name, paper.blob
    return _file(here.store.get(blob), "application/octet-stream", name)


@pages.get("/bid/<uuid:project>/letter.pdf")
def letter(project: UUID) -> Response:
    """Return one's own letter of the award as it was signed, once it is on paper."""
    stand, here = _stand(require(Role.TENDERER), project), source()
    own = _letter(stand)
    if own is None or own.file_digest is None:
        abort(404)
    with here.platform.read() as session:
        paper = paper_with(session, project, own.file_digest)
        if paper is None:
            abort(404)
        name, blob = paper.name, paper.blob
    return _file(here.store.get(blob), "application/pdf", name)


@pages.get("/bid/<uuid:project>/seal.json")
def seal(project: UUID) -> Response:
    """Return where one's own bid lies under the root of CLOSE, for the page to check."""
    stand = _stand(require(Role.TENDERER), project)
    closed = stand.done("close")
    if closed is None or not stand.mask:
        abort(404)
    try:
        with source().platform.read() as session:
            place = place_of(session, project, stand.section.id, stand.mask)
    except NotFound:
        abort(404)
    response = jsonify(
        close=place.document.decode(), record=str(closed.record), leaf=place.leaf.hex(),
        index=place.index, path=[each.hex() for each in place.path],
    )  # fmt: skip
    response.headers["Cache-Control"] = "no-store"
    return response


def _page(who: Wearer, project: UUID, refusal: Refusal | None = None) -> Response:
    here = source()
    stand = _stand(who, project)
    now = here.now
    gate = accounts().gate
    asks = stand.terms is not None and not stand.proven
    files = _digests(stand)
    page = render_template(
        "office/tender/bid.html", stand=stand, way=way_of(stand, now), now=now, refusal=refusal,
        challenge=gate.challenge(who.token, project) if asks else "", bid=(bid := str(secret_id())),
        offers=_offers(stand), seats=_seats(stand), receipts=receipts_of(project, stand.mask),
        files=files, held=_held(project, files), stale=not is_confirmed(who), place=_place(stand),
        fix=_correction(stand), draft=_draft(stand, bid), letter=_letter(stand),
    )  # fmt: skip
    response = Response(page, 422 if refusal else 200, mimetype="text/html")
    response.headers["Cache-Control"] = "no-store"
    return response


def _stand(who: Wearer, project: UUID) -> Stand:
    found = stand_of(source(), who, project)
    if found is None:
        abort(404)
    return found


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


def _digests(stand: Stand) -> dict[str, str]:
    """Return the documents of a trade by digest, and how each is called."""
    if stand.terms is None:
        return {}
    document = stand.terms.document
    files = {document.digest.hex(): document.name}
    return files | {each.file.hex(): each.title for each in stand.terms.addenda if each.file}


def _correction(stand: Stand) -> OwnCorrection | None:
    """Return what the committee corrected in one's own price, once prices are out."""
    if not stand.done("reveal"):
        return None
    with source().platform.read() as session:
        return correction(session, stand.project, stand.section.id, stand.uscc)


def _letter(stand: Stand) -> Letter | None:
    """Return the letter that the award fixed for one's own company."""
    with source().platform.read() as session:
        letters = letters_of(session, stand.project, stand.section.id)
    return next((each for each in letters if each.uscc == stand.uscc), None)


def _held(project: UUID, files: dict[str, str]) -> set[str]:
    """Return which of these documents the platform itself keeps."""
    with source().platform.read() as session:
        found = {each: paper_with(session, project, bytes.fromhex(each)) for each in files}
    return {sha256 for sha256, paper in found.items() if paper is not None}


def _draft(stand: Stand, bid: str) -> str:
    """Return the form of a draft, for whoever writes it by hand: without a price."""
    told = {
        "name": stand.name, "uscc": stand.uscc, "price": "0.00", "period_days": 180,
        "quality": "合格", "bid": bid, "version": stand.next_version,
    }  # fmt: skip
    return json.dumps(told, ensure_ascii=False, indent=2)


def _offers(stand: Stand) -> list[dict[str, Any]]:
    """Return what was read out, once it was; before that nobody has it."""
    if not stand.done("reveal"):
        return []
    with source().platform.read() as session:
        record = opening_record_of(session, stand.project, stand.section.id)
    rows: list[dict[str, Any]] = json.loads(record)["bids"]
    return rows


def _seats(stand: Stand) -> list[int]:
    """Return which trustees have answered for the bids: public acts; who released is not."""
    if not stand.closed:
        return []
    with source().platform.read() as session:
        taken = batches(session, stand.project, stand.section.id, Kind.BID)
        return [batch.seat for batch in taken]


def _place(stand: Stand) -> int | None:
    """Return the place of one's own bid in the closed set."""
    if not stand.closed or not stand.mask:
        return None
    try:
        with source().platform.read() as session:
            return place_of(session, stand.project, stand.section.id, stand.mask).index
    except NotFound:
        return None


def _file(data: bytes, kind: str, name: str) -> Response:
    response = Response(data, mimetype=kind)
    response.headers.set("Content-Disposition", "attachment", filename=name)
    response.headers["Cache-Control"] = "no-store"
    return response
