"""Documents of batong-bid/1: canonical JSON with a form name, SHA-256 digests, Ed25519 signatures.

A signature covers domain ‖ 0x00 ‖ bytes, so that none made for one form is good for another.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from monitor.log.canonical import JSON, NotCanonical, canonical, parse

SUITE = "batong-bid/1"
_TIME = "%Y-%m-%dT%H:%M:%S.%fZ"


class EnvelopeError(Exception):
    """Something is not as batong-bid/1 says."""


class Malformed(EnvelopeError):
    """A document is not of its form."""


class BadSignature(EnvelopeError):
    """A signature does not hold."""


@dataclass(frozen=True, slots=True)
class Fields:
    """The members of one JSON object, read by type; every reader raises Malformed."""

    where: str
    values: Mapping[str, JSON]

    def text(self, name: str) -> str:
        """Return a string member."""
        value = self.values[name]
        if not isinstance(value, str):
            raise Malformed(f"{self.where}.{name}: 应为文本 / must be text")
        return value

    def number(self, name: str) -> int:
        """Return a non-negative integer member."""
        value = self.values[name]
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise Malformed(f"{self.where}.{name}: 应为非负整数 / must be a whole number")
        return value

    def hexes(self, name: str, size: int = 32) -> str:
        """Return a member of exactly `size` bytes in lower-case hexadecimal."""
        value = self.text(name)
        if not re.fullmatch(f"[0-9a-f]{{{2 * size}}}", value):
            raise Malformed(f"{self.where}.{name}: 应为 {size} 字节十六进制 / {size} bytes of hex")
        return value

    def time(self, name: str) -> datetime:
        """Return a UTC time with microseconds, as `time_text` writes it."""
        try:
            return datetime.strptime(self.text(name), _TIME).replace(tzinfo=UTC)
        except ValueError as error:
            raise Malformed(f"{self.where}.{name}: 时间格式不对 / not a UTC time") from error

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a list of strings."""
        values = self._list(name)
        if not all(isinstance(value, str) for value in values):
            raise Malformed(f"{self.where}.{name}: 应为文本列表 / must be a list of text")
        return tuple(cast("list[str]", values))

    def one(self, name: str, members: str) -> "Fields":
        """Return a member object that has exactly `members` (words apart by spaces)."""
        return fields(self.values[name], f"{self.where}.{name}", members)

    def each(self, name: str, members: str) -> Iterator["Fields"]:
        """Return the objects of a list, each with exactly `members`."""
        for place, value in enumerate(self._list(name)):
            yield fields(value, f"{self.where}.{name}[{place}]", members)

    def _list(self, name: str) -> list[JSON]:
        value = self.values[name]
        if not isinstance(value, list):
            raise Malformed(f"{self.where}.{name}: 应为列表 / must be a list")
        return value


def fields(value: JSON, where: str, members: str) -> Fields:
    """Wrap an object that has exactly `members`; raises Malformed."""
    if not isinstance(value, dict) or set(value) != set(members.split()):
        raise Malformed(f"{where}: 成员应恰为 {members} / must have exactly these members")
    return Fields(where, value)


def time_text(moment: datetime) -> str:
    """Write an aware time as RFC 3339 UTC with microseconds and Z."""
    return moment.astimezone(UTC).strftime(_TIME)


def write(form: str, /, **members: JSON) -> bytes:
    """Write a document of `form` as canonical JSON; raises Malformed for what JSON cannot hold."""
    try:
        return canonical({"v": f"{SUITE}/{form}", **members})
    except NotCanonical as error:
        raise Malformed(f"{form}: {error}") from error


def read(form: str, data: bytes, members: str) -> Fields:
    """Read a canonical document of `form` with exactly `members`; raises Malformed."""
    try:
        value = parse(data)
    except NotCanonical as error:
        raise Malformed(f"{form}: 不是规范 JSON / not canonical JSON: {error}") from error
    document = fields(value, form, f"v {members}")
    if document.values["v"] != f"{SUITE}/{form}":
        raise Malformed(f"{form}.v: 应为 / must be {SUITE}/{form}")
    return document


def digest(data: bytes) -> str:
    """Return SHA-256 in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def tagged(form: str, *parts: bytes) -> bytes:
    """Return sha256("batong-bid/1/" form ‖ 0x00 ‖ parts); the parts must have fixed lengths."""
    return hashlib.sha256(_domain(form) + b"".join(parts)).digest()


def public_key(signer: Ed25519PrivateKey) -> str:
    """Return the 32-byte Ed25519 public key in hexadecimal."""
    return signer.public_key().public_bytes_raw().hex()


def sign(form: str, data: bytes, signer: Ed25519PrivateKey) -> str:
    """Sign the bytes of a document of `form`; 64 bytes in hexadecimal (RFC 8032)."""
    return signer.sign(_domain(form) + data).hex()


def check_signature(form: str, data: bytes, signature: str, key: str) -> None:
    """Raise BadSignature unless `signature` of `key` (both hexadecimal) covers the document."""
    try:
        raw = bytes.fromhex(signature)
        if raw.hex() != signature:  # nothing covers the signature but its one spelling
            raise InvalidSignature
        public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(key))
        public.verify(raw, _domain(form) + data)
    except (ValueError, InvalidSignature) as error:
        raise BadSignature(f"{form}: 签名不符 / the signature does not hold") from error


def write_signed(form: str, key: Ed25519PrivateKey, /, **members: JSON) -> bytes:
    """Write a document whose member "signature" covers the document without that member."""
    signature = sign(form, write(form, **members), key)
    return write(form, **members, signature=signature)


def read_signed(form: str, data: bytes, members: str) -> Fields:
    """Read what `write_signed` wrote; `check_signed` tells whether the signature holds."""
    return read(form, data, f"{members} signature")


def check_signed(document: Fields, key: str) -> None:
    """Raise BadSignature unless `key` (hexadecimal) signed the document of `read_signed`."""
    body = {name: value for name, value in document.values.items() if name != "signature"}
    check_signature(document.where, canonical(body), document.text("signature"), key)


def _domain(form: str) -> bytes:
    return f"{SUITE}/{form}".encode() + b"\0"
