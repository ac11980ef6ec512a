"""The door: what happens before anybody is anybody, and all that needs a secret in the clear.

Limits, hashing and codes come first, outside of any transaction; then one act is performed, done or
refused, and that is the record. Known and unknown names go the same way and cost the same.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import NoReturn
from uuid import UUID

from monitor.clock import Clock
from monitor.record.platform import Platform
from monitor.record.standing import Appointment
from monitor.refusal import NotAllowed, Refusal
from monitor.role import SYSTEM, Actor, Role
from trading.account.account import Account, account_named, normal_name, running
from trading.account.entry import Opening, Proof, Trace, Tried, Wrong, sign_in
from trading.account.limit.counter import Charge
from trading.account.limit.limiter import Limiter, TooMany
from trading.account.proof.code import new_secret, pair_step_of, recovery_digest, step_of
from trading.account.proof.device import Devices, Source, normal_address
from trading.account.proof.password import Hasher, Lane
from trading.account.proof.vault import Vault
from trading.account.session import Policy, token_digest

_TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True)
class Attempt:
    """A sign-in form as typed; without `appointment` the oldest. `held`: the cookie's old token."""

    name: str = field(repr=False)
    password: str = field(repr=False)
    code: str = field(default="", repr=False)
    label: str = ""
    appointment: UUID | None = None
    held: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Entrance:
    """Somebody is in: what goes into the session's and the device's cookie, and what to say."""

    token: str = field(repr=False)
    device: str = field(repr=False)
    session: UUID
    appointment: UUID
    ends: datetime
    new_device: bool
    """Neither this device nor this address had signed in to the account before: tell its owner."""


@dataclass(frozen=True, slots=True)
class Door:
    """Lets people in. `wall` is real time even in a demo folder: codes and delays go by it."""

    platform: Platform
    vault: Vault
    limiter: Limiter
    hasher: Hasher
    policy: Policy
    wall: Clock

    @property
    def devices(self) -> Devices:
        """The maker of device cookies."""
        return Devices(self.vault)

    def sign_in(self, attempt: Attempt, source: Source) -> Entrance:
        """Let somebody in; every outcome is on record.

        Raises Wrong, TooMany, NoCounter, Busy, NotAllowed without an appointment that runs.
        """
        now = self.wall.now()
        found = self._found(attempt.name)
        device = self.devices.known(source.device, found.id, now) if found else None
        address = normal_address(source.address)
        visitor = self.limiter.visitor(normal_name(attempt.name) or "", address, device)
        known, charges = self.limiter.knows(visitor), self.limiter.charges(visitor)
        account = found.id if found else None
        shown = self._shows_two_codes(found, attempt.code, now)
        if shown:
            charges = self.limiter.shown(visitor, charges)
        self.pay(charges, Tried(Trace(address, self.vault), account))
        lane = Lane.KNOWN if known or shown else Lane.STRANGER
        proof, reason = self.judged(found, attempt.password, attempt.code, lane)
        tried = Tried(Trace(address, self.vault), account, proof, reason=reason)
        if found is None or proof is None:
            self._refuse(tried)
        entrance = self._open(attempt, source, found, tried, new_device=not known)
        self.limiter.forgive(charges)
        self.limiter.remember(visitor)
        return entrance

    def pay(self, charges: list[Charge], tried: Tried) -> None:
        """Pay for an attempt; raises TooMany (the first of each wait is recorded), NoCounter."""
        try:
            self.limiter.admit(charges, self.wall.now())
        except TooMany as refusal:
            if not self.limiter.first_refused(charges, refusal.wait):
                raise
            self._refuse(Tried(tried.trace, tried.account, refusal=refusal, reason="limit"))

    def judged(
        self, account: Account | None, password: str, code: str, lane: Lane
    ) -> tuple[Proof | None, str]:
        """Return the proof, or None and why, for the record alone. One hash, whoever it is.

        Raises Busy.
        """
        kept = account.password if account else None
        fits = self.hasher.fits(kept, password, lane)
        if account is None or kept is None:
            return None, "unknown"
        if not fits:
            return None, "password"
        proof = self._with_code(account, kept, code)
        return proof, "" if proof else "code"

    def new_token(self) -> str:
        """Return a token of 256 random bits."""
        return secrets.token_urlsafe(_TOKEN_BYTES)

    def _shows_two_codes(self, account: Account | None, code: str, now: datetime) -> bool:
        """Tell whether two codes in a row came, which only the account's authenticator shows.

        Neither what is answered nor the work done for it tells whether there is such an account.
        """
        if account is None or account.totp is None:
            pair_step_of(new_secret(), code, now)
            return False
        secret = self.vault.open(account.totp, totp_context(account.id)).decode()
        return pair_step_of(secret, code, now, after=account.totp_step) is not None

    def _with_code(self, account: Account, kept: str, code: str) -> Proof | None:
        if account.totp is None:
            return Proof(account.id, kept)
        secret = self.vault.open(account.totp, totp_context(account.id)).decode()
        now = self.wall.now()
        step = step_of(secret, code, now, after=account.totp_step)
        if step is None:
            step = pair_step_of(secret, code, now, after=account.totp_step)
        recovery = recovery_digest(code)
        if step is None and recovery is None:
            return None
        return Proof(account.id, kept, step, recovery)

    def _found(self, name: str) -> Account | None:
        with self.platform.read() as session:
            found = account_named(session, name)
            session.expunge_all()
            return found

    def _offices(self, person: UUID) -> list[Appointment]:
        with self.platform.read() as session:
            found = running(session, person, self.platform.clock.now())
            session.expunge_all()
            return found

    def _open(
        self, attempt: Attempt, source: Source, account: Account, tried: Tried, *, new_device: bool
    ) -> Entrance:
        office = next(
            (
                each
                for each in self._offices(account.person)
                if attempt.appointment in {None, each.id}
            ),
            None,
        )
        if office is None:
            self._refuse(Tried(tried.trace, account.id, refusal=_no_office(), reason="office"))
        token = self.new_token()
        opening = Opening(
            token_digest(token), office.id, attempt.label, self.policy.absolute,
            token_digest(attempt.held) if attempt.held else None,
        )  # fmt: skip
        actor = Actor(office.person, office.org, Role(office.role))
        row = self.platform.perform(sign_in, actor, None, tried=tried, opening=opening)
        if row is None:
            raise Wrong
        cookie = self.devices.renewed(source.device, account.id, self.wall.now())
        return Entrance(token, cookie, row.id, office.id, row.ends, new_device)

    def _refuse(self, tried: Tried) -> NoReturn:
        self.platform.perform(sign_in, SYSTEM, None, tried=tried, opening=None)
        raise Wrong


def totp_context(account: UUID) -> str:
    """Return what a second factor's secret is sealed to: it opens for no other account."""
    return f"totp:{account}"


def _no_office() -> Refusal:
    return NotAllowed(
        "您目前没有有效任职 / you hold no appointment that runs now", rule="party.appoint"
    )
