"""A house with accounts, and people who have one, made by the platform's own acts."""

import json
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, Literal
from uuid import UUID

import pyotp
from argon2 import PasswordHasher
from sqlalchemy import select, text

from monitor.clock import MovableClock
from monitor.record.platform import Platform
from monitor.record.standing import Appointment
from monitor.role import SYSTEM, Actor, Role
from tests.builders import an_actor
from trading.account.door import Attempt, Entrance
from trading.account.keeping import Keeping, open_accounts
from trading.account.proof.device import Source
from trading.account.proof.password import Hasher
from trading.account.proof.vault import Vault
from trading.account.session import Policy

START = datetime(2026, 3, 16, 1, 0, tzinfo=UTC)
DAYS = count(1)
RECORDS = text("SELECT o.body FROM record r JOIN opening o ON o.record_id = r.id ORDER BY r.id")
HOME = "203.0.113.7"
PASSWORD = "seven herons cross at dawn"


class CountingEngine(PasswordHasher):
    """argon2id at its cheapest, that counts its work."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.checks = 0

    def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:  # noqa: A002
        self.checks += 1
        return super().verify(hash, password)


@dataclass
class Desk:
    """Platform, clock and accounts."""

    platform: Platform
    clock: MovableClock
    accounts: Keeping
    engine: CountingEngine
    vault: Vault
    valkey_url: str

    def later(self, **span: float) -> None:
        self.clock.moment += timedelta(**span)

    def attempt(self, member: "Member", **changed: object) -> Attempt:
        told: dict[str, object] = {
            "name": member.name, "password": member.password, "label": "Firefox",
        }  # fmt: skip
        if "code" not in changed:
            told["code"] = member.code(self)
        return Attempt(**(told | changed))  # type: ignore[arg-type]

    def records(self, action: str) -> list[dict[str, Any]]:
        """The records of an action, in order of time."""
        with self.platform.read() as session:
            bodies = [json.loads(body) for body in session.scalars(RECORDS)]
        return [body for body in bodies if body["action"] == action]

    def enter(
        self, member: "Member", address: str = HOME, device: str = "", **changed: object
    ) -> Entrance:
        return self.accounts.door.sign_in(self.attempt(member, **changed), Source(address, device))

    def enter_at_once(self, member: "Member", address: str, device: str = "") -> Entrance:
        """Come in by a recovery code, for which no time passes."""
        return self.enter(member, address, device, code=member.recovery.pop())

    def reopened(self, valkey_url: str, policy: Policy | None = None) -> Keeping:
        """The same accounts in another process, perhaps with Valkey elsewhere."""
        return open_accounts(
            self.platform, self.vault, valkey_url, self.clock, policy, Hasher(self.engine)
        )


@dataclass
class Member:
    """Somebody with an account."""

    actor: Actor
    appointment: UUID
    name: str
    password: str = field(default=PASSWORD, repr=False)
    secret: str = field(default="", repr=False)
    recovery: list[str] = field(default_factory=list, repr=False)

    def code(self, desk: Desk) -> str:
        """The code that the authenticator shows, a step after any that was used."""
        if not self.secret:
            return ""
        desk.later(seconds=30)
        return pyotp.TOTP(self.secret).at(desk.clock.moment)


def a_desk(app_url: str, valkey_url: str) -> Desk:
    clock = MovableClock(START + timedelta(days=1000 * next(DAYS)))
    platform = Platform(app_url, clock)
    vault, engine = Vault(secrets.token_urlsafe(32)), CountingEngine()
    accounts = open_accounts(platform, vault, valkey_url, clock, hasher=Hasher(engine))
    return Desk(platform, clock, accounts, engine, vault, valkey_url)


def appointment_of(desk: Desk, actor: Actor) -> UUID:
    with desk.platform.read() as session:
        found = session.scalars(
            select(Appointment.id).where(
                Appointment.person == actor.person, Appointment.role == actor.role.value
            )
        )
        return found.one()


def an_invited(desk: Desk, role: Role = Role.TENDERER) -> tuple[Member, str]:
    """Somebody appointed and invited, and the invitation."""
    actor = an_actor(desk.platform, role)
    name = f"user-{secrets.token_hex(6)}"
    token = desk.accounts.invite(SYSTEM, actor.person, name)
    return Member(actor, appointment_of(desk, actor), name), token


def a_newcomer(desk: Desk, role: Role = Role.TENDERER, address: str = HOME) -> Member:
    """Somebody with a password and no second factor yet."""
    member, invitation = an_invited(desk, role)
    desk.accounts.set_password(invitation, member.password, Source(address))
    return member


def a_member(desk: Desk, role: Role = Role.TENDERER, address: str = HOME) -> Member:
    """Somebody with a password and a second factor, who has signed in from the address."""
    member = a_newcomer(desk, role, address)
    enrol(desk, member, desk.enter(member, address).token)
    desk.later(minutes=1)
    return member


def enrol(desk: Desk, member: Member, token: str) -> None:
    offer = desk.accounts.offer_totp(token)
    code = pyotp.TOTP(offer.secret).at(desk.clock.moment)
    member.recovery = desk.accounts.enrol_totp(token, offer.ticket, code)
    member.secret = offer.secret
