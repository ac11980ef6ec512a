"""Handing in a sealed bid: who it is under which pseudonym, looked at, and taken in by the desk.

What is refused before the desk would stamp its arrival is on record too, and leaves nothing open
that CLOSE would have to wait for.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from bidding.desk import Answer, Desk, receipt_again
from bidding.envelope.bid.manifest import Manifest, read_manifest
from bidding.envelope.bid.object import MANIFEST, Objects, read_document
from bidding.envelope.document import EnvelopeError, digest
from bidding.hall.bidder import own
from bidding.submission import LATE, stands_already, submit
from bidding.terms import deadline, invitation
from monitor.record.disclosure import Audience, Disclosed, Viewer, timeline
from monitor.record.identity import secret_id
from monitor.record.suspension import require_moving
from monitor.refusal import Invalid, Refusal, TooLate, WrongStage
from monitor.role import Actor
from trading.account.gate import Gate
from trading.notice.participation import joined, mask_of
from trading.notice.progress import stage_of
from trading.registration.stage import Stage
from webui.deed.upload.incoming import FOLDER, Incoming
from webui.deed.upload.leak import refuse_secret_objects
from webui.deed.upload.piece import FORM
from webui.house import receipt_key
from webui.page.source import Source


@dataclass(frozen=True, slots=True)
class Ticket:
    """Who comes to the counter: session, office that the page was made for, proof of the mask."""

    token: str
    project: UUID
    mask: str
    office: UUID | None = None


@dataclass(frozen=True, slots=True)
class Counter:
    """Where sealed bids are handed in, by pages and by programs alike."""

    source: Source
    gate: Gate

    @property
    def incoming(self) -> Incoming:
        """Return the uploads on their way."""
        return Incoming(self.source.settings.data / FOLDER)

    def admit(self, ticket: Ticket, action: str = submit.name) -> Actor:
        """Return who it is, masked. Raises what the gate raises; of that nothing is kept."""
        return self.gate.admit(
            ticket.token, action, appointment=ticket.office, project=ticket.project,
            ticket=ticket.mask,
        )  # fmt: skip

    def upload(self, actor: Actor, project: UUID, told: UUID) -> str:
        """Return the name under which an upload lies: no one finds whose it is, nor another's."""
        parts = (project.bytes, (actor.mask or "").encode())
        owner, own = (self.gate.vault.mac("upload", *parts, last) for last in (b"", told.bytes))
        return f"{owner.hex()}/{own.hex()}"

    def require_taking(self, actor: Actor, project: UUID) -> None:
        """Raise unless the trade takes in what this tenderer would begin to send now.

        Raises NotFound for who takes no part, WrongStage, TooLate: nothing may fill the disk that
        could not be handed in.
        """
        with self.source.platform.read() as session:
            joined(session, project, actor.mask or "")
            require_moving(session, project, submit.name)
            now = self.source.now
            if now > deadline(session, project):
                raise TooLate("投标截止时间已过 / the deadline has passed", rule=LATE)
            if stage_of(session, project, now) is not Stage.BIDDING:
                raise WrongStage("本项目现在不接收投标 / the trade takes no bids now", rule=LATE)

    def promised(self, actor: Actor, project: UUID, data: bytes) -> Manifest:
        """Return the manifest that a tenderer sends ahead; raises Invalid for another's."""
        try:
            told = read_manifest(data)
        except EnvelopeError as error:
            raise Invalid("manifest", str(error), rule=FORM) from error
        if told.tender != str(project):
            raise Invalid("manifest", "投给别的项目 / made for another tender", rule=FORM)
        if mask_of(bytes.fromhex(told.signer)) != actor.mask:
            raise Invalid("manifest", "不是本投标人的签名密钥 / not this bidder's key", rule=FORM)
        return told

    def refuse(self, actor: Actor, project: UUID, refusal: Refusal) -> None:
        """Put a refusal on record under the pseudonym, and raise it."""
        self.source.platform.refuse(submit, actor, project, refusal)

    def take(self, actor: Actor, project: UUID, section: UUID, objects: Objects) -> Answer:
        """Take a whole upload in; a bid that was received before is answered as it was then.

        Raises Invalid for a private key among the files, NotFound for one who has not joined: both
        on record. Every other refusal comes with its receipt in the answer.
        """
        try:
            refuse_secret_objects(objects)
            versions = self._versions(actor, project, section)
        except Refusal as refusal:
            self.refuse(actor, project, refusal)
            raise
        manifest = _manifest(objects)
        before = self._before(actor, project, digest(manifest))
        if before is not None:
            return before
        bid, version = _named(manifest) or (str(secret_id()), versions + 1)
        return self.desk.receive(actor, project, section, objects, bid=bid, version=version)

    @property
    def desk(self) -> Desk:
        """Return the receiving desk."""
        here = self.source
        return Desk(here.platform, here.store, receipt_key(here.settings))

    def _versions(self, actor: Actor, project: UUID, section: UUID) -> int:
        mask = actor.mask or ""
        with self.source.platform.read() as session:
            invitation(session, project, section)
            joined(session, project, mask)
            return len(own(session, project, section, mask, actor.org, self.source.now).bids)

    def _before(self, actor: Actor, project: UUID, manifest: str) -> Answer | None:
        with self.source.platform.read() as session:
            if not stands_already(session, project, actor.mask or "", manifest):
                return None  # the chain is not read for every bid that comes in
            records = attempts(session, project, frozenset({actor.mask or ""}))
            for record in records:
                body = record.facts
                done = "done" in body["outcome"] and body["facts"]["manifest"] == manifest
                standing = done and _stands(session, project, actor, body, self.source.now)
                receipt = receipt_again(body, self.desk.signer) if standing else None
                if receipt is not None:
                    return Answer(receipt, record.record_id, None)
        return None


def attempts(session: Any, project: UUID, masks: frozenset[str]) -> list[Disclosed]:
    """Return the attempts of these pseudonyms to hand in a bid, oldest first, refused ones too."""
    viewer = Viewer(Audience.PUBLIC, None, masks)
    return [
        record
        for record in timeline(session, project, viewer)
        if record.facts["action"] == submit.name and record.facts["actor"]["id"] in masks
    ]


def _stands(session: Any, project: UUID, actor: Actor, body: dict[str, Any], now: datetime) -> bool:
    section = UUID(body["facts"]["section"])
    found = own(session, project, section, actor.mask or "", actor.org, now).standing
    return found is not None and found.manifest == body["facts"]["manifest"]


def _manifest(objects: Objects) -> bytes:
    try:
        return read_document(objects, MANIFEST)
    except EnvelopeError:
        return b""


def _named(manifest: bytes) -> tuple[str, int] | None:
    try:
        told = read_manifest(manifest)
    except EnvelopeError:
        return None
    return told.bid, told.version
