"""A trustee's complaint that the share dealt to it is none, and how everybody judges it.

The share file's stanzas are X25519: the trustee tells the secret that it shares with each stanza's
ephemeral key, and proves that it comes of its own key (sealing.md §2.5). With that anybody opens
this one file, and sees whether the bidder dealt garbage or the trustee complains of a good share.
"""

import io
import secrets
from dataclasses import dataclass

from bidding.envelope.age.error import AgeError, NoMatchError
from bidding.envelope.age.file import decrypt_shared
from bidding.envelope.age.header import read_header
from bidding.envelope.age.key import Entropy, clamp, identity_secret, recipient_point
from bidding.envelope.age.x25519 import ephemeral_share
from bidding.envelope.capsule import Capsule, Gap, ShareError, check_share
from bidding.envelope.document import (
    EnvelopeError,
    Fields,
    check_signed,
    digest,
    read_signed,
    tagged,
    write_signed,
)
from bidding.envelope.roster import Device, Seat
from bidding.envelope.sharing.curve import ORDER, Point, PointError, base_times, decode_u
from bidding.envelope.sharing.equality import Equality, prove_equality, proves_equality
from bidding.envelope.trustee.batch import Request
from bidding.envelope.trustee.holder import Trustee, TrusteeError, Witnessed

MEMBERS = "close subject recipient signer openings"
OPENING = "shared challenge response"


PROVABLE = frozenset({Gap.NOT_MINE, Gap.GARBLED, Gap.MISBOUND, Gap.WRONG_SHARE})


class ComplaintError(EnvelopeError):
    """A complaint is refused: it proves nothing."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a proven complaint shows: the gap that its dealer made, or None and the good share."""

    seat: Seat
    subject: str
    digest: str
    gap: Gap | None
    share: bytes


def complain(
    trustee: Trustee,
    request: Request,
    subject: str,
    witnessed: Witnessed,
    entropy: Entropy = secrets.token_bytes,
) -> bytes:
    """Return a trustee's signed complaint about its share of `subject`.

    It tells what a share would tell, so it is given after a witnessed CLOSE alone. Raises whatever
    `witnessed` raises, TrusteeError.
    """
    witnessed(request.close)
    seat, capsule = request.roster.seat_of(trustee.device), request.capsules().get(subject)
    if seat is None or capsule is None:
        raise TrusteeError("complaint: 不是本机的席位或没有此项 / no seat or no such thing")
    secret = _secret(trustee.identity)
    openings = [
        prove_equality(secret, point, _context(request, subject, seat, place), entropy)
        for place, point in enumerate(_points(capsule, seat))
    ]
    return write_signed(
        "complaint",
        trustee.signer,
        close=request.close.digest,
        subject=subject,
        recipient=trustee.device.recipient,
        signer=trustee.device.signer,
        openings=[
            {
                "shared": each.shared.hex(),
                "challenge": each.challenge.hex(),
                "response": each.response.hex(),
            }
            for each in openings
        ],
    )


def complained(batch: bytes) -> list[str]:
    """Return what a trustee's own batch says it got no share of, by its dealer's doing."""
    members = "close kind recipient signer given_at entries"
    entries = read_signed("batch", batch, members).each("entries", "subject share gap")
    return [entry.text("subject") for entry in entries if entry.text("gap") in PROVABLE]


def judge(data: bytes, request: Request) -> Verdict:
    """Judge a complaint as anybody can; raises ComplaintError, Malformed, BadSignature."""
    document = read_signed("complaint", data, MEMBERS)
    device = Device(document.text("recipient"), document.hexes("signer"))
    seat = request.roster.seat_of(device)
    if seat is None:
        raise ComplaintError("complaint: 不是受托人的设备 / no trustee's device")
    check_signed(document, device.signer)
    subject = document.text("subject")
    capsule = request.capsules().get(subject)
    if document.text("close") != request.close.digest or capsule is None:
        raise ComplaintError(f"{seat.name}: 不是这次 CLOSE 的 / another CLOSE, or no such thing")
    shared = _proven(document, request, seat, capsule)
    gap, share = _found(capsule, seat, device, shared)
    return Verdict(seat, subject, digest(data), gap, share)


def _proven(document: Fields, request: Request, seat: Seat, capsule: Capsule) -> list[bytes]:
    """Return the secrets told, as X25519 has them, once each is proven to be of this device."""
    said = [_opening(each) for each in document.each("openings", OPENING)]
    subject, points = document.text("subject"), _points(capsule, seat)
    public = decode_u(recipient_point(document.text("recipient")))
    good = len(said) == len(points) and all(
        proves_equality(one, public, point, _context(request, subject, seat, place))
        for place, (one, point) in enumerate(zip(said, points, strict=False))
    )
    if not good:
        raise ComplaintError(f"{seat.name}: 证明不成立 / the proof does not hold")
    return [_u(one) for one in said]


def _found(
    capsule: Capsule, seat: Seat, device: Device, shared: list[bytes]
) -> tuple[Gap | None, bytes]:
    file, point = capsule.shares[seat.index - 1], recipient_point(device.recipient)
    try:
        text = decrypt_shared(file, point, shared)
        return None, check_share(capsule, seat.index, text)
    except NoMatchError:
        return Gap.NOT_MINE, b""
    except AgeError:
        return Gap.GARBLED, b""
    except ShareError as error:
        return error.gap, b""


def _points(capsule: Capsule, seat: Seat) -> list[Point]:
    """Return the ephemeral points of a seat's share file; acceptance saw that they are sound."""
    try:
        header = read_header(io.BytesIO(capsule.shares[seat.index - 1]))
        return [decode_u(ephemeral_share(stanza)) for stanza in header.stanzas]
    except (AgeError, PointError, IndexError) as error:
        raise ComplaintError(f"share {seat.index}: {error}") from error


def _secret(identity: str) -> int:
    """Return the scalar of an identity, of the sign that `decode_u` gives its public point."""
    secret = int.from_bytes(clamp(identity_secret(identity)), "little") % ORDER
    return ORDER - secret if base_times(secret).encode()[31] >> 7 else secret


def _u(said: Equality) -> bytes:
    """Return S as X25519 has it: the u of both signs is one."""
    y = int.from_bytes(said.shared, "little") & (1 << 255) - 1
    return Point(0, y, 1, 0).montgomery()


def _context(request: Request, subject: str, seat: Seat, place: int) -> bytes:
    about = digest(subject.encode())
    parts = (request.close.digest, about, f"{seat.index:08x}{place:08x}")
    return tagged("complaint", *(bytes.fromhex(part) for part in parts))


def _opening(said: Fields) -> Equality:
    return Equality(*(bytes.fromhex(said.hexes(name)) for name in OPENING.split()))
