"""Keeping an account: everything but coming in, for its owner, the invited, the administrator."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from monitor.clock import Clock
from monitor.record.platform import Platform
from monitor.record.standing import Appointment
from monitor.refusal import NotFound, Refusal
from monitor.role import SYSTEM, Actor, Role
from monitor.runtime.valkey import connect
from trading.account import credential, entry
from trading.account.account import Account, Invitation, running
from trading.account.credential import Chosen
from trading.account.door import Door, totp_context
from trading.account.entry import Proof, Trace, Tried
from trading.account.gate import Gate, OfficeEnded, Pass
from trading.account.limit.draft import Drafts
from trading.account.limit.limiter import Limiter
from trading.account.limit.seen import LastSeen
from trading.account.proof import code as codes
from trading.account.proof.device import Source, normal_address
from trading.account.proof.password import Hasher, Lane, require_good
from trading.account.proof.vault import BrokenSeal, Vault
from trading.account.session import Policy, open_sessions, token_digest
from trading.registration.party import Organisation, Person


@dataclass(frozen=True, slots=True)
class Offer:
    """A second factor to try: for the QR code, and for the form that confirms it."""

    address: str = field(repr=False)
    secret: str = field(repr=False)
    ticket: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Device:
    """One of a person's open sessions, for their list of devices."""

    session: UUID
    label: str
    since: datetime
    ends: datetime


