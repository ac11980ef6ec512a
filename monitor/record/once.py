"""`Once`: a request that may come twice (a lost answer, a double click) and is done once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from monitor.refusal import Conflict

ALONE = text("SELECT pg_advisory_xact_lock(:number)")
FIND = text("SELECT request, reply FROM answered WHERE key = :key")
KEEP = text(
    "INSERT INTO answered (key, request, reply, record_id) VALUES (:key, :request, :reply, :record)"
)


class UsedBefore(Conflict):
    """The key came before with another request: which of the two is meant, nobody can tell."""

    def __init__(self) -> None:
        super().__init__(
            "此提交编号已用于另一内容，请刷新页面 / this key was used for another request: reload",
            field="Idempotency-Key",
            rule="Idempotency-Key",
        )


@dataclass(frozen=True, slots=True)
class Once:
    """The request's own number and what it asks, both blinded, and how its answer is kept.

    `key` and `request` are MACs: at rest nothing of them tells who asked for what. A refusal is
    not kept: it changed nothing, and the person mends the form and sends it again.
    """

    key: bytes = field(repr=False)
    request: bytes = field(repr=False)
    keep: Callable[[UUID, Any], bytes]
    """From the record's id and the action's result to what is answered now and ever after."""

    def answered(self, connection: Connection) -> bytes | None:
        """Return the answer given before; None the first time. Raises UsedBefore for another.

        Whoever asks the same at the same time waits here, and then finds the answer.
        """
        connection.execute(ALONE, {"number": int.from_bytes(self.key[:8], signed=True)})
        row = connection.execute(FIND, {"key": self.key}).one_or_none()
        if row is None:
            return None
        if bytes(row.request) != self.request:
            raise UsedBefore
        return bytes(row.reply)

    def answer(self, connection: Connection, record: UUID, result: object) -> bytes:
        """Keep the answer in the transaction of the act itself, and return it."""
        reply = self.keep(record, result)
        told = {"key": self.key, "request": self.request, "reply": reply, "record": record}
        connection.execute(KEEP, told)
        return reply
