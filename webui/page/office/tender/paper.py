"""The files that a tenderer fetches in a trade, and which of them the platform keeps."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, abort, jsonify

from bidding.terms import invitation
from monitor.role import Role
from trading.award.letter import Letter, letters_of
from trading.paper.keeping import paper_with
from webui.page.answer.attachment import attached
from webui.page.office.tender.opening import place
from webui.page.office.tender.stand import Stand, required_stand
from webui.page.view import source
from webui.page.wearer import require

pages = Blueprint("paper", __name__)


@pages.get("/bid/<uuid:project>/invitation.json")
def invited(project: UUID) -> Response:
    """Return what the offline tool must know to seal a bid; it is public."""
    stand = required_stand(require(Role.TENDERER), project)
    with source().platform.read() as session:
        document = invitation(session, project, stand.section.id)
    name = f"invitation-{document.notice[:6]}.json"
    return attached(document.to_bytes(), "application/json", name)


@pages.get("/bid/<uuid:project>/document/<sha256>")
def document(project: UUID, sha256: str) -> Response:
    """Return a tender document to whoever obtained it under a pseudonym (no name asked)."""
    stand = required_stand(require(Role.TENDERER), project)
    if stand.own is None or stand.own.obtained is None or sha256 not in stand.files:
        abort(404)
    return _kept(project, bytes.fromhex(sha256), "application/octet-stream")


@pages.get("/bid/<uuid:project>/letter.pdf")
def letter(project: UUID) -> Response:
    """Return one's own letter of the award as it was signed, once it is on paper."""
    own = own_letter(required_stand(require(Role.TENDERER), project))
    if own is None or own.file_digest is None:
        abort(404)
    return _kept(project, own.file_digest, "application/pdf")


@pages.get("/bid/<uuid:project>/seal.json")
def seal(project: UUID) -> Response:
    """Return where one's own bid lies under the root of CLOSE, for the page to check."""
    stand = required_stand(require(Role.TENDERER), project)
    closed, found = stand.done("close"), place(stand)
    if closed is None or found is None:
        abort(404)
    response = jsonify(
        close=found.document.decode(), record=str(closed.record), leaf=found.leaf.hex(),
        index=found.index, path=[each.hex() for each in found.path],
    )  # fmt: skip
    response.headers["Cache-Control"] = "no-store"
    return response


def own_letter(stand: Stand) -> Letter | None:
    """Return the letter that the award fixed for one's own company."""
    with source().platform.read() as session:
        letters = letters_of(session, stand.project, stand.section.id)
    return next((each for each in letters if each.uscc == stand.uscc), None)


def held(stand: Stand) -> set[str]:
    """Return, by digest, which documents of the trade the platform itself keeps."""
    with source().platform.read() as session:
        found = {
            each: paper_with(session, stand.project, bytes.fromhex(each)) for each in stand.files
        }
    return {sha256 for sha256, paper in found.items() if paper is not None}


def _kept(project: UUID, sha256: bytes, kind: str) -> Response:
    here = source()
    with here.platform.read() as session:
        paper = paper_with(session, project, sha256)
        if paper is None:
            abort(404)
        name, blob = paper.name, paper.blob
    return attached(here.store.get(blob), kind, name)
