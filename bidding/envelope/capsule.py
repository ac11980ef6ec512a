"""The capsule: the secret of one age recipient R, dealt to the trustees.

Anybody can check that it belongs to R and to the roster; `threshold` trustees can give R back.
"""

import base64
import binascii
import io
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from bidding.envelope.age.error import AgeError, NoMatchError
from bidding.envelope.age.file import decrypt_bytes, encrypt_bytes, sealed_length
from bidding.envelope.age.key import Entropy, recipient_of
from bidding.envelope.document import EnvelopeError, Fields, Malformed, fields, read, write
from bidding.envelope.finding import Finding
from bidding.envelope.inspection import inspect_header
from bidding.envelope.roster import Roster, Seat
from bidding.envelope.sharing.curve import PointError
from bidding.envelope.sharing.feldman import (
    SharingError,
    combine,
    deal,
    matches_recipient,
    verify_share,
)

RULE = "batong-bid/1 capsule"


class Kind(StrEnum):
    """What a capsule locks."""

    BID = "bid"
    NOTE = "note"


class Dealt(StrEnum):
    """What a capsule deals that no CLOSE ever opens: it is no kind that trustees are asked for."""

    KEY = "key"


class Gap(StrEnum):
    """Why a trustee gives no share for a capsule."""

    RELEASED = "released"
    NOT_MINE = "not_mine"
    GARBLED = "garbled"
    MISBOUND = "misbound"
    WRONG_SHARE = "wrong_share"


class ShareError(EnvelopeError):
    """A trustee's share cannot be given; `gap` says why."""

    def __init__(self, gap: Gap, message: str) -> None:
        super().__init__(message)
        self.gap = gap


@dataclass(frozen=True, slots=True)
class Context:
    """What a capsule is for; `subject` is the id of the bid version or note, or a trustee's key."""

    kind: Kind | Dealt
    tender: str
    lot: str
    subject: str

    def to_json(self) -> dict[str, str]:
        """Return the members as they stand in capsule and shares."""
        return {
            "kind": self.kind.value,
            "tender": self.tender,
            "lot": self.lot,
            "subject": self.subject,
        }


@dataclass(frozen=True, slots=True)
class Capsule:
    """A capsule that was read; commitments and share files are bytes."""

    recipient: str
    threshold: int
    trustees: str
    context: Context
    commitments: tuple[bytes, ...]
    shares: tuple[bytes, ...]


def seal_capsule(
    identity: str, roster: Roster, context: Context, entropy: Entropy = secrets.token_bytes
) -> bytes:
    """Deal the secret of AGE-SECRET-KEY-1… to the roster; return the capsule document."""
    dealt = deal(identity, roster.threshold, len(roster.seats), entropy)
    recipient = recipient_of(identity)
    files = [
        encrypt_bytes(
            share_text(context, recipient, seat.index, scalar),
            [device.recipient for device in seat.devices],
            entropy,
        )
        for seat, scalar in zip(roster.seats, dealt.shares, strict=True)
    ]
    return write(
        "capsule",
        recipient=recipient,
        threshold=roster.threshold,
        trustees=roster.digest,
        context=context.to_json(),
        commitments=[commitment.hex() for commitment in dealt.commitments],
        shares=[base64.b64encode(file).decode() for file in files],
    )


def read_capsule(data: bytes) -> Capsule:
    """Read a capsule document; raises Malformed."""
    members = "recipient threshold trustees context commitments shares"
    document = read("capsule", data, members)
    return Capsule(
        document.text("recipient"),
        document.number("threshold"),
        document.hexes("trustees"),
        read_context(document.one("context", "kind tender lot subject")),
        tuple(_hex(text) for text in document.texts("commitments")),
        tuple(_base64(text) for text in document.texts("shares")),
    )


def read_context(context: Fields) -> Context:
    """Read the members of `Context.to_json`; raises Malformed."""
    told = context.text("kind")
    try:
        kind = Dealt(told) if told == Dealt.KEY else Kind(told)
    except ValueError as error:
        raise Malformed(f"{context.where}.kind: 未知用途 / unknown kind") from error
    return Context(kind, context.text("tender"), context.text("lot"), context.text("subject"))


def check_capsule(data: bytes, roster: Roster, context: Context) -> list[Finding]:
    """Return every fault that can be seen without a key; [] for a capsule to accept."""
    try:
        capsule = read_capsule(data)
    except Malformed as error:
        return [Finding("capsule", RULE, str(error))]
    faults = _binding_faults(capsule, roster, context)
    return faults or [*_commitment_faults(capsule), *_share_faults(capsule, roster)]


