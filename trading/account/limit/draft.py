"""What was typed into a form whose session had ended: kept for the same account, for two hours.

It stands in Valkey alone, sealed by the vault to the account of the session that ended, one for
each session: whoever steals Valkey's file reads nothing, whoever floods fills one place.
"""

from __future__ import annotations

import json
import secrets
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import cast
from uuid import UUID

import redis

from trading.account.proof.vault import BrokenSeal, Vault

LASTING = timedelta(hours=2)
MOST = 512 * 1024
"""Bytes of a form, as JSON, beyond which nothing is kept of it."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A form as it was sent: where to, its fields in order, the names of its files."""

    path: str
    query: str
    fields: Sequence[tuple[str, str]] = field(repr=False)
    files: Sequence[str] = ()
    """Names of fields whose file has to be chosen again: no file is kept."""


class Drafts:
    """Forms of ended sessions, by a number that the sender's browser alone was told."""

    def __init__(self, client: redis.Redis, vault: Vault) -> None:
        self._client = client
        self._vault = vault

    def keep(self, session: UUID, account: UUID, draft: Draft) -> str:
        """Keep a form in place of the session's last; return its number, "" where it cannot be."""
        told = json.dumps([draft.path, draft.query, list(draft.fields), list(draft.files)]).encode()
        if len(told) > MOST:
            return ""
        number, place = secrets.token_urlsafe(16), self._key(session.bytes)
        sealed = self._vault.seal(zlib.compress(told), _context(account, number))
        try:
            before = cast("bytes | None", self._client.get(place))
            with self._client.pipeline() as both:
                if before:
                    both.delete(self._key(before))
                both.set(place, number, px=LASTING)
                both.set(self._key(number.encode()), sealed, px=LASTING)
                both.execute()
        except redis.RedisError:
            return ""
        return number

    def open(self, number: str, account: UUID) -> Draft | None:
        """Return a form that was kept for this account; None for anybody else's, and none."""
        try:
            sealed = cast("bytes | None", self._client.get(self._key(number.encode())))
            told = self._vault.open(sealed or b"", _context(account, number))
        except (redis.RedisError, BrokenSeal, UnicodeEncodeError):
            return None
        path, query, fields, files = json.loads(zlib.decompress(told))
        return Draft(path, query, [(name, value) for name, value in fields], files)

    def _key(self, part: bytes) -> str:
        return f"account:draft:{self._vault.mac('draft', part).hex()[:40]}"


def _context(account: UUID, number: str) -> str:
    return f"draft:{account}:{number}"
