"""A trustee's complaint that the share dealt to it is none, and how everybody judges it.

The share file's stanzas are X25519: the trustee tells the secret that it shares with each stanza's
ephemeral key, and proves that it comes of its own key (sealing.md §2.5). With that anybody opens
this one file, and sees whether the bidder dealt garbage or the trustee complains of a good share.
"""

import secrets
from dataclasses import dataclass

from bidding.envelope.age.error import AgeError, NoMatchError
from bidding.envelope.age.key import Entropy
from bidding.envelope.capsule import Capsule, Gap, ShareError, check_share
from bidding.envelope.document import (
    EnvelopeError,
    check_signed,
    digest,
    read_signed,
    tagged,
    write_signed,
)
from bidding.envelope.roster import Device, Seat
from bidding.envelope.trustee.batch import Request
from bidding.envelope.trustee.disclosure import (
    OPENING,
    Context,
    DisclosureError,
    disclose,
    opened,
    tells_only_itself,
)
from bidding.envelope.trustee.holder import Trustee, TrusteeError, Witnessed

MEMBERS = "close subject recipient signer openings"
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
    seat, capsule = request.seat_of(trustee.device), request.capsules().get(subject)
    if seat is None or capsule is None:
        raise TrusteeError("complaint: 不是本机的席位或没有此项 / no seat or no such thing")
    context = _context(request, subject, seat)
    try:
        openings = disclose(trustee.identity, _file(capsule, seat), context, entropy)
    except DisclosureError as error:
        raise ComplaintError(f"share {seat.index}: {error}") from error
    return write_signed(
        "complaint",
        trustee.signer,
        close=request.close.digest,
        subject=subject,
        recipient=trustee.device.recipient,
        signer=trustee.device.signer,
        openings=openings,
    )


def complained(batch: bytes) -> list[str]:
    """Return what a trustee's own batch says it got no share of, by its dealer's doing."""
    return _with_gap(batch, PROVABLE)


def provable_unasked(batch: bytes, request: Request, trustee: Trustee) -> list[str]:
    """Return those of `complained` whose proof tells nothing but a dealer's own false share.

    The proof of any other is for the trustee's own person to give.
    """
    seat, capsules = request.seat_of(trustee.device), request.capsules()
    return [
        subject
        for subject in _with_gap(batch, frozenset({Gap.WRONG_SHARE}))
        if seat is not None and subject in capsules
        if tells_only_itself(_file(capsules[subject], seat), Gap.WRONG_SHARE)
    ]


def _with_gap(batch: bytes, gaps: frozenset[Gap]) -> list[str]:
    members = "close kind recipient signer given_at entries"
    entries = read_signed("batch", batch, members).each("entries", "subject share gap")
    return [entry.text("subject") for entry in entries if entry.text("gap") in gaps]


def judge(data: bytes, request: Request) -> Verdict:
    """Judge a complaint as anybody can; raises ComplaintError, Malformed, BadSignature."""
    document = read_signed("complaint", data, MEMBERS)
    device = Device(document.text("recipient"), document.hexes("signer"))
    seat = request.seat_of(device)
    if seat is None:
        raise ComplaintError("complaint: 不是受托人的设备 / no trustee's device")
    check_signed(document, device.signer)
    subject = document.text("subject")
    capsule = request.capsules().get(subject)
    if document.text("close") != request.close.digest or capsule is None:
        raise ComplaintError(f"{seat.name}: 不是这次 CLOSE 的 / another CLOSE, or no such thing")
    told = tuple(document.each("openings", OPENING))
    try:
        text = opened(
            _file(capsule, seat), device.recipient, told, _context(request, subject, seat)
        )
        gap, share = None, check_share(capsule, seat.index, text)
    except DisclosureError as error:
        raise ComplaintError(f"{seat.name}: {error}") from error
    except (AgeError, ShareError) as error:
        gap, share = gap_of(error), b""
    return Verdict(seat, subject, digest(data), gap, share)


def gap_of(error: AgeError | ShareError) -> Gap:
    """Return what is wrong with a file that its holder told, by what opening it raised."""
    if isinstance(error, ShareError):
        return error.gap
    return Gap.NOT_MINE if isinstance(error, NoMatchError) else Gap.GARBLED


def _file(capsule: Capsule, seat: Seat) -> bytes:
    """Return a seat's share file; raises ComplaintError."""
    if seat.index > len(capsule.shares):
        raise ComplaintError(f"share {seat.index}: 缺本席位的份额 / no share for this seat")
    return capsule.shares[seat.index - 1]


def _context(request: Request, subject: str, seat: Seat) -> Context:
    about = digest(subject.encode())

    def of(place: int) -> bytes:
        parts = (request.close.digest, about, f"{seat.index:08x}{place:08x}")
        return tagged("complaint", *(bytes.fromhex(part) for part in parts))

    return of
