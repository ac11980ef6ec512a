"""`/receipts`: what the platform signed for: bids received, refused and late, each with its proof.

A receipt is made again from its record whenever it is asked for; nothing else is kept of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import segno
from flask import Blueprint, Response, abort, render_template, request

from bidding.desk import receipt_again
from bidding.envelope.receipt import Receipt as Signed
from bidding.envelope.receipt import attach_proof, verify_receipt
from bidding.hall.bidder import known_masks
from monitor.record.disclosure import Disclosed, chain_of
from monitor.role import Role
from trading import board
from trading.paper.letter import Trade
from trading.paper.receipt import Receipt as Paper
from trading.paper.receipt import receipt_pdf
from trading.paper.sheet import Proof
from trading.registration.party import found_organisation
from trading.registration.project import found_project
from trading.registration.section import found_section
from webui.deed.handing import attempts
from webui.house import receipt_key
from webui.page.answer.attachment import attached
from webui.page.language import text
from webui.page.office.tender.stand import projects_in_cookies, proven_mask
from webui.page.view import source
from webui.page.wearer import Wearer, require

pages = Blueprint("receipt", __name__)


@dataclass(frozen=True, slots=True)
class Row:
    """An attempt to hand in a bid: its record, and the receipt that the platform signed, if any."""

    record: Disclosed
    entry: board.Entry
    document: bytes | None
    receipt: Signed | None

    @property
    def id(self) -> UUID:
        """Return the record's id: the receipt's number."""
        return self.record.record_id

    @property
    def outcome(self) -> str:
        """Return what became of it: accepted, refused, late."""
        return self.receipt.outcome.value if self.receipt else "refused"

    @property
    def at(self) -> datetime:
        """Return when the last byte arrived, else when it was refused."""
        told = self.record.facts["time"]
        return self.receipt.at if self.receipt else datetime.fromisoformat(told)

    @property
    def rule(self) -> str:
        """Return the rule of a refusal."""
        outcome: dict[str, str] = self.record.facts["outcome"]
        return outcome.get("rule") or outcome.get("refused", "")


@pages.get("/receipts")
def receipts() -> Response:
    """List all receipts of the pseudonyms that are known to be one's own, refused ones too."""
    who = require(Role.TENDERER)
    rows = [row for project in own_projects(who) for row in receipts_of(*project)]
    rows.sort(key=lambda row: row.at, reverse=True)
    return _page("office/tender/receipts.html", rows=rows)


@pages.get("/receipts/<uuid:record>")
def receipt(record: UUID) -> Response:
    """Show one receipt, with its code, and where it stands in the log."""
    row = _found(record)
    picture = segno.make(_code(row), error="m").svg_data_uri(scale=4, border=2)
    return _page("office/tender/receipt.html", row=row, picture=picture, code=_code(row))


@pages.get("/receipts/<uuid:record>.json")
def document(record: UUID) -> Response:
    """Return the signed receipt, with its proof as soon as the log has one."""
    row = _found(record)
    if row.document is None:
        abort(404)
    return attached(_proven(row, row.document), "application/json", f"receipt-{record}.json")


@pages.get("/receipts/<uuid:record>.pdf")
def paper(record: UUID) -> Response:
    """Return the receipt on paper, of a refused or late bid too."""
    row = _found(record)
    if row.receipt is None:
        abort(404)
    return attached(
        receipt_pdf(_paper(row, row.receipt)), "application/pdf", f"receipt-{record}.pdf"
    )


def receipts_of(project: UUID, mask: str) -> list[Row]:
    """Return the attempts of a pseudonym in a trade, the newest first."""
    if not mask:
        return []
    here = source()
    signer, now = receipt_key(here.settings), here.now
    with here.platform.read() as session:
        entry = board.entry(session, project, now)
        found = attempts(session, project, frozenset({mask})) if entry else []
    rows = []
    for record in reversed(found):
        made = receipt_again(record.facts, signer)
        signed = verify_receipt(made, here.keys.receipt)[0] if made else None
        rows.append(Row(record, entry, made, signed))  # type: ignore[arg-type]
    return rows


def own_projects(who: Wearer) -> list[tuple[UUID, str]]:
    """Return each trade with the pseudonym that is known to be one's own there."""
    known = {project: proven_mask(who, project) for project in projects_in_cookies()}
    with source().platform.read() as session:
        opened = known_masks(session, found_organisation(session, who.actor.org).uscc)
    found = opened | {project: mask for project, mask in known.items() if mask}
    return list(found.items())


def _found(record: UUID) -> Row:
    who = require(Role.TENDERER)
    with source().platform.read() as session:
        project = chain_of(session, record)
    mask = proven_mask(who, project) or dict(own_projects(who)).get(project, "")
    rows = receipts_of(project, mask)
    row = next((each for each in rows if each.id == record), None)
    if row is None:
        abort(404)
    return row


def _proven(row: Row, document: bytes) -> bytes:
    record = row.record
    found = None
    if record.index is not None:
        found = source().proof(record.index, record.salt + record.body)
    return attach_proof(document, found.encode()) if found else document


def _code(row: Row) -> str:
    """Return what the code holds: where to check, the receipt's number, the digest to compare."""
    digest = row.receipt.manifest if row.receipt else ""
    return f"{request.url_root}verify#receipt={row.id}&sha256={digest}"


def _paper(row: Row, signed: Signed) -> Paper:
    entry, index = row.entry, row.record.index
    place = f"第 {index} 条 / leaf {index}" if index is not None else "待入册 / not yet in the log"
    with source().platform.read() as session:
        trade = _trade(session, entry, UUID(signed.lot))
    return Paper(
        trade, str(row.id), row.record.facts["actor"]["id"], signed.at, signed.version,
        signed.manifest, (), place, Proof(f"{request.url_root}verify", signed.manifest),
        (text("receipt.paper_note", "zh") + " / " + text("receipt.paper_note", "en"),),
        text("site.demo", "zh") if source().demo else "",
        "" if row.outcome == "accepted" else row.rule,
    )  # fmt: skip


def _trade(session: Any, entry: board.Entry, section: UUID) -> Trade:
    found, lot = (
        found_project(session, entry.project),
        found_section(session, entry.project, section),
    )
    owner = found_organisation(session, found.owner).name
    agency = found_organisation(session, found.agency).name if found.agency else ""
    return Trade(found.category, found.name, found.code, lot.name, owner, agency)


def _page(template: str, **told: Any) -> Response:
    page = render_template(template, now=source().now, **told)
    response = Response(page, mimetype="text/html")
    response.headers["Cache-Control"] = "no-store"
    return response
