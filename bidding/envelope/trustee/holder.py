"""A trustee's own side: its key folder, its proof of readiness, and the unlocking of its shares.

Runs on the trustee's machine. It gives nothing before its `witnessed` check, made by itself from
the log's cosigned checkpoint, has passed for this very CLOSE.
"""

import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from bidding.envelope.age.error import AgeError
from bidding.envelope.age.file import decrypt_bytes, encrypt_bytes
from bidding.envelope.age.key import Entropy, new_identity, recipient_of
from bidding.envelope.capsule import Capsule, Gap, ShareError, open_share
from bidding.envelope.document import (
    EnvelopeError,
    check_signed,
    public_key,
    read,
    read_signed,
    tagged,
    time_text,
    write,
    write_signed,
)
from bidding.envelope.roster import Device, Seat
from bidding.envelope.trustee.batch import Request
from bidding.envelope.trustee.close import Close

IDENTITY, SIGNER = "identity.txt", "signer.pem"

Witnessed = Callable[[Close], None]
"""Raises unless the log shows this CLOSE under a checkpoint with enough witness signatures."""


class TrusteeError(EnvelopeError):
    """A trustee refuses; nothing was given."""


@dataclass(frozen=True, slots=True)
class Trustee:
    """One device of a trustee: its age identity and its signing key."""

    identity: str
    signer: Ed25519PrivateKey

    @classmethod
    def create(cls, folder: Path, entropy: Entropy = secrets.token_bytes) -> "Trustee":
        """Make both keys in a new folder that only its owner reads; raises FileExistsError."""
        folder.mkdir(parents=True, mode=0o700)
        signer = Ed25519PrivateKey.from_private_bytes(entropy(32))
        pem = signer.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        identity = new_identity(entropy)
        write_private(folder / IDENTITY, f"# public key: {recipient_of(identity)}\n{identity}\n")
        write_private(folder / SIGNER, pem.decode())
        return cls(identity, signer)

    @classmethod
    def load(cls, folder: Path) -> "Trustee":
        """Read the keys of a folder; raises OSError, TrusteeError, KeyStringError."""
        lines = (folder / IDENTITY).read_text().splitlines()
        identity = next((line for line in lines if line and not line.startswith("#")), "")
        signer = load_pem_private_key((folder / SIGNER).read_bytes(), None)
        if not isinstance(signer, Ed25519PrivateKey):
            raise TrusteeError(f"{SIGNER}: 应为 Ed25519 / must be Ed25519")
        recipient_of(identity)
        return cls(identity, signer)

    def __repr__(self) -> str:
        return f"Trustee({self.device.recipient})"

    @property
    def device(self) -> Device:
        """Return the public half, for the roster."""
        return Device(recipient_of(self.identity), public_key(self.signer))

    def answer(self, challenge: bytes) -> bytes:
        """Prove readiness on a file of `readiness_challenge`; raises TrusteeError.

        Only a readiness text is answered, and only by its hash: a share sent here as a challenge
        must not come out.
        """
        try:
            text = decrypt_bytes(challenge, [self.identity])
            read("readiness", text, "nonce")
        except (AgeError, EnvelopeError) as error:
            raise TrusteeError(f"readiness: {error}") from error
        answer = tagged("readiness", text).hex()
        return write_signed("ready", self.signer, recipient=self.device.recipient, answer=answer)

    def unlock(self, request: Request, witnessed: Witnessed, now: datetime) -> bytes:
        """Return the signed batch, complete or with each gap explained.

        Raises whatever `witnessed` raises, TrusteeError, CloseError, Malformed; then nothing was
        decrypted.
        """
        witnessed(request.close)
        if now < request.close.closed_at:
            raise TrusteeError("close: 尚未截止 / CLOSE lies in the future")
        seat = request.seat_of(self.device)
        if seat is None:
            raise TrusteeError("trustees: 本机不在名单中 / this device has no seat")
        entries = [
            self._entry(subject, capsule, seat, request)
            for subject, capsule in sorted(request.capsules().items())
        ]
        return write_signed(
            "batch",
            self.signer,
            close=request.close.digest,
            kind=request.kind.value,
            recipient=self.device.recipient,
            signer=self.device.signer,
            given_at=time_text(now),
            entries=entries,
        )

    def _entry(
        self, subject: str, capsule: Capsule, seat: Seat, request: Request
    ) -> dict[str, str]:
        if subject in request.released:
            return {"subject": subject, "share": "", "gap": Gap.RELEASED.value}
        try:
            share = open_share(capsule, seat.index, self.identity)
        except ShareError as error:
            return {"subject": subject, "share": "", "gap": error.gap.value}
        return {"subject": subject, "share": share.hex(), "gap": ""}


def readiness_challenge(seat: Seat, entropy: Entropy = secrets.token_bytes) -> tuple[bytes, str]:
    """Return an age file to a seat's devices, and the answer (hexadecimal) to keep for checking."""
    text = write("readiness", nonce=entropy(32).hex())
    recipients = [device.recipient for device in seat.devices]
    return encrypt_bytes(text, recipients, entropy), tagged("readiness", text).hex()


def check_ready(data: bytes, seat: Seat, expected: str) -> Device:
    """Return the device of `seat` that is ready; raises TrusteeError, Malformed, BadSignature."""
    document = read_signed("ready", data, "recipient answer")
    devices = [d for d in seat.devices if d.recipient == document.text("recipient")]
    if not devices or document.text("answer") != expected:
        raise TrusteeError(f"{seat.name}: 应答不符 / a wrong answer")
    check_signed(document, devices[0].signer)
    return devices[0]


def write_private(path: Path, text: str) -> None:
    """Write a new file that only its owner reads; raises FileExistsError."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(text)
