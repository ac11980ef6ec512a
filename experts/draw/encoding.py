"""Encodings of "batong-draw/1": one tagged, length-prefixed hash for every use.

H(tag, f1…fn) = SHA-256(u8(len T) ‖ T ‖ for each f: u32(len f) ‖ f) with T = "batong-draw/1/" + tag.
Every field is length-prefixed and every use has its own tag, so that no two uses can collide.
"""

import hashlib
from collections.abc import Mapping, Sequence

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from monitor.log.canonical import JSON, NotCanonical, parse

VERSION = "batong-draw/1"
HASH_BYTES = 32


class DrawError(ValueError):
    """A step of a draw does not hold; `item` names the thing at fault and `reason` the rule."""

    def __init__(self, item: str, reason: str) -> None:
        super().__init__(f"{item}: {reason}")
        self.item = item
        self.reason = reason


def require(condition: bool, item: str, reason: str) -> None:
    """Raise DrawError(item, reason) unless the condition holds."""
    if not condition:
        raise DrawError(item, reason)


def prefix(tag: str) -> bytes:
    """Return u8(len T) ‖ T, the beginning of everything hashed under this tag."""
    name = f"{VERSION}/{tag}".encode()
    return u8(len(name)) + name


def H(tag: str, *fields: bytes) -> bytes:  # noqa: N802  the name in the format's description
    """Return the 32-byte tagged hash of the fields."""
    parts = [prefix(tag)]
    for field in fields:
        parts += (u32(len(field)), field)
    return hashlib.sha256(b"".join(parts)).digest()


def u8(number: int) -> bytes:
    """Return one byte; OverflowError when it does not fit."""
    return number.to_bytes(1, "big")


def u32(number: int) -> bytes:
    """Return four bytes, big-endian; OverflowError when it does not fit."""
    return number.to_bytes(4, "big")


def unhex(text: object, size: int, item: str) -> bytes:
    """Read exactly `size` bytes of lower-case hex; raises DrawError naming the item."""
    if isinstance(text, str) and len(text) == 2 * size and not set(text) - set("0123456789abcdef"):
        return bytes.fromhex(text)
    raise DrawError(item, f"must be {size} bytes of lower-case hex")


def read(data: bytes, item: str) -> JSON:
    """Read canonical JSON; raises DrawError naming the item."""
    try:
        return parse(data)
    except NotCanonical as fault:
        raise DrawError(item, str(fault)) from fault


def mapping(value: object, keys: str, item: str) -> Mapping[str, object]:
    """Return the value if it is an object with exactly these space-separated keys, or raise."""
    if not isinstance(value, Mapping) or set(value) != set(keys.split()):
        raise DrawError(item, f"must be an object of {keys}")
    return value


def rows(value: object, item: str) -> Sequence[object]:
    """Return the value if it is an array; raises DrawError naming the item."""
    if not isinstance(value, list | tuple):
        raise DrawError(item, "must be an array")
    return value


def text(value: object, item: str) -> str:
    """Return the value if it is text; raises DrawError naming the item."""
    if not isinstance(value, str):
        raise DrawError(item, "must be text")
    return value


def whole(value: object, item: str) -> int:
    """Return the value if it is a whole number from 0; raises DrawError naming the item."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise DrawError(item, "must be a whole number from 0")
    return value


def sign(key: bytes, digest: bytes) -> str:
    """Sign a tagged hash with a 32-byte Ed25519 seed; returns hex (RFC 8032 §5.1.6)."""
    return Ed25519PrivateKey.from_private_bytes(key).sign(digest).hex()


def signing_public(key: bytes) -> bytes:
    """Return the Ed25519 public key of a 32-byte seed (RFC 8032 §5.1.5)."""
    return Ed25519PrivateKey.from_private_bytes(key).public_key().public_bytes_raw()


def check_signature(public: bytes, digest: bytes, signature: object, item: str) -> None:
    """Check a hex signature over a tagged hash; raises DrawError naming the item."""
    raw = unhex(signature, 64, item)
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(raw, digest)
    except (InvalidSignature, ValueError) as fault:
        raise DrawError(item, "the signature does not fit / 签名不符") from fault
