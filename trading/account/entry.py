"""Coming and going: sign in, confirm, switch office, sign out, revoke, expel. All on record.

Hashing takes long, so passwords and codes are checked by the door before the transaction. What was
checked comes in as a Proof, and holds only while the row still says the same.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from monitor.log.canonical import canonical
from monitor.record.act import Act
from monitor.record.action import Visibility, action
from monitor.record.identity import new_id
from monitor.record.standing import Appointment
from monitor.refusal import NotAllowed, NotFound, Refusal
from monitor.role import Role
from trading.account.account import Account, RecoveryCode
from trading.account.proof.vault import Vault
from trading.account.session import MAX_LABEL, AccountSession, end_sessions

EVERYBODY = tuple(role for role in Role if role is not Role.SYSTEM)
ANYBODY = tuple(Role)


class Wrong(NotAllowed):
    """Name, password or code is wrong; which of them, and whether the name exists, is not told."""

    def __init__(self) -> None:
        super().__init__(
            "登录名、口令或验证码有误 / name, password or code is wrong", rule="account.sign_in"
        )


@dataclass(frozen=True, slots=True)
class Proof:
    """What the door found right: the hash that the password fitted, and a step or a code."""

    account: UUID
    password: str = field(repr=False)
    step: int | None = None
    recovery: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Trace:
    """Where an attempt came from. The address goes into no record but as a salted digest."""

    address: str = field(repr=False)
    vault: Vault = field(repr=False)

    def digest(self, record: UUID) -> dict[str, str]:
        """Return the digest for that record, salted by what only the vault can make.

        A refused act keeps no private opening; this one is made again by whoever has the vault.
        """
        salt = self.vault.mac("trace", record.bytes)[:16]
        return {"sha256": hashlib.sha256(salt + canonical(self.address)).hexdigest()}


@dataclass(frozen=True, slots=True)
class Tried:
    """An attempt as the door judged it: the proof, or why not (for the record alone)."""

    trace: Trace
    account: UUID | None = None
    proof: Proof | None = None
    refusal: Refusal | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Opening:
    """A session to be opened; `replaces` is the digest of a token that the browser still held."""

    digest: bytes = field(repr=False)
    appointment: UUID
    label: str
    lasting: timedelta
    replaces: bytes | None = field(default=None, repr=False)


@action("account.sign_in", by=ANYBODY, visibility=Visibility.SECRET, standing=False)
def sign_in(act: Act, *, tried: Tried, opening: Opening | None) -> AccountSession | None:
    """Open a session by a good proof. Raises Wrong, or the refusal that the door came to."""
    account = _accepted(act, tried)
    if opening is None:
        raise Wrong
    _require_office(act, account.person, opening.appointment)
    if opening.replaces is not None:
        _end_held(act, account.id, opening.replaces)
    row = AccountSession(
        id=new_id(act.now), account=account.id, appointment=opening.appointment,
        digest=opening.digest, label=opening.label[:MAX_LABEL], created=act.now,
        ends=act.now + opening.lasting, confirmed_at=act.now, revoked_at=None,
    )  # fmt: skip
    act.session.add(row)
    act.note(session=str(row.id), appointment=str(row.appointment))
    act.note_private(address=tried.trace.address)
    return row


@action("account.confirm", by=EVERYBODY, visibility=Visibility.SECRET, standing=False)
def confirm(act: Act, *, session: UUID, tried: Tried) -> None:
    """Prove oneself anew before a weighty act. Raises Wrong, NotFound."""
    account = _accepted(act, tried)
    row = own_session(act, session)
    act.require(row.account == account.id, Wrong())
    row.confirmed_at = act.now
    act.note(session=str(row.id))
    act.note_private(address=tried.trace.address)


@action("account.switch", by=EVERYBODY, visibility=Visibility.SECRET, standing=False)
def switch(act: Act, *, session: UUID, appointment: UUID) -> None:
    """Act under another of one's appointments from now on (the actor is already of that one)."""
    row = own_session(act, session)
    _require_office(act, act.actor.person, appointment)
    row.appointment = appointment
    row.confirmed_at = None
    act.note(subject=str(row.account), session=str(row.id), appointment=str(appointment))


