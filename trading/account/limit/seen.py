"""When a session was last used: no fact for the record, so it stands in Valkey alone.

A request writes nothing at rest in the database. Keys are keyed digests: a thief of Valkey's file
learns no session and no person. Without Valkey the row's absolute limit alone counts; an entry that
Valkey lost counts as no use since the session began.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import cast
from uuid import UUID

import redis

from trading.account.proof.vault import Vault

OFTEN, PART = timedelta(seconds=15), 16
"""A use is written down no more often than this, and than this part of the limit: by so much a
session may end early."""


class LastSeen:
    """The last use of each session, kept for as long as a session can last."""

    def __init__(self, client: redis.Redis, vault: Vault, kept: timedelta) -> None:
        self._client = client
        self._vault = vault
        self._kept = kept

    def use(self, session: UUID, created: datetime, now: datetime, idle: timedelta) -> bool:
        """Write down that the session is in use; False if it was idle for too long before."""
        key = self._key(session)
        try:
            found = cast("bytes | None", self._client.get(key))
            last = float(found) if found else created.timestamp()
            since = timedelta(seconds=now.timestamp() - last)
            if since > idle:
                return False
            if since > min(OFTEN, idle / PART) or not found:
                self._client.set(key, repr(now.timestamp()), px=self._kept)
        except redis.RedisError:
            return True
        return True

    def forget(self, sessions: Iterable[UUID]) -> None:
        """Forget ended sessions."""
        keys = [self._key(session) for session in sessions]
        try:
            if keys:
                self._client.delete(*keys)
        except redis.RedisError:
            return

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _key(self, session: UUID) -> str:
        return f"account:seen:{self._vault.mac('seen', session.bytes).hex()[:40]}"
