"""manifest.json: what exactly a bidder submits, fixed by one detached Ed25519 signature.

It names every object by size and digests, so that nothing can be changed, left out or added later.
It is not published before the opening: CLOSE carries only its salted leaf.
"""

import re
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bidding.envelope.bid.object import LETTER, PART, Measured
from bidding.envelope.document import (
    SUITE,
    BadSignature,
    Fields,
    Malformed,
    check_signature,
    digest,
    read,
    sign,
    tagged,
    write,
)

CLIENT = "batong-cli/1"


@dataclass(frozen=True, slots=True)
class Entry:
    """One sealed object: letter.age or att-NNN.age, and its measure."""

    name: str
    measured: Measured


@dataclass(frozen=True, slots=True)
class Manifest:
    """Ids, `notice` and `capsule` digests, signer's public key and blinding salt in hexadecimal."""

    notice: str
    tender: str
    lot: str
    bid: str
    version: int
    objects: tuple[Entry, ...]
    capsule: str
    signer: str
    salt: str
    client: str = CLIENT

    def to_bytes(self) -> bytes:
        """Return the canonical document."""
        return write(
            "manifest",
            suite=SUITE,
            notice=self.notice,
            tender=self.tender,
            lot=self.lot,
            bid=self.bid,
            version=self.version,
            objects=[_entry_json(entry) for entry in self.objects],
            capsule=self.capsule,
            signer=self.signer,
            salt=self.salt,
            client=self.client,
        )


def read_manifest(data: bytes) -> Manifest:
    """Read a manifest document; raises Malformed."""
    members = "suite notice tender lot bid version objects capsule signer salt client"
    document = read("manifest", data, members)
    if document.text("suite") != SUITE:
        raise Malformed(f"manifest.suite: 应为 / must be {SUITE}")
    objects = tuple(map(_read_entry, document.each("objects", "name size sha256 parts")))
    names = [LETTER] + [f"att-{number:03d}.age" for number in range(1, len(objects))]
    if [entry.name for entry in objects] != names:
        raise Malformed("manifest.objects: 须为 letter.age、att-001.age… / wrong names or order")
    return Manifest(
        document.hexes("notice"),
        document.text("tender"),
        document.text("lot"),
        document.text("bid"),
        document.number("version"),
        objects,
        document.hexes("capsule"),
        document.hexes("signer"),
        document.hexes("salt"),
        document.text("client"),
    )


def sign_manifest(data: bytes, signer: Ed25519PrivateKey) -> bytes:
    """Return the content of manifest.sig: the signature in hexadecimal and a line end."""
    return sign("manifest", data, signer).encode() + b"\n"


def check_manifest_signature(data: bytes, signature: bytes, signer: str) -> None:
    """Raise BadSignature unless manifest.sig is the signer's for these bytes."""
    if not re.fullmatch(rb"[0-9a-f]{128}\n", signature):
        raise BadSignature("manifest.sig: 格式不对 / malformed")
    check_signature("manifest", data, signature.decode().strip(), signer)


def bid_leaf(data: bytes) -> bytes:
    """Return the salted leaf of a manifest document, 32 bytes, blind without the salt."""
    salt = bytes.fromhex(read_manifest(data).salt)
    return tagged("bid-leaf", salt, bytes.fromhex(digest(data)))


def _entry_json(entry: Entry) -> dict[str, str | int | list[str]]:
    measured = entry.measured
    return {
        "name": entry.name,
        "size": measured.size,
        "sha256": measured.sha256,
        "parts": list(measured.parts),
    }


def _read_entry(entry: Fields) -> Entry:
    size, parts = entry.number("size"), entry.texts("parts")
    good = all(re.fullmatch("[0-9a-f]{64}", part) for part in parts)
    if not good or len(parts) != max(1, -(-size // PART)):
        raise Malformed(f"{entry.where}.parts: 分块摘要不对 / wrong part digests")
    return Entry(entry.text("name"), Measured(size, entry.hexes("sha256"), parts))
