"""A successor's word that it takes a seat, and its proof that it holds the key it names.

The proof is one of knowing the scalar behind the recipient (Chaum and Pedersen), tied to the lost
key and the tender: nobody can name a key of somebody else's, nor use the word a second time. Its
second point is a known multiple of the base, so that the secret told opens no file.
"""

import secrets
from dataclasses import dataclass
from datetime import timedelta

from bidding.envelope.age.error import KeyStringError
from bidding.envelope.age.key import Entropy, recipient_point
from bidding.envelope.document import (
    EnvelopeError,
    check_signed,
    digest,
    read_signed,
    tagged,
    write,
    write_signed,
)
from bidding.envelope.roster import Device
from bidding.envelope.sharing.curve import ORDER, Point, PointError, base_times, decode_u
from bidding.envelope.sharing.equality import prove_equality, proves_equality
from bidding.envelope.trustee.disclosure import (
    OPENING,
    opening_of,
    read_opening,
    signed_scalar,
)
from bidding.envelope.trustee.holder import Trustee

PATIENCE = timedelta(minutes=10)
"""How long a machine may take to answer the last call; our own figure, no rule names one."""
MEMBERS = "tender seat lost recipient signer"


class AcceptanceError(EnvelopeError):
    """A successor's word that does not hold."""


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Who takes which seat of which tender after which lost key, with its own machine."""

    tender: str
    seat: int
    lost: str
    device: Device
    digest: str


def accept(
    trustee: Trustee, tender: str, seat: int, lost: str, entropy: Entropy = secrets.token_bytes
) -> bytes:
    """Return the machine's signed word that it takes the seat whose key `lost` (age1…) is gone."""
    device = trustee.device
    context = _context(tender, seat, lost, device)
    secret = signed_scalar(trustee.identity)
    proof = prove_equality(secret, _second(context), context, entropy)
    return write_signed(
        "acceptance",
        trustee.signer,
        tender=tender,
        seat=seat,
        lost=lost,
        recipient=device.recipient,
        signer=device.signer,
        holds=[opening_of(proof)],
    )


def read_acceptance(data: bytes) -> Acceptance:
    """Read a successor's word; raises AcceptanceError without proof, Malformed, BadSignature."""
    document = read_signed("acceptance", data, f"{MEMBERS} holds")
    tender, seat, lost = document.text("tender"), document.number("seat"), document.text("lost")
    device = Device(document.text("recipient"), document.hexes("signer"))
    check_signed(document, device.signer)
    proofs = [read_opening(each) for each in document.each("holds", OPENING)]
    try:
        public = decode_u(recipient_point(device.recipient))
        decode_u(recipient_point(lost))
    except (KeyStringError, PointError) as error:
        raise AcceptanceError(f"acceptance: {error}") from error
    context = _context(tender, seat, lost, device)
    if len(proofs) != 1 or not proves_equality(proofs[0], public, _second(context), context):
        raise AcceptanceError(
            "acceptance: 未证明持有所列密钥 / does not prove that it holds the key it names"
        )
    return Acceptance(tender, seat, lost, device, digest(data))


def _second(context: bytes) -> Point:
    return base_times(int.from_bytes(context, "little") % ORDER)


def _context(tender: str, seat: int, lost: str, device: Device) -> bytes:
    told = write(
        "accepts", tender=tender, seat=seat, lost=lost,
        recipient=device.recipient, signer=device.signer,
    )  # fmt: skip
    return tagged("accepts", bytes.fromhex(digest(told)))
