"""Where one tenderer stands in one trade: read by its proven pseudonym, and by nothing else.

Before CLOSE only the ticket in this browser tells which pseudonym is whose; after it, the
organisation's own credit code does too, as the trustees opened it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import abort, request

from bidding.envelope.roster import Roster, read_roster
from bidding.hall.bidder import Own, known_masks, own, section_of
from bidding.hall.stage import END, SEALS, step
from bidding.identity import bidder_of
from bidding.terms import versions
from monitor.record.moment import Done
from monitor.refusal import Refusal
from monitor.role import Role
from trading import board
from trading.account.credential import ConfirmFirst
from trading.award.objection import is_suspended
from trading.fee.block import blocks
from trading.fee.guarantee import validity_end
from trading.notice.addendum import Addendum, addenda
from trading.notice.document import TenderDocument, document_of
from trading.notice.participation import mask_of
from trading.registration.party import found_organisation
from trading.registration.project import Section, found_project, is_rehearsal, sections
from webui.page.answer import cookie
from webui.page.language import text
from webui.page.source import Source
from webui.page.view import source
from webui.page.wearer import Wearer, accounts, require, require_sent, ticket

HALL = (
    "opening.close", "opening.fail", *SEALS, "opening.unlock", "opening.reveal", END,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Terms:
    """What is asked of every tenderer, as published; None while the documents are not out."""

    document: TenderDocument
    addenda: list[Addendum]
    notice: str
    """The digest that bids are sealed for now."""
    earlier: tuple[str, ...]
    roster: Roster
    valid_until: datetime


@dataclass(frozen=True, slots=True)
class Stand:
    """One tenderer in one section of a trade."""

    entry: board.Entry
    section: Section
    sections: list[Section]
    terms: Terms | None
    mask: str
    proven: bool
    """Whether this very session has proven the bid key behind the pseudonym."""
    key: str
    """The proven public key in hexadecimal, as this browser keeps it."""
    name: str
    uscc: str
    own: Own | None
    announced: bool
    """Whether the deposit's sub-accounts are announced."""
    hall: dict[str, Done]
    suspended: bool
    rehearsal: bool

    @property
    def project(self) -> UUID:
        """Return the trade's id."""
        return self.entry.project

    def done(self, what: str) -> Done | None:
        """Return an act of the opening, if it is done: close, fail, unlock, reveal …"""
        return self.hall.get(f"opening.{what}")

    @property
    def seals_over(self) -> bool:
        """Tell whether the seal check is over: by a bidder's word, or by its time."""
        return any(each in self.hall for each in SEALS)

    @property
    def closed(self) -> bool:
        """Tell whether CLOSE is on record."""
        return self.done("close") is not None

    @property
    def counted(self) -> int:
        """Return how many bids CLOSE counted."""
        closed = self.done("close")
        return int(closed.body["facts"]["bids"]["count"]) if closed else 0

    @property
    def next_version(self) -> int:
        """Return the number that the next version of the bid must have."""
        return len(self.own.bids) + 1 if self.own else 1

    @property
    def missing_addenda(self) -> int:
        """Return how many addenda came after the documents were last obtained."""
        if self.own is None or self.own.obtained is None or self.terms is None:
            return 0
        return len(self.terms.addenda) - self.own.obtained

    @property
    def files(self) -> dict[str, str]:
        """Return the documents of the trade by digest, and how each is called."""
        if self.terms is None:
            return {}
        document = self.terms.document
        files = {document.digest.hex(): document.name}
        if document.prices is not None:
            files[document.prices.hex()] = text("bid.documents.prices")
        return files | {each.file.hex(): each.title for each in self.terms.addenda if each.file}


def stand_of(here: Source, who: Wearer, project: UUID) -> Stand | None:
    """Return where the wearer stands in a trade; None before its first notice."""
    now = here.now
    with here.platform.read() as session:
        entry = board.entry(session, project, now)
        if entry is None:
            return None
        unit = found_organisation(session, who.actor.org)
        proven = proven_mask(who, project)
        mask = proven or known_masks(session, unit.uscc).get(project, "")
        lots = sections(session, project)
        section = _section(session, project, mask, lots)
        bidder = bidder_of(session, project, who.actor.org, mask)
        return Stand(
            entry, section, lots, _terms(session, project), mask, bool(proven),
            kept_key(project, mask), bidder.name, bidder.uscc,
            own(session, project, section.id, mask, who.actor.org, now) if mask else None,
            any(block.section == section.id for block in blocks(session, project)),
            _hall(session, project, section.id), is_suspended(session, project),
            is_rehearsal(found_project(session, project)),
        )  # fmt: skip


def required_stand(who: Wearer, project: UUID) -> Stand:
    """Return where the wearer stands in a trade; 404 before its first notice."""
    found = stand_of(source(), who, project)
    if found is None:
        abort(404)
    return found


def posted() -> Wearer:
    """Return the tenderer who posts a form of this very session; raises Forged for any other."""
    who = require(Role.TENDERER)
    require_sent(who)
    return who


def is_confirmed(who: Wearer) -> bool:
    """Tell whether the person proved themselves of late, as handing over a key asks for."""
    try:
        accounts().gate.require_confirmed(who.pass_)
    except ConfirmFirst:
        return False
    return True


def proven_mask(who: Wearer, project: UUID) -> str:
    """Return the pseudonym that this session has proven in the project, or nothing."""
    told = ticket(project)
    if not told:
        return ""
    try:
        return accounts().gate.masked(who.token, project, told).mask or ""
    except Refusal:
        return ""


def key_name(project: UUID) -> str:
    """Return the name of the cookie that holds the proven public key: it is needed for joining."""
    return f"key-{project.hex}"


def kept_key(project: UUID, mask: str) -> str:
    """Return the public key in hexadecimal that this browser keeps, if it is the mask's."""
    told = cookie.read(key_name(project))
    try:
        return told if mask and mask_of(bytes.fromhex(told)) == mask else ""
    except ValueError:
        return ""


def projects_in_cookies() -> list[UUID]:
    """Return the projects of which this browser holds a ticket, good or not."""
    found = []
    for name in request.cookies:
        _, mark, told = name.partition("ticket-")
        if mark and len(told) == 32:
            try:
                found.append(UUID(told))
            except ValueError:
                continue
    return found


def _section(session: Any, project: UUID, mask: str, lots: list[Section]) -> Section:
    bound = section_of(session, project, mask) if mask else None
    wanted = str(bound or request.args.get("section", ""))
    return next((lot for lot in lots if str(lot.id) == wanted), lots[0])


def _terms(session: Any, project: UUID) -> Terms | None:
    document = document_of(session, project)
    if document is None:
        return None
    notice, earlier = versions(session, project)
    return Terms(
        document, addenda(session, project), notice, earlier,
        read_roster(document.trustees.encode()), validity_end(session, project),
    )  # fmt: skip


def _hall(session: Any, project: UUID, section: UUID) -> dict[str, Done]:
    found = {name: step(session, project, section, name) for name in HALL}
    return {name: done for name, done in found.items() if done is not None}