@action("account.sign_out", by=ANYBODY, visibility=Visibility.SECRET, standing=False)
def sign_out(act: Act, *, session: UUID) -> None:
    """End a session. By the system where the appointment has ended and nobody else can act."""
    row = act.session.get(AccountSession, session, with_for_update=True)
    if row is None or row.revoked_at is not None:
        raise _no_session()
    if act.actor.role is not Role.SYSTEM:
        row = own_session(act, session)
    row.revoked_at = act.now
    act.note(subject=str(row.account), session=str(row.id))


@action("account.revoke", by=EVERYBODY, visibility=Visibility.SECRET, standing=False)
def revoke(act: Act, *, sessions: tuple[UUID, ...]) -> None:
    """End sessions of one's own on other devices. Raises NotFound for anybody else's."""
    for session in sessions:
        row = own_session(act, session)
        row.revoked_at = act.now
        act.note(subject=str(row.account))
    act.note(sessions=[str(session) for session in sessions])


_KEEPERS = (Role.ADMINISTRATOR, Role.SYSTEM)


@action("account.expel", by=_KEEPERS, visibility=Visibility.SECRET, standing=False)
def expel(act: Act, *, person: UUID) -> int:
    """End all sessions of a person; return how many. Signing in again is theirs to do.

    Seen at once by inspectors: nobody is put out quietly before a deadline.
    """
    account = act.session.scalar(select(Account).where(Account.person == person).with_for_update())
    if account is None:
        raise NotFound("没有此账号 / no such account", field="person")
    ended = end_sessions(act.session, account.id, act.now)
    act.note(subject=str(account.id), person=str(person), sessions=ended)
    return ended


def own_session(act: Act, session: UUID) -> AccountSession:
    """Return the actor's own open session, locked; raises NotFound."""
    row = act.session.get(AccountSession, session, with_for_update=True)
    if row is None or row.revoked_at is not None or row.ends <= act.now:
        raise _no_session()
    owner = act.session.get(Account, row.account)
    if owner is None or owner.person != act.actor.person:
        raise _no_session()
    return row


def proven(act: Act, proof: Proof) -> Account:
    """Return the account if the proof still holds, and use its code up; raises Wrong."""
    row = act.session.get(Account, proof.account, with_for_update=True)
    if row is None or row.password != proof.password:
        raise Wrong
    if row.totp is not None and proof.recovery is not None:
        _use_recovery(act, row.id, proof.recovery)
    elif row.totp is not None:
        act.require(proof.step is not None and proof.step > row.totp_step, Wrong())
        row.totp_step = proof.step or 0
    return row


def _accepted(act: Act, tried: Tried) -> Account:
    act.attempt(
        subject=str(tried.account or ""),
        reason=tried.reason,
        address=tried.trace.digest(act.record_id),
    )
    if tried.refusal is not None:
        raise tried.refusal
    if tried.proof is None:
        raise Wrong
    return proven(act, tried.proof)


def _require_office(act: Act, person: UUID, appointment: UUID) -> None:
    """Raise unless the appointment is this person's and the very one that the actor acts under."""
    found = act.session.get(Appointment, appointment)
    claimed = (person, act.actor.person, act.actor.org, act.actor.role.value)
    if found is None or (found.person, found.person, found.org, found.role) != claimed:
        raise NotAllowed("不是您的任职 / not an appointment of yours", field="appointment")
    if found.since > act.now or (found.until is not None and found.until <= act.now):
        raise NotAllowed("任职已终止 / this appointment has ended", field="appointment")


def _use_recovery(act: Act, account: UUID, digest: bytes) -> None:
    code = act.session.scalar(
        select(RecoveryCode)
        .where(RecoveryCode.account == account, RecoveryCode.digest == digest)
        .with_for_update()
    )
    if code is None or code.used_at is not None:
        raise Wrong
    code.used_at = act.now
    act.note(recovery_code=str(code.id))


def _end_held(act: Act, account: UUID, digest: bytes) -> None:
    row = act.session.scalar(
        select(AccountSession).where(
            AccountSession.digest == digest, AccountSession.account == account
        )
    )
    if row is not None and row.revoked_at is None:
        row.revoked_at = act.now


def _no_session() -> NotFound:
    return NotFound("没有此登录 / no such session", field="session")
