"""age key strings: Bech32 (BIP 173, without its length limit) over 32 X25519 bytes."""

import secrets
from collections.abc import Callable, Iterable

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from bidding.envelope.age.error import KeyStringError

Entropy = Callable[[int], bytes]

_ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_SECRET_PREFIX = "age-secret-key-"  # noqa: S105 - a public prefix, not a secret
_RECIPIENT_PREFIX = "age"


def new_identity(entropy: Entropy = secrets.token_bytes) -> str:
    """Make an AGE-SECRET-KEY-1… from 32 fresh bytes, stored clamped (RFC 7748 §5)."""
    return identity_string(clamp(entropy(32)))


def clamp(secret: bytes) -> bytes:
    """Clamp 32 bytes to an X25519 scalar (RFC 7748 §5), little endian."""
    return bytes([secret[0] & 248]) + secret[1:31] + bytes([secret[31] & 127 | 64])


def identity_string(secret: bytes) -> str:
    """Write 32 secret bytes as AGE-SECRET-KEY-1…."""
    return _encode(_SECRET_PREFIX, secret).upper()


def identity_secret(identity: str) -> bytes:
    """Read the 32 bytes of AGE-SECRET-KEY-1…; raises KeyStringError."""
    if identity != identity.upper():
        raise KeyStringError("identity: 应为大写 / must be upper case")
    return _decode(_SECRET_PREFIX, identity.lower())


def recipient_string(point: bytes) -> str:
    """Write a 32-byte X25519 public key as age1…."""
    return _encode(_RECIPIENT_PREFIX, point)


def recipient_point(recipient: str) -> bytes:
    """Read the 32 bytes of age1…; raises KeyStringError."""
    return _decode(_RECIPIENT_PREFIX, recipient)


def recipient_of(identity: str) -> str:
    """Return the age1… that belongs to an AGE-SECRET-KEY-1…; raises KeyStringError."""
    private = X25519PrivateKey.from_private_bytes(identity_secret(identity))
    return recipient_string(private.public_key().public_bytes_raw())


def _encode(prefix: str, data: bytes) -> str:
    words = _regroup(data, 8, 5)
    residue = _polymod([*_expand(prefix), *words, 0, 0, 0, 0, 0, 0]) ^ 1
    check = [residue >> 5 * (5 - i) & 31 for i in range(6)]
    return prefix + "1" + "".join(_ALPHABET[word] for word in [*words, *check])


def _decode(prefix: str, text: str) -> bytes:
    body = text.removeprefix(prefix + "1")
    if body == text or len(body) != 58 or any(char not in _ALPHABET for char in body):
        raise KeyStringError(f"{prefix}1…: 密钥格式不对 / not a key of this kind")
    words = [_ALPHABET.index(char) for char in body]
    if _polymod([*_expand(prefix), *words]) != 1:
        raise KeyStringError(f"{prefix}1…: 校验和不符，可能抄错 / checksum, perhaps a typing error")
    data = bytes(_regroup(words[:-6], 5, 8))
    if _encode(prefix, data) != text:
        raise KeyStringError(f"{prefix}1…: 填充位不为零 / padding bits are not zero")
    return data


def _expand(prefix: str) -> list[int]:
    return [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix]


def _polymod(values: Iterable[int]) -> int:
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate(_GENERATOR):
            check ^= generator if top >> bit & 1 else 0
    return check


def _regroup(values: Iterable[int], width: int, wanted: int) -> list[int]:
    bits = "".join(f"{value:0{width}b}" for value in values)
    if wanted == 5:
        bits += "0" * (-len(bits) % 5)
    return [int(bits[i : i + wanted], 2) for i in range(0, len(bits) - wanted + 1, wanted)]
