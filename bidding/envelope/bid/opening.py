"""Open a bid with its recovered key R, and verify all that was promised before the deadline."""

import io
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from bidding.envelope.age.error import AgeError, KeyStringError
from bidding.envelope.age.file import decrypt
from bidding.envelope.age.flow import Sink
from bidding.envelope.age.key import recipient_of
from bidding.envelope.bid.letter import Attachment, Letter, price_findings, read_letter
from bidding.envelope.bid.manifest import (
    Entry,
    Manifest,
    check_manifest_signature,
    read_manifest,
)
from bidding.envelope.bid.object import (
    CAPSULE,
    LETTER,
    MANIFEST,
    SIGNATURE,
    Metered,
    Objects,
    Progress,
    Unpadded,
    padded_size,
    read_document,
)
from bidding.envelope.capsule import read_capsule
from bidding.envelope.document import EnvelopeError, digest
from bidding.envelope.finding import Finding


class Cause(StrEnum):
    """On whose side the fault lies when a bid does not open; people confirm it."""

    PLATFORM = "platform"
    BIDDER = "bidder"
    KEY = "key"


class OpeningError(EnvelopeError):
    """A bid does not open; `cause` and `item` say where the fault is."""

    def __init__(self, cause: Cause, item: str, message: str) -> None:
        super().__init__(f"{item}: {message}")
        self.cause, self.item = cause, item


@dataclass(frozen=True, slots=True)
class OpenedLetter:
    """The verified letter, the manifest it belongs to, and what people should look at."""

    letter: Letter
    manifest: Manifest
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class OpenedBid:
    """A letter and the attachments, written as files in the order of the letter."""

    opened: OpenedLetter
    files: tuple[Path, ...]


def open_letter(objects: Objects, identity: str, manifest_digest: str) -> OpenedLetter:
    """Open and verify the letter of the bid whose manifest was accepted; raises OpeningError."""
    manifest = _stored_manifest(objects, identity, manifest_digest)
    sink = io.BytesIO()
    _decrypt(objects, manifest.objects[0], identity, sink)
    try:
        letter, signer = read_letter(sink.getvalue())
    except EnvelopeError as error:
        raise OpeningError(Cause.BIDDER, LETTER, str(error)) from error
    _check_letter(letter, signer, manifest)
    return OpenedLetter(letter, manifest, tuple(price_findings(letter)))


def open_attachment(
    objects: Objects,
    identity: str,
    opened: OpenedLetter,
    attachment: Attachment,
    sink: Sink,
    progress: Progress | None = None,
) -> None:
    """Write one attachment to `sink`, in flat memory; raises OpeningError, then drop the sink."""
    entry = next(e for e in opened.manifest.objects if e.name == attachment.object)
    target = Unpadded(sink, attachment.size, progress)
    _decrypt(objects, entry, identity, target)
    whole = target.total == padded_size(attachment.size) and target.clean
    if not whole or target.sha256 != attachment.sha256:
        message = "内容与投标函所列不符 / not what the letter says"
        raise OpeningError(Cause.BIDDER, entry.name, message)


def open_bid(
    objects: Objects,
    identity: str,
    manifest_digest: str,
    folder: Path,
    progress: Progress | None = None,
) -> OpenedBid:
    """Open the whole bid into a new folder; raises OpeningError, FileExistsError.

    `progress` gets plaintext bytes done. No half file is left under an attachment's name.
    """
    opened = open_letter(objects, identity, manifest_digest)
    folder.mkdir(parents=True)
    files = []
    for attachment in opened.letter.attachments:
        part, final = folder / f"{attachment.object}.part", folder / attachment.name
        with part.open("xb") as sink:
            open_attachment(objects, identity, opened, attachment, sink, progress)
        files.append(part.rename(final))
    return OpenedBid(opened, tuple(files))


def _stored_manifest(objects: Objects, identity: str, manifest_digest: str) -> Manifest:
    """Return the manifest that was accepted, whose capsule is for `identity`."""
    try:
        data, capsule = read_document(objects, MANIFEST), read_document(objects, CAPSULE)
        manifest = read_manifest(data)
        check_manifest_signature(data, read_document(objects, SIGNATURE), manifest.signer)
        same = digest(data) == manifest_digest and digest(capsule) == manifest.capsule
        recipient = read_capsule(capsule).recipient
    except EnvelopeError as error:
        raise OpeningError(Cause.PLATFORM, MANIFEST, str(error)) from error
    if not same:
        raise OpeningError(Cause.PLATFORM, MANIFEST, "不是收到的那份 / not the one received")
    _check_key(identity, recipient)
    return manifest


def _check_key(identity: str, recipient: str) -> None:
    try:
        fits = recipient_of(identity) == recipient
    except KeyStringError as error:
        raise OpeningError(Cause.KEY, "identity", str(error)) from error
    if not fits:
        raise OpeningError(Cause.KEY, "identity", "不是本投标的密钥 / not the key of this bid")


def _decrypt(objects: Objects, entry: Entry, identity: str, sink: Sink) -> None:
    """Decrypt one object and measure it in the same pass, so that the blame is never mistaken."""
    if entry.name not in objects:
        raise OpeningError(Cause.PLATFORM, entry.name, "缺少 / missing")
    fault = None
    with objects[entry.name]() as file:
        source = Metered(file)
        try:
            decrypt(source, sink, [identity])
        except AgeError as error:
            fault = error
        if source.measured() != entry.measured:
            raise OpeningError(Cause.PLATFORM, entry.name, "不是收到的那份 / not the one received")
    if fault is not None:
        raise OpeningError(Cause.BIDDER, entry.name, str(fault)) from fault


def _check_letter(letter: Letter, signer: str, manifest: Manifest) -> None:
    listed = [attachment.object for attachment in letter.attachments]
    checks = (
        ("tender", letter.tender == manifest.tender),
        ("lot", letter.lot == manifest.lot),
        ("bid", letter.bid == manifest.bid),
        ("version", letter.version == manifest.version),
        ("signer", signer == manifest.signer),
        ("attachments", listed == [entry.name for entry in manifest.objects[1:]]),
    )
    for name, good in checks:
        if not good:
            message = f"{name} 与清单不符 / not as in the manifest"
            raise OpeningError(Cause.BIDDER, LETTER, message)
