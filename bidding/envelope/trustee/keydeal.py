"""A trustee's own key, dealt to its fellow trustees before any bid is: what a succession needs.

It is a capsule like a bid's, of the trustee's own recipient: the same Feldman sharing, so each
fellow sees at once whether its piece is true, and anybody what it was made for. Its kind is none
that a CLOSE may open, so no request for shares can ever draw the pieces out.
"""

import io
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bidding.envelope.age.error import AgeError
from bidding.envelope.age.file import decrypt_bytes, encrypt_bytes, sealed_length
from bidding.envelope.age.key import Entropy
from bidding.envelope.capsule import (
    Capsule,
    Context,
    Dealt,
    Gap,
    ShareError,
    check_capsule,
    check_share,
    combine_shares,
    open_share,
    read_capsule,
    seal_capsule,
    share_text,
)
from bidding.envelope.document import (
    EnvelopeError,
    Fields,
    check_signed,
    digest,
    read_signed,
    tagged,
    write_signed,
)
from bidding.envelope.inspection import inspect_header
from bidding.envelope.roster import Device, Roster, Seat
from bidding.envelope.trustee.complaint import gap_of
from bidding.envelope.trustee.disclosure import OPENING, disclose, opened
from bidding.envelope.trustee.disclosure import Context as Tie
from bidding.envelope.trustee.holder import Trustee, TrusteeError
from bidding.envelope.trustee.successor import Acceptance

ALL = ""
"""A key is dealt for all sections of a tender: their trustees are the same."""


class KeyDealError(EnvelopeError):
    """A dealt key, or a piece of one, is refused."""


@dataclass(frozen=True, slots=True)
class KeyDeal:
    """A key dealt by the machine of a seat: whose, the capsule, the digest of the document."""

    seat: Seat
    device: Device
    capsule: Capsule
    digest: str


@dataclass(frozen=True, slots=True)
class HandedPiece:
    """A piece sealed anew to a successor: by which seat, the file, the document's digest."""

    seat: Seat
    file: bytes
    digest: str


def can_be_dealt(roster: Roster) -> bool:
    """Tell whether the others of a seat are a quorum without it: else nobody could rebuild."""
    return len(roster.seats) > roster.threshold


def deal_key(
    trustee: Trustee, roster: Roster, tender: str, entropy: Entropy = secrets.token_bytes
) -> bytes:
    """Deal the machine's own key to the roster; raises TrusteeError without a seat in it."""
    if roster.seat_of(trustee.device) is None or not can_be_dealt(roster):
        raise TrusteeError("roster: 本机不在名册或其余席位不足 / no seat in it, or too few others")
    context = Context(Dealt.KEY, tender, ALL, trustee.device.recipient)
    capsule = seal_capsule(trustee.identity, roster, context, entropy)
    return write_signed(
        "keydeal", trustee.signer, signer=trustee.device.signer, capsule=capsule.decode()
    )


def read_deal(data: bytes, roster: Roster, tender: str) -> KeyDeal:
    """Check a dealt key as anybody can; raises KeyDealError, Malformed, BadSignature."""
    document = read_signed("keydeal", data, "signer capsule")
    told = document.text("capsule").encode()
    capsule = read_capsule(told)
    device = Device(capsule.recipient, document.hexes("signer"))
    seat = roster.seat_of(device)
    if seat is None:
        raise KeyDealError("keydeal: 不是名册中的设备 / no machine of the roster")
    check_signed(document, device.signer)
    for fault in check_capsule(told, roster, Context(Dealt.KEY, tender, ALL, capsule.recipient)):
        raise KeyDealError(f"{fault.item}: {fault.message}")
    return KeyDeal(seat, device, capsule, digest(data))


def own_piece(deal: KeyDeal, seat: Seat, identity: str) -> bytes:
    """Open and check the piece dealt to a seat; raises ShareError with its gap."""
    return open_share(deal.capsule, seat.index, identity)


def hand_piece(
    trustee: Trustee,
    seat: Seat,
    deal: KeyDeal,
    acceptance: Acceptance,
    entropy: Entropy = secrets.token_bytes,
) -> bytes:
    """Seal one's own piece anew to the successor; raises ShareError where it is none."""
    scalar = own_piece(deal, seat, trustee.identity)
    text = share_text(deal.capsule.context, deal.capsule.recipient, seat.index, scalar)
    file = encrypt_bytes(text, [acceptance.device.recipient], entropy)
    return write_signed(
        "handedpiece",
        trustee.signer,
        deal=deal.digest,
        acceptance=acceptance.digest,
        recipient=trustee.device.recipient,
        signer=trustee.device.signer,
        file=file.hex(),
    )


