"""The account of a person: a name to sign in with, a password's hash, a sealed second factor.

One person, one account; what they may do hangs on their appointments, never on the account.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from monitor.record.standing import Appointment
from monitor.record.table import Recorded
from monitor.refusal import Invalid

_NAME = re.compile(r"[\w.@-]{3,64}")


class Account(Recorded):
    """A person's account. `password` is an argon2id string, None until the invitation is used."""

    __tablename__ = "account"
    __table_args__ = (
        UniqueConstraint("person"),
        UniqueConstraint("name"),
        CheckConstraint("password LIKE '$argon2id$%'", name="password"),
    )
    person: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    name: Mapped[str]
    password: Mapped[str | None]
    totp: Mapped[bytes | None]
    """The second factor's secret, sealed under the vault; None until enrolled."""
    totp_step: Mapped[int]
    """The last half-minute whose code was accepted: no code is good twice (RFC 6238 §5.2)."""

    def __repr__(self) -> str:
        """Name the row alone."""
        return f"<Account {self.id}>"


class RecoveryCode(Recorded):
    """A code to be used once in place of the second factor; only its digest is kept."""

    __tablename__ = "recovery_code"
    __table_args__ = (
        UniqueConstraint("account", "digest"),
        CheckConstraint("octet_length(digest) = 32", name="digest"),
    )
    account: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    digest: Mapped[bytes]
    used_at: Mapped[datetime | None]


class Invitation(Recorded):
    """Leave to set a password once, by a token of which only the digest is kept."""

    __tablename__ = "account_invitation"
    __table_args__ = (
        UniqueConstraint("digest"),
        CheckConstraint("octet_length(digest) = 32", name="digest"),
    )
    account: Mapped[UUID] = mapped_column(ForeignKey("account.id"), index=True)
    digest: Mapped[bytes]
    made_by: Mapped[UUID]
    ends: Mapped[datetime]
    used_at: Mapped[datetime | None]
    void_at: Mapped[datetime | None]


def normal_name(typed: str) -> str | None:
    """Return the one form of a name to sign in with, or None for what can be none."""
    name = unicodedata.normalize("NFKC", typed[:256]).strip().casefold()
    return name if _NAME.fullmatch(name) else None


def required_name(typed: str) -> str:
    """Return the one form of the name; raises Invalid."""
    name = normal_name(typed)
    if name is None:
        raise Invalid(
            "name",
            "登录名为3至64个字母、数字或 . _ @ - / a name of 3 to 64 letters, digits or . _ @ -",
        )
    return name


def account_named(session: Session, typed: str) -> Account | None:
    """Return the account that signs in under this name, if any."""
    return session.scalar(select(Account).where(Account.name == (normal_name(typed) or "")))


def running(session: Session, person: UUID, now: datetime) -> list[Appointment]:
    """Return a person's appointments that run now, oldest first."""
    return list(
        session.scalars(
            select(Appointment)
            .where(Appointment.person == person, Appointment.since <= now)
            .where((Appointment.until.is_(None)) | (Appointment.until > now))
            .order_by(Appointment.since, Appointment.id)
        )
    )
