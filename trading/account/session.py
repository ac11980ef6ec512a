"""Sessions: a device on which a person is signed in, until a limit, a revocation or a dismissal.

The row is written by recorded acts alone and is the truth about the absolute limit. When a session
was last used is no fact for the record: it stands in Valkey (see limit/seen.py), so that a request
writes nothing at rest here.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from monitor.record.table import Recorded
from monitor.refusal import Refusal
from monitor.role import Role

MAX_LABEL = 120


class SignedOut(Refusal):
    """Nobody is signed in by this token (any more)."""

    code = "signed_out"

    def __init__(self) -> None:
        super().__init__("请先登录 / sign in first", rule="account.sign_in")


@dataclass(frozen=True, slots=True)
class Policy:
    """How long sessions last, and whose need a second factor; a demo folder may set its own."""

    absolute: timedelta = timedelta(hours=8)
    idle: timedelta = timedelta(minutes=30)
    confirmed: timedelta = timedelta(minutes=5)
    invitation: timedelta = timedelta(hours=72)
    second_factor: frozenset[Role] = frozenset(Role)


class AccountSession(Recorded):
    """One signed-in device. `appointment` is the one acted under; the token is kept as SHA-256."""

    __tablename__ = "account_session"
    __table_args__ = (
        UniqueConstraint("digest"),
        CheckConstraint("octet_length(digest) = 32", name="digest"),
        CheckConstraint("length(label) <= 120", name="label"),
        CheckConstraint("ends > created", name="ends"),
    )
    account: Mapped[UUID] = mapped_column(ForeignKey("account.id"), index=True)
    appointment: Mapped[UUID] = mapped_column(ForeignKey("appointment.id"))
    digest: Mapped[bytes]
    label: Mapped[str]
    created: Mapped[datetime]
    ends: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    """When the person last proved themselves whole: at sign-in, or by `account.confirm`."""
    revoked_at: Mapped[datetime | None]


def token_digest(token: str) -> bytes:
    """Return what is kept of a token. A token has 256 random bits, so plain SHA-256 is enough."""
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()


def session_of(session: Session, token: str) -> AccountSession | None:
    """Return the row of a token, whatever its state."""
    return session.scalar(
        select(AccountSession).where(AccountSession.digest == token_digest(token))
    )


def open_sessions(session: Session, account: UUID, now: datetime) -> list[AccountSession]:
    """Return an account's sessions that are neither revoked nor past their limit, newest first."""
    return list(
        session.scalars(
            select(AccountSession)
            .where(AccountSession.account == account, AccountSession.revoked_at.is_(None))
            .where(AccountSession.ends > now)
            .order_by(AccountSession.created.desc(), AccountSession.id)
        )
    )


def end_sessions(
    session: Session, account: UUID, now: datetime, besides: UUID | None = None
) -> int:
    """End all open sessions of an account, but one; return how many."""
    ended = [row for row in open_sessions(session, account, now) if row.id != besides]
    for row in ended:
        row.revoked_at = now
    return len(ended)