def read_handed(
    data: bytes,
    roster: Roster,
    successors: Sequence[Seat],
    deal: KeyDeal,
    acceptance: Acceptance,
) -> HandedPiece:
    """Check whose piece was handed on, for which succession; what it holds its reader alone sees.

    Raises KeyDealError, Malformed, BadSignature.
    """
    document = read_signed("handedpiece", data, "deal acceptance recipient signer file")
    device = Device(document.text("recipient"), document.hexes("signer"))
    seat = roster.seat_of(device, successors)
    if seat is None or seat.index == deal.seat.index:
        raise KeyDealError("handedpiece: 不是其他受托人的设备 / no machine of another trustee")
    check_signed(document, device.signer)
    about = (document.text("deal"), document.text("acceptance"))
    if about != (deal.digest, acceptance.digest):
        raise KeyDealError(f"{seat.name}: 属于别的接任 / a piece of another succession")
    file = _bytes(document, "file")
    text = share_text(deal.capsule.context, deal.capsule.recipient, seat.index, bytes(32))
    try:
        inspect_header(io.BytesIO(file), 1)
    except AgeError as error:
        raise KeyDealError(f"{seat.name}: {error}") from error
    if len(file) != sealed_length(len(text), 1):
        raise KeyDealError(f"{seat.name}: 长度不对 / wrong length")
    return HandedPiece(seat, file, digest(data))


def open_handed(piece: HandedPiece, deal: KeyDeal, identity: str) -> bytes:
    """Open a piece handed on and check it; raises ShareError with its gap."""
    try:
        text = decrypt_bytes(piece.file, [identity])
    except AgeError as error:
        raise ShareError(gap_of(error), f"{piece.seat.name}: {error}") from error
    return check_share(deal.capsule, piece.seat.index, text)


def rebuild(deal: KeyDeal, pieces: Mapping[int, bytes]) -> str:
    """Return the AGE-SECRET-KEY-1… from pieces by seat; raises SharingError for fewer than t."""
    return combine_shares(deal.capsule, pieces)


def blame_piece(trustee: Trustee, file: bytes, about: str) -> bytes:
    """Return a machine's signed proof of what a piece sealed to it holds.

    about: the digest of the document that the piece stands in. It tells the piece to everybody, so
    it is made of a false one alone.
    """
    return write_signed(
        "pieceblame",
        trustee.signer,
        about=about,
        recipient=trustee.device.recipient,
        signer=trustee.device.signer,
        openings=disclose(trustee.identity, file, _tie(about)),
    )


def blamer(data: bytes) -> Device:
    """Return whose machine a proof says it is of; `judge_piece` tells whether it is. Raises."""
    document = read_signed("pieceblame", data, "about recipient signer openings")
    return Device(document.text("recipient"), document.hexes("signer"))


def judge_piece(
    data: bytes, reader: Device, file: bytes, about: str, deal: KeyDeal, index: int
) -> Gap:
    """Return what is wrong with a piece by its reader's proof; raises KeyDealError for a true one.

    `index`: the seat whose piece it must be. Raises Malformed, BadSignature, DisclosureError.
    """
    document = read_signed("pieceblame", data, "about recipient signer openings")
    device = Device(document.text("recipient"), document.hexes("signer"))
    if device != reader or document.text("about") != about:
        raise KeyDealError("pieceblame: 不是这一片的持有人 / not by whom this piece is sealed to")
    check_signed(document, device.signer)
    try:
        told = tuple(document.each("openings", OPENING))
        check_share(deal.capsule, index, opened(file, device.recipient, told, _tie(about)))
    except (AgeError, ShareError) as error:
        return gap_of(error)
    raise KeyDealError("pieceblame: 这一片无误 / this piece is true")


def reject_piece(trustee: Trustee, about: str) -> bytes:
    """Return a machine's signed word that a piece sealed to it holds none, which proves nothing.

    about: the digest of the document that the piece stands in. It tells nothing of the file, which
    may be a copy of something else sealed here: it says so of itself alone, and costs it the piece.
    """
    return write_signed(
        "piecereject",
        trustee.signer,
        about=about,
        recipient=trustee.device.recipient,
        signer=trustee.device.signer,
    )


def check_reject(data: bytes, reader: Device, about: str) -> None:
    """Refuse a rejection that is not its reader's, or of another piece.

    Raises KeyDealError, Malformed, BadSignature.
    """
    document = read_signed("piecereject", data, "about recipient signer")
    device = Device(document.text("recipient"), document.hexes("signer"))
    if device != reader or document.text("about") != about:
        raise KeyDealError("piecereject: 不是这一片的持有人 / not by whom this piece is sealed to")
    check_signed(document, device.signer)


def _tie(about: str) -> Tie:
    return lambda place: tagged("pieceblame", bytes.fromhex(about), place.to_bytes(4, "big"))


def _bytes(document: Fields, name: str) -> bytes:
    try:
        return bytes.fromhex(document.text(name))
    except ValueError as error:
        raise KeyDealError(
            f"{document.where}.{name}: 应为十六进制 / must be hexadecimal"
        ) from error