@dataclass(frozen=True, slots=True)
class Keeping:
    """What people do with accounts once they are in, or were invited."""

    door: Door
    gate: Gate

    @property
    def platform(self) -> Platform:
        """The platform that records it."""
        return self.door.platform

    def confirm(self, token: str, password: str, code: str, source: Source) -> None:
        """Prove oneself anew, for five minutes. Raises Wrong, TooMany, Busy, SignedOut."""
        found, trace = self.gate.enter(token), self._trace(source)
        charges = self.door.limiter.of_session(found.session.bytes)
        self.door.limiter.admit(charges, self.door.wall.now())
        proof, reason = self._judged(found, password, code)
        tried = Tried(trace, found.account, proof, reason=reason)
        self.platform.perform(
            entry.confirm, _actor(found), None, session=found.session, tried=tried
        )
        self.door.limiter.forgive(charges)

    def switch(self, token: str, appointment: UUID) -> None:
        """Act under another of one's appointments. Raises NotFound, NotAllowed, SignedOut."""
        found = self.gate.enter(token)
        office = next((each for each in self.offices(token) if each.id == appointment), None)
        if office is None:
            raise NotFound("没有此任职 / no such appointment of yours", field="appointment")
        actor = Actor(office.person, office.org, Role(office.role))
        self.platform.perform(
            entry.switch, actor, None, session=found.session, appointment=appointment
        )

    def offices(self, token: str) -> Sequence[Appointment]:
        """Return the appointments that the person may choose from."""
        person = self.gate.enter(token).person
        with self.platform.read() as session:
            found = running(session, person, self.platform.clock.now())
            session.expunge_all()
            return found

    def sign_out(self, token: str) -> None:
        """End this session."""
        found = self.gate.enter(token)
        actor = found.actor or SYSTEM
        self.platform.perform(entry.sign_out, actor, None, session=found.session)
        self.gate.seen.forget([found.session])

    def devices(self, token: str) -> list[Device]:
        """Return the person's open sessions, newest first."""
        account = self.gate.enter(token).account
        with self.platform.read() as session:
            rows = open_sessions(session, account, self.platform.clock.now())
            return [Device(row.id, row.label, row.created, row.ends) for row in rows]

    def revoke(self, token: str, sessions: tuple[UUID, ...]) -> None:
        """End one's own sessions elsewhere. Raises NotFound for anybody else's."""
        found = self.gate.enter(token)
        self.platform.perform(entry.revoke, _actor(found), None, sessions=sessions)
        self.gate.seen.forget(sessions)

    def invite(self, by: Actor, person: UUID, name: str) -> str:
        """Return a token, to be handed to that person alone, with which to set a password once."""
        token = self.door.new_token()
        self.platform.perform(
            credential.invite, by, None, person=person, name=name, digest=token_digest(token),
            lasting=self.door.policy.invitation,
        )  # fmt: skip
        return token

    def admit_stranger(self, source: Source) -> None:
        """Let a stranger in, by the counter of the address alone. Raises TooMany, NoCounter."""
        visitor = self.door.limiter.visitor("", normal_address(source.address), None)
        charges = self.door.limiter.of_address(visitor)
        self.door.limiter.admit(charges, self.door.wall.now())

    def set_password(self, invitation: str, password: str, source: Source) -> str:
        """Set a password by an invitation; return the device cookie: this device is known now.

        Raises BadInvitation, Invalid, TooMany, NoCounter, Busy.
        """
        trace, digest = self._trace(source), token_digest(invitation)
        visitor = self.door.limiter.visitor("", trace.address, None)
        charges = self.door.limiter.of_address(visitor)
        self.door.limiter.admit(charges, self.door.wall.now())
        account = self._invited(digest)
        chosen = self._chosen(account, password) if account else Chosen("")
        done = self.platform.perform(
            credential.set_password, SYSTEM, None, invitation=digest, chosen=chosen, trace=trace
        )
        self.door.limiter.forgive(charges)
        return self.door.devices.renewed(source.device, done, self.door.wall.now())

    def change_password(self, token: str, present: str, code: str, password: str) -> None:
        """Change one's password by the present one. Raises Wrong, Invalid, TooMany, Busy."""
        found = self.gate.enter(token)
        charges = self.door.limiter.of_session(found.session.bytes)
        self.door.limiter.admit(charges, self.door.wall.now())
        proof, _ = self._judged(found, present, code)
        chosen = self._chosen(found.account, password) if proof else Chosen("")
        self.platform.perform(
            credential.change_password, _actor(found), None,
            session=found.session, proof=proof, chosen=chosen,
        )  # fmt: skip
        self.door.limiter.forgive(charges)

    def offer_totp(self, token: str) -> Offer:
        """Return a new second factor to try; nothing is kept of it until it is confirmed."""
        found, secret = self.gate.enter(token), codes.new_secret()
        sealed = self.door.vault.seal(secret.encode(), _offer_context(found))
        ticket = base64.urlsafe_b64encode(sealed).decode()
        return Offer(codes.address(secret, self._account(found.account).name), secret, ticket)

    def enrol_totp(self, token: str, ticket: str, code: str) -> list[str]:
        """Take the offered second factor if the code is its; return ten recovery codes, once.

        Raises Wrong, ConfirmFirst, TooMany, SignedOut.
        """
        found = self.gate.enter(token)
        charges = self.door.limiter.of_session(found.session.bytes)
        self.door.limiter.admit(charges, self.door.wall.now())
        secret, recovery = self._offered(found, ticket), codes.new_recovery_codes()
        step = codes.step_of(secret, code, self.door.wall.now()) if secret else None
        digests = tuple(codes.recovery_digest(each) or b"" for each in recovery)
        self.platform.perform(
            credential.enrol_totp, _actor(found), None, session=found.session,
            sealed=self.door.vault.seal(secret.encode(), totp_context(found.account)),
            step=step, recovery=digests, within=self.door.policy.confirmed,
        )  # fmt: skip
        self.door.limiter.forgive(charges)
        return recovery

    def close(self) -> None:
        """Close the connections to Valkey."""
        self.door.limiter.close()
        self.gate.seen.close()

    def _judged(self, found: Pass, password: str, code: str) -> tuple[Proof | None, str]:
        return self.door.judged(self._account(found.account), password, code, Lane.KNOWN)

    def _account(self, account: UUID) -> Account:
        with self.platform.read() as session:
            found = session.get_one(Account, account)
            session.expunge_all()
            return found

    def _invited(self, digest: bytes) -> UUID | None:
        with self.platform.read() as session:
            row = session.scalar(select(Invitation).where(Invitation.digest == digest))
            if row is None or row.used_at or row.void_at:
                return None
            return row.account

    def _chosen(self, account: UUID, password: str) -> Chosen:
        try:
            require_good(password, self._own_names(account))
        except Refusal as refusal:
            return Chosen("", refusal)
        return Chosen(self.door.hasher.made(password))

    def _own_names(self, account: UUID) -> list[str]:
        with self.platform.read() as session:
            row = session.get_one(Account, account)
            orgs = [each.org for each in running(session, row.person, self.platform.clock.now())]
            names = session.scalars(select(Organisation.name).where(Organisation.id.in_(orgs)))
            return [row.name, session.get_one(Person, row.person).name, *names]

    def _offered(self, found: Pass, ticket: str) -> str:
        try:
            sealed = base64.urlsafe_b64decode(ticket)
            return self.door.vault.open(sealed, _offer_context(found)).decode()
        except (BrokenSeal, ValueError, binascii.Error):
            return ""

    def _trace(self, source: Source) -> Trace:
        return Trace(normal_address(source.address), self.door.vault)


def open_accounts(
    platform: Platform,
    vault: Vault,
    valkey_url: str,
    wall: Clock,
    policy: Policy | None = None,
    hasher: Hasher | None = None,
) -> Keeping:
    """Return the accounts of a platform, once a process: `.door`, `.gate`, and the rest itself."""
    rules, client = policy or Policy(), connect(valkey_url)
    door = Door(platform, vault, Limiter(client, vault), hasher or Hasher(), rules, wall)
    seen, drafts = LastSeen(client, vault, rules.absolute), Drafts(client, vault)
    return Keeping(door, Gate(platform, vault, seen, drafts, rules))


def _actor(found: Pass) -> Actor:
    if found.actor is None:
        raise OfficeEnded
    return found.actor


def _offer_context(found: Pass) -> str:
    return f"offer:{found.session}"