def open_share(capsule: Capsule, index: int, identity: str) -> bytes:
    """Open share `index` with a trustee's own key and check it; raises ShareError with its gap."""
    if index > len(capsule.shares):
        raise ShareError(Gap.GARBLED, "share: 缺本席位的份额 / no share for this seat")
    try:
        text = decrypt_bytes(capsule.shares[index - 1], [identity])
    except NoMatchError as error:
        raise ShareError(
            Gap.NOT_MINE, "share: 不是加密给本机的 / not sealed to this key"
        ) from error
    except AgeError as error:
        raise ShareError(Gap.GARBLED, f"share: {error}") from error
    return check_share(capsule, index, text)


def check_share(capsule: Capsule, index: int, text: bytes) -> bytes:
    """Return the scalar of a share file's text; raises ShareError with its gap."""
    scalar = _read_share(text, capsule, index)
    if not fits(capsule, index, scalar):
        raise ShareError(Gap.WRONG_SHARE, "share: 与承诺不符 / does not fit the commitments")
    return scalar


def fits(capsule: Capsule, index: int, scalar: bytes) -> bool:
    """Tell whether a scalar is the true share of seat `index`; anybody can ask this."""
    try:
        return verify_share(capsule.commitments, index, scalar)
    except PointError:
        return False


def combine_shares(capsule: Capsule, shares: Mapping[int, bytes]) -> str:
    """Return the AGE-SECRET-KEY-1… from scalars by seat number; raises SharingError.

    A wrong scalar is named by its seat; fewer than the threshold give nothing.
    """
    for index, scalar in sorted(shares.items()):
        if not fits(capsule, index, scalar):
            raise SharingError(f"share {index}: 与承诺不符 / does not fit the commitments")
    if len(shares) < capsule.threshold:
        raise SharingError(f"shares: 不足 {capsule.threshold} 份 / fewer than the threshold")
    return combine(dict(sorted(shares.items())[: capsule.threshold]), capsule.recipient)


def share_text(context: Context, recipient: str, index: int, scalar: bytes) -> bytes:
    """Return what stands in a share file, bound to what it is a share of."""
    return write(
        "share", context=context.to_json(), recipient=recipient, index=index, scalar=scalar.hex()
    )


def _read_share(text: bytes, capsule: Capsule, index: int) -> bytes:
    """Return the scalar of a share text that is this very capsule's; raises ShareError."""
    try:
        document = read("share", text, "context recipient index scalar")
        scalar = bytes.fromhex(document.hexes("scalar"))
    except Malformed as error:
        raise ShareError(Gap.GARBLED, str(error)) from error
    if text != share_text(capsule.context, capsule.recipient, index, scalar):
        raise ShareError(Gap.MISBOUND, "share: 属于别的投标 / belongs to another bid")
    return scalar


def _binding_faults(capsule: Capsule, roster: Roster, context: Context) -> list[Finding]:
    checks = (
        (capsule.context == context, "不是为本次投标制作 / was made for something else"),
        (capsule.trustees == roster.digest, "受托人名单已过时 / the trustees have changed since"),
        (capsule.threshold == roster.threshold, "门限不符 / wrong threshold"),
        (len(capsule.commitments) == roster.threshold, "承诺个数不符 / number of commitments"),
        (len(capsule.shares) == len(roster.seats), "份额个数不符 / number of shares"),
    )
    return [Finding("capsule", RULE, message) for good, message in checks if not good]


def _commitment_faults(capsule: Capsule) -> list[Finding]:
    try:
        for commitment in capsule.commitments[1:]:
            # verify_share decodes each commitment strictly; the scalar does not matter here.
            verify_share([commitment], 1, bytes(32))
        matches = matches_recipient(capsule.commitments, capsule.recipient)
    except (PointError, AgeError) as error:
        return [Finding("capsule", RULE, f"commitments: {error}")]
    message = "commitments: 与公钥 R 不符 / A0 is not the key R"
    return [] if matches else [Finding("capsule", RULE, message)]


def _share_faults(capsule: Capsule, roster: Roster) -> list[Finding]:
    found = []
    for seat, file in zip(roster.seats, capsule.shares, strict=True):
        if (message := _share_fault(capsule, seat, file)) is not None:
            found.append(Finding(f"capsule share {seat.index}", RULE, message))
    return found


def _share_fault(capsule: Capsule, seat: Seat, file: bytes) -> str | None:
    try:
        inspect_header(io.BytesIO(file), len(seat.devices))
    except AgeError as error:
        return str(error)
    text = share_text(capsule.context, capsule.recipient, seat.index, bytes(32))
    wrong = len(file) != sealed_length(len(text), len(seat.devices))
    return "长度不对 / wrong length" if wrong else None


def _hex(text: str) -> bytes:
    return bytes.fromhex(fields({"point": text}, "capsule", "point").hexes("point"))


def _base64(text: str) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error) as error:
        raise Malformed("capsule.shares: 不是 Base64 / not base64") from error
    if base64.b64encode(data).decode() != text:
        raise Malformed("capsule.shares: Base64 写法不规范 / base64 not canonical")
    return data
