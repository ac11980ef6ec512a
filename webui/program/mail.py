"""Sealed mail between two machines: one object, canonical, packed, sealed to the other's key."""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Mapping
from typing import Any

from bidding.envelope.age.error import AgeError
from bidding.envelope.age.file import decrypt_bytes, encrypt_bytes
from bidding.envelope.age.key import new_identity, recipient_of
from experts.custody import Papers
from experts.draw.encoding import DrawError, read
from monitor.log.canonical import JSON, canonical

LONGEST = 64 * 1024 * 1024
KEY = "post.key"


def seal(value: JSON, recipient: str) -> str:
    """Return base64 of the value sealed to a recipient (age)."""
    return seal_bytes(zlib.compress(canonical(value), 9), recipient)


def seal_bytes(data: bytes, recipient: str) -> str:
    """Return base64 of bytes sealed to a recipient (age)."""
    return base64.b64encode(encrypt_bytes(data, [recipient])).decode()


def unseal_bytes(sealed: object, identity: str, item: str) -> bytes:
    """Return the bytes; raises DrawError for what does not open."""
    try:
        data = base64.b64decode(str(sealed), validate=True)
        return decrypt_bytes(data, [identity])
    except (AgeError, binascii.Error, ValueError) as fault:
        raise DrawError(item, "does not open / 无法开启") from fault


def unseal(sealed: object, identity: str, item: str) -> Mapping[str, Any]:
    """Return the object; raises DrawError for what does not open, or is none."""
    packed = unseal_bytes(sealed, identity, item)
    unpacker = zlib.decompressobj()
    try:
        plain = unpacker.decompress(packed, LONGEST)
    except zlib.error as fault:
        raise DrawError(item, "is not packed / 压缩格式有误") from fault
    value = read(plain, item)
    if not unpacker.eof or not isinstance(value, dict):
        raise DrawError(item, "must be an object / 应为对象")
    return value


def own_key(papers: Papers) -> str:
    """Return this machine's identity for one draw, made on first use."""
    if not papers.has(KEY):
        papers.keep(KEY, new_identity().encode())
    return papers.data(KEY).decode()


def recipient(papers: Papers) -> str:
    """Return what others seal to."""
    return recipient_of(own_key(papers))
