"""Identifiers: UUIDv7 (RFC 9562 §5.7), made in Python so that PostgreSQL 15 serves too."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from uuid import UUID

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def new_id(now: datetime) -> UUID:
    """Return a UUIDv7 of the moment: 48 bits of ms, 12 bits of the rest of it, 62 random bits.

    RFC 9562 §6.2 method 3: the sub-millisecond part stands in rand_a, so that ids made a
    microsecond apart sort in order of time.
    """
    micros = (now - _EPOCH) // _MICROSECOND
    ms, rest = divmod(micros, 1000)
    value = (ms << 80) | (7 << 76) | ((rest * 4096 // 1000) << 64) | (2 << 62)
    return UUID(int=value | secrets.randbits(62))


def first_id(moment: datetime) -> UUID:
    """Return what is below every UUIDv7 of that millisecond or later, and above all earlier."""
    return UUID(int=((moment - _EPOCH) // timedelta(milliseconds=1)) << 80)


def secret_id() -> UUID:
    """Return a random UUIDv4 for what must not even tell when it was made (a bid, a pseudonym)."""
    return _marked(secrets.randbits(128), 4)


def named_id(digest: bytes) -> UUID:
    """Return the UUIDv8 (RFC 9562 §5.8) that a digest of 16 bytes or more names."""
    return _marked(int.from_bytes(digest[:16]), 8)


def _marked(bits: int, version: int) -> UUID:
    return UUID(int=(bits & ~(0xF << 76) & ~(3 << 62)) | (version << 76) | (2 << 62))


def moment_of(identifier: UUID) -> datetime:
    """Return the moment inside a UUIDv7, to the millisecond."""
    return _EPOCH + timedelta(milliseconds=identifier.int >> 80)


def instant_of(identifier: UUID) -> datetime:
    """Return the moment that `new_id` was given, to the microsecond."""
    rest = -(-(identifier.int >> 64 & 0xFFF) * 1000 // 4096)
    return moment_of(identifier) + rest * _MICROSECOND
