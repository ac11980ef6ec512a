"""The receiving desk: everything about an upload that happens outside the one transaction.

Stamp the arrival, check the objects without any key, seal the manifest to the trustees, keep the
bytes under random names, perform, and sign the receipt, for a refused or late attempt too.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bidding.arrival import unanswered
from bidding.envelope.bid.acceptance import Expected, accept
from bidding.envelope.bid.manifest import Manifest, bid_leaf, read_manifest
from bidding.envelope.bid.object import (
    AUTHORITY,
    DOCUMENTS,
    MANIFEST,
    SIGNATURE,
    Objects,
    read_document,
)
from bidding.envelope.capsule import Context, Kind
from bidding.envelope.document import EnvelopeError, digest, tagged, write
from bidding.envelope.finding import refused
from bidding.envelope.receipt import Outcome, Receipt, sign_receipt
from bidding.envelope.sealed_note import seal_note
from bidding.identity import check_identity
from bidding.submission import Parcel, gone_blobs, submit
from bidding.terms import invitation
from monitor.record.arrival import arrived, stamp
from monitor.record.platform import Platform
from monitor.refusal import Refusal, TooLate
from monitor.role import NOBODY, Actor
from monitor.store import FileStore
from trading.notice.participation import joined

STEP = 4096
"""Characters that a CA's signature as text is filled up to: its length could name its owner."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the desk says: the signed receipt, the id of its record, and the refusal if any."""

    receipt: bytes
    record: UUID
    refusal: Refusal | None


@dataclass(frozen=True, slots=True)
class Desk:
    """One platform's receiving desk, with its file store and its receipt key."""

    platform: Platform
    store: FileStore
    signer: Ed25519PrivateKey

    def receive(
        self,
        actor: Actor,
        project: UUID,
        section: UUID,
        objects: Objects,
        *,
        bid: str,
        version: int,
    ) -> Answer:
        """Take an upload in whole, as version `version` of `bid`; always answer with a receipt."""
        arrival = self._stamped(actor, project, bytes.fromhex(digest(_manifest(objects))))
        with self.platform.read() as session:
            at = arrived(session, arrival, project, actor.mask or "").at
        parcel = self._parcel(actor, project, section, objects, bid, version)
        try:
            record = self.platform.perform(submit, actor, project, arrival=arrival, parcel=parcel)
        except Refusal as refusal:
            self._discard(parcel)
            return self._answer(project, parcel, at, refusal.record or NOBODY, refusal)
        except BaseException:
            self._discard(parcel)
            raise
        self.sweep(project)
        return self._answer(project, parcel, at, record, None)

    def _stamped(self, actor: Actor, project: UUID, manifest: bytes) -> UUID:
        """Return the arrival of what is here now; the one before where we failed to answer that.

        What was here in time is not made late by our own fault.
        """
        with self.platform.read() as session:
            before = unanswered(session, project, actor.mask or "", manifest)
        if before is not None:
            return before
        return self.platform.perform(stamp, actor, project, digest=manifest)

    def sweep(self, project: UUID) -> None:
        """Delete the ciphertext of replaced and withdrawn versions; repeating it is harmless."""
        with self.platform.read() as session:
            gone = gone_blobs(session, project)
        for name in gone:
            self.store.discard(name)

    def _discard(self, parcel: Parcel) -> None:
        for name in parcel.blobs.values():
            self.store.discard(UUID(name))

    def _parcel(
        self,
        actor: Actor,
        project: UUID,
        section: UUID,
        objects: Objects,
        bid: str,
        version: int,
    ) -> Parcel:
        mask = actor.mask or ""
        with self.platform.read() as session:
            invited = invitation(session, project, section)
            joint = joined(session, project, mask)
        expected = Expected(invited, bid, version, joint.public_key.hex())
        sealed_by = check_identity(joint.sealed_identity, invited.roster, project, section, mask)
        findings = (*accept(objects, expected), *sealed_by)
        manifest = _manifest(objects)
        told = _read(manifest)
        sealed = seal_note(
            write(
                "sealed-manifest",
                manifest=_shown(manifest, "utf-8"),
                signature=_signature(objects),
                authority=_authority(objects),
            ),
            invited.roster,
            Context(Kind.NOTE, invited.tender, invited.lot, f"manifest:{bid}"),
        )
        return Parcel(
            section,
            bid,
            version,
            digest(manifest),
            told.capsule if told else "",
            bid_leaf(manifest) if told else tagged("bid-leaf", b"unreadable", manifest),
            told.notice if told else "",
            sealed,
            {} if refused(list(findings)) else self._keep(objects),
            findings,
        )

    def _keep(self, objects: Objects) -> dict[str, str]:
        kept = {}
        for name in sorted(set(objects) - set(DOCUMENTS)):
            with objects[name]() as source:
                kept[name] = str(self.store.put(source))
        return kept

    def _answer(
        self,
        project: UUID,
        parcel: Parcel,
        at: datetime,
        record: UUID,
        refusal: Refusal | None,
    ) -> Answer:
        receipt = Receipt(
            _outcome(refusal),
            at,
            str(project),
            str(parcel.section),
            parcel.bid,
            parcel.version,
            parcel.manifest,
            parcel.leaf.hex(),
            str(record),
            () if refusal is None else (refusal.rule or refusal.code,),
        )
        return Answer(sign_receipt(receipt, self.signer), record, refusal)


def receipt_again(body: Mapping[str, Any], signer: Ed25519PrivateKey) -> bytes | None:
    """Return the receipt of a `bid.submit` from its record, byte for byte as the desk gave it.

    Nothing of a receipt is kept: its record holds all of it, and the signature is deterministic
    (RFC 8032). None for an attempt that was refused before anything was looked at.
    """
    facts, refused = body["facts"], body["outcome"].get("refused")
    if "arrived" not in facts:
        return None
    outcome = Outcome.REFUSED if refused else Outcome.ACCEPTED
    receipt = Receipt(
        Outcome.LATE if refused == TooLate.code else outcome,
        datetime.fromisoformat(facts["arrived"]),
        body["project"],
        facts["section"],
        body["subject"],
        facts["version"],
        facts["manifest"],
        facts["leaf"],
        body["id"],
        (body["outcome"]["rule"] or refused,) if refused else (),
    )
    return sign_receipt(receipt, signer)


def _manifest(objects: Objects) -> bytes:
    try:
        return read_document(objects, MANIFEST)
    except EnvelopeError:
        return b""


def _signature(objects: Objects) -> str:
    try:
        return _shown(read_document(objects, SIGNATURE), "ascii")
    except EnvelopeError:
        return ""


def _authority(objects: Objects) -> str:
    """Return a CA's signature in Base64, its length hidden by spaces; "" without one."""
    try:
        told = b64encode(read_document(objects, AUTHORITY)).decode()
    except EnvelopeError:
        return ""
    return told.ljust(-(-len(told) // STEP) * STEP)


def _read(manifest: bytes) -> Manifest | None:
    try:
        return read_manifest(manifest)
    except EnvelopeError:
        return None


def _outcome(refusal: Refusal | None) -> Outcome:
    if refusal is None:
        return Outcome.ACCEPTED
    return Outcome.LATE if isinstance(refusal, TooLate) else Outcome.REFUSED


def _shown(data: bytes, encoding: str) -> str:
    """Return bytes of anybody's as a text that can be kept: U+0000 stands in none."""
    return data.decode(encoding, "replace").replace("\0", "\ufffd")
