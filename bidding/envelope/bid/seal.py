"""Seal a bid: the bidder's side, offline. Only ciphertext, capsule, manifest are written."""

import io
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bidding.envelope.age.file import encrypt
from bidding.envelope.age.flow import Flow
from bidding.envelope.age.key import Entropy, new_identity, recipient_of
from bidding.envelope.bid.invitation import Invitation
from bidding.envelope.bid.letter import Attachment, Bidder, Letter, check_file_name, write_letter
from bidding.envelope.bid.manifest import Entry, Manifest, bid_leaf, sign_manifest
from bidding.envelope.bid.object import (
    CAPSULE,
    LETTER,
    MANIFEST,
    SIGNATURE,
    Meter,
    Padded,
    Progress,
)
from bidding.envelope.capsule import Context, Kind, seal_capsule
from bidding.envelope.document import EnvelopeError, digest, public_key
from trading.money import capital_amount

MOST_ATTACHMENTS = 200


class SealError(EnvelopeError):
    """A bid cannot be sealed as it is."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What the bidder fills in: id and number of this version, price in fen, period in days."""

    bid: str
    version: int
    bidder: Bidder
    price_fen: int
    period_days: int
    quality: str


@dataclass(frozen=True, slots=True)
class SealedBid:
    """What came out; `identity` (AGE-SECRET-KEY-1…) stays with the bidder until it releases it."""

    bid: str
    version: int
    manifest: str
    leaf: str
    objects: tuple[str, ...]
    identity: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Press:
    """One sealing under way: where to, for which recipient, from which randomness."""

    folder: Path
    recipient: str
    entropy: Entropy
    progress: Progress | None

    def attachment(self, path: Path, number: int) -> tuple[Attachment, Entry]:
        name = f"att-{number:03d}.age"
        with path.open("rb") as file:
            source = Padded(file, self.progress)
            entry = self.seal(source, name)
        return Attachment(path.name, name, source.size, source.sha256), entry

    def seal(self, source: Flow, name: str) -> Entry:
        with (self.folder / name).open("xb") as file:
            meter = Meter(file)
            encrypt(source, meter, [self.recipient], self.entropy)
        return Entry(name, meter.measured())


def seal_bid(
    folder_in: Path,
    folder_out: Path,
    invitation: Invitation,
    draft: Draft,
    signer: Ed25519PrivateKey,
    entropy: Entropy = secrets.token_bytes,
    progress: Progress | None = None,
) -> SealedBid:
    """Seal every file of `folder_in` and a letter into the new or empty `folder_out`.

    `progress` gets plaintext bytes done. Raises SealError, Malformed, MoneyError, OSError; a folder
    without manifest.json is an unfinished sealing and is refused by `accept`.
    """
    if draft.price_fen < 1:
        raise SealError("price_fen: 报价须大于零 / the price must be above zero")
    paths = _attachment_paths(folder_in)
    _prepare(folder_out)
    identity = new_identity(entropy)
    press = _Press(folder_out, recipient_of(identity), entropy, progress)
    sealed = [press.attachment(path, number) for number, path in enumerate(paths, 1)]
    letter = _letter(invitation, draft, [attachment for attachment, _ in sealed])
    entry = press.seal(io.BytesIO(write_letter(letter, signer)), LETTER)
    context = Context(Kind.BID, invitation.tender, invitation.lot, draft.bid)
    capsule = seal_capsule(identity, invitation.roster, context, entropy)
    (folder_out / CAPSULE).write_bytes(capsule)
    manifest = Manifest(
        invitation.notice,
        invitation.tender,
        invitation.lot,
        draft.bid,
        draft.version,
        (entry, *(entry for _, entry in sealed)),
        digest(capsule),
        public_key(signer),
        entropy(32).hex(),
    ).to_bytes()
    (folder_out / SIGNATURE).write_bytes(sign_manifest(manifest, signer))
    (folder_out / MANIFEST).write_bytes(manifest)
    return _result(draft, manifest, folder_out, identity)


def _attachment_paths(folder: Path) -> Sequence[Path]:
    paths = sorted(folder.iterdir())
    for path in paths:
        check_file_name(path.name)
        if not path.is_file():
            raise SealError(f"{path.name}: 只收文件，不收文件夹 / files only, no folders")
    if len(paths) > MOST_ATTACHMENTS:
        raise SealError(f"附件超过 {MOST_ATTACHMENTS} 个 / more attachments than that")
    return paths


def _prepare(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise SealError(f"{folder.name}: 输出文件夹不是空的 / the output folder is not empty")


def _letter(invitation: Invitation, draft: Draft, attachments: list[Attachment]) -> Letter:
    return Letter(
        invitation.tender,
        invitation.lot,
        draft.bid,
        draft.version,
        draft.bidder,
        draft.price_fen,
        capital_amount(draft.price_fen),
        draft.period_days,
        draft.quality,
        tuple(attachments),
    )


def _result(draft: Draft, manifest: bytes, folder: Path, identity: str) -> SealedBid:
    names = tuple(sorted(path.name for path in folder.iterdir()))
    leaf = bid_leaf(manifest).hex()
    return SealedBid(draft.bid, draft.version, digest(manifest), leaf, names, identity)
