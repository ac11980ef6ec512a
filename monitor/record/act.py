"""`Act`: what an action's code is given, and all that it is given."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.log.canonical import canonical
from monitor.log.tree import leaf_hash, root
from monitor.record.table import Record
from monitor.refusal import Refusal
from monitor.role import Actor

Instead = Callable[[Session], Refusal]


@dataclass(slots=True)
class Act:
    """One act in the making: the open session, the one now, the actor, and the facts so far."""

    session: Session
    now: datetime
    actor: Actor
    project: UUID | None
    record_id: UUID
    subject: str = ""
    attempted: dict[str, Any] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    private: dict[str, Any] = field(default_factory=dict)
    rules: dict[str, str] = field(default_factory=dict)
    gathers: dict[str, Any] | None = None
    instead: dict[str, Instead] = field(default_factory=dict)

    def note(self, subject: str = "", **facts: Any) -> None:
        """Put facts (canonical JSON values) in the record."""
        self.subject = subject or self.subject
        self.facts.update(facts)

    def attempt(self, subject: str = "", **facts: Any) -> None:
        """Put facts in the record that stand even if the act is refused: what was attempted."""
        self.subject = subject or self.subject
        self.attempted.update(facts)

    def note_private(self, **facts: Any) -> None:
        """Put only a salted digest of each fact in the record; the opening is kept apart."""
        for name, value in facts.items():
            salt = secrets.token_bytes(16)
            digest = hashlib.sha256(salt + canonical(value)).hexdigest()
            self.facts[name] = {"sha256": digest}
            self.private[name] = {"salt": salt.hex(), "value": value}

    def used_rule(self, rule_id: str, version: str) -> None:
        """Remember that this decision rests on that version of that rule."""
        self.rules[rule_id] = version

    def require(self, condition: object, refusal: Refusal) -> None:
        """Raise the refusal unless the condition holds."""
        if not condition:
            raise refusal

    def on_conflict(self, constraint: str, instead: Instead) -> None:
        """Answer a violation of that database constraint by this refusal: the constraint decides.

        The callable gets the session after the attempt is undone, to look for what to offer.
        """
        self.instead[constraint] = instead

    def gather(self, chain: UUID) -> None:
        """Bind every secret act of the chain so far: their count and Merkle root.

        `perform` does so for every closing act. "So far" is exact: the exclusive lock is held, and
        ids sort by time within a chain.
        """
        commitments = self.session.scalars(
            select(Record.commitment).where(
                Record.chain == chain, Record.seq.is_(None), Record.id < self.record_id
            )
        ).all()
        self.gathers = gathering(commitments)


def gathering(commitments: Iterable[bytes]) -> dict[str, Any]:
    """Return {count, root}: RFC 6962 root over the commitments in bytewise order."""
    leaves = [leaf_hash(c) for c in sorted(commitments)]
    return {"count": len(leaves), "root": root(leaves).hex()}
