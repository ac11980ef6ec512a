"""The gate: which session may act, as whom, and what else an act demands. Default deny."""

from __future__ import annotations

import hmac
import tomllib
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from pathlib import Path
from uuid import UUID

from sqlalchemy import bindparam, select

from monitor.record.platform import Platform
from monitor.record.standing import Appointment
from monitor.refusal import NotAllowed, Refusal
from monitor.role import Actor, Role
from trading.account.account import Account
from trading.account.credential import ConfirmFirst
from trading.account.limit.draft import Drafts
from trading.account.limit.seen import LastSeen
from trading.account.proof.mask import Masks
from trading.account.proof.vault import Vault
from trading.account.session import AccountSession, Policy, SignedOut, token_digest
from trading.notice.moment import is_closed

_DEMAND = tomllib.loads(Path(__file__).with_name("account.toml").read_text("utf-8"))
CONFIRM: tuple[str, ...] = tuple(_DEMAND["confirm"])
MASKED: tuple[str, ...] = tuple(_DEMAND["masked"])

PSEUDONYMS = {Role.TENDERER: "p-", Role.EXPERT: "e-"}
"""Who may hide behind a mask, and what theirs begin with. Nobody of the centre ever does."""


OPEN = (
    select(AccountSession, Account, Appointment)
    .join(Account, Account.id == AccountSession.account)
    .join(Appointment, Appointment.id == AccountSession.appointment)
    .where(AccountSession.digest == bindparam("digest"))
)
"""Asked with every request, so put together once."""


class EnrolFirst(Refusal):
    """This office asks for a second factor, and the account has none yet."""

    code = "enrol"

    def __init__(self) -> None:
        super().__init__(
            "请先启用动态验证码 / set up one-time codes first", rule="account.enrol_totp"
        )


class OfficeEnded(NotAllowed):
    """The appointment that the session acts under was ended: switch to another, or sign out."""

    def __init__(self) -> None:
        super().__init__("任职已终止 / this appointment has ended", rule="party.dismiss")


class SignedInAgain(Refusal):
    """What was typed before the session ended stands here again, and nothing of it is done."""

    code = "again"

    def __init__(self) -> None:
        super().__init__(
            "您已重新登录；先前填写的内容尚未办理，请核对后再提交 / "
            "you signed in again; what you had typed is not done yet: check it and send it",
            rule="account.sign_in",
        )


class Forged(NotAllowed):
    """A form that this session's own pages did not make."""

    def __init__(self) -> None:
        super().__init__(
            "此页早于当前登录，未办理；请核对后再提交 / "
            "this page is older than your session and was not done: check it and send it again",
            rule="csrf",
        )


@dataclass(frozen=True, slots=True)
class Pass:
    """A session that is open now, and the office it acts under."""

    session: UUID
    account: UUID
    person: UUID
    appointment: UUID
    actor: Actor | None
    """None when the office has ended: nothing can be done but switch or sign out."""
    enrolled: bool
    created: datetime
    ends: datetime
    confirmed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Ended:
    """A session that is over: whose it was, and the office that it acted under."""

    session: UUID
    account: UUID
    appointment: UUID
    role: Role


@dataclass(frozen=True, slots=True)
class Gate:
    """Answers, once a request, who is there."""

    platform: Platform
    vault: Vault
    seen: LastSeen
    drafts: Drafts
    policy: Policy

    def enter(self, token: str) -> Pass:
        """Return the open session of a token, and count it as used; raises SignedOut."""
        now = self.platform.clock.now()
        found = self._found(token, now)
        if not self.seen.use(found.session, found.created, now, self.policy.idle):
            raise SignedOut
        return found

    def ended(self, token: str) -> Ended | None:
        """Return whose session a token was; None for one that never was. It opens nothing."""
        with self.platform.read() as session:
            row = session.execute(OPEN, {"digest": token_digest(token)}).one_or_none()
            if row is None:
                return None
            found, account, office = row
            return Ended(found.id, account.id, office.id, Role(office.role))

    def actor_of(self, token: str, appointment: UUID | None = None) -> Actor:
        """Return who acts. `appointment` is the one that the page was made for, if it says.

        Raises SignedOut, NotAllowed for another or an ended appointment, EnrolFirst.
        """
        return self._actor(self.enter(token), appointment)

    def admit(
        self,
        token: str,
        action: str,
        *,
        appointment: UUID | None = None,
        project: UUID | None = None,
        ticket: str = "",
    ) -> Actor:
        """Return who may do this action now: masked if a ticket says so, and it is done masked.

        Raises what actor_of raises, ConfirmFirst, NotAllowed without the pseudonym it asks for.
        """
        found = self.enter(token)
        actor = self._actor(found, appointment)
        if _listed(action, CONFIRM):
            self.require_confirmed(found)
        if actor.role is Role.TENDERER and not self._is_masked(action, project):
            return actor
        if project is not None and ticket:
            return self._masked(found, actor, project, ticket)
        if actor.role is Role.TENDERER:
            raise NotAllowed(
                "请先证明持有投标密钥 / prove your bid key first",
                rule="招标投标法 22",
                field="ticket",
            )
        return actor

    def _is_masked(self, action: str, project: UUID | None) -> bool:
        """Tell whether a tenderer does this under a pseudonym alone: by list, and before CLOSE all.

        A record of one's own name would tell, before CLOSE, who takes part.
        """
        if _listed(action, MASKED):
            return True
        if project is None:
            return False
        with self.platform.read() as session:
            return not is_closed(session, project)

    def require_confirmed(self, found: Pass) -> None:
        """Raise ConfirmFirst unless the person proved themselves of late."""
        at, now = found.confirmed_at, self.platform.clock.now()
        if at is None or now - at > self.policy.confirmed:
            raise ConfirmFirst

    def csrf(self, token: str) -> str:
        """Return what every form of this session carries (before sign-in: of a random cookie)."""
        return self.vault.mac("csrf", token.encode("utf-8", "replace")).hex()

    def require_csrf(self, token: str, given: str) -> None:
        """Raise Forged unless the form is of this very session."""
        if not token or not hmac.compare_digest(self.csrf(token).encode(), given.encode()):
            raise Forged

    def challenge(self, token: str, project: UUID) -> str:
        """Return what the bid key has to sign (see proof/mask.py) to act under its mask here."""
        found = self.enter(token)
        return Masks(self.vault).challenge(found.session, project, self.platform.clock.now())

    def prove_mask(
        self, token: str, project: UUID, public_key: bytes, challenge: str, signature: bytes
    ) -> str:
        """Return the ticket under which this session acts masked in the project until it ends.

        Nothing is kept of it here. Raises SignedOut, NotAllowed.
        """
        found, masks, now = self.enter(token), Masks(self.vault), self.platform.clock.now()
        mask = masks.prove(found.session, project, public_key, challenge, signature, now)
        return masks.ticket(found.session, project, mask, found.ends)

    def vouch(self, token: str, project: UUID, mask: str) -> str:
        """Return a ticket for a mask that the caller has seen proven (an expert's drawn place)."""
        found = self.enter(token)
        return Masks(self.vault).ticket(found.session, project, mask, found.ends)

    def masked(self, token: str, project: UUID, ticket: str) -> Actor:
        """Return who acts under a proven pseudonym in the project. Raises what admit raises."""
        found = self.enter(token)
        return self._masked(found, self._actor(found, None), project, ticket)

    def _actor(self, found: Pass, appointment: UUID | None) -> Actor:
        if found.actor is None:
            raise OfficeEnded
        if appointment is not None and appointment != found.appointment:
            raise NotAllowed(
                "此页属于另一身份，请刷新 / this page is of another of your offices: reload",
                rule="account.switch",
            )
        if found.actor.role in self.policy.second_factor and not found.enrolled:
            raise EnrolFirst
        return found.actor

    def _masked(self, found: Pass, actor: Actor, project: UUID, ticket: str) -> Actor:
        mask = Masks(self.vault).mask(found.session, project, ticket, self.platform.clock.now())
        if not mask.startswith(PSEUDONYMS.get(actor.role, "none ")):
            raise NotAllowed(
                "此角色不得以假名办理 / this role acts under its own name", rule="招标投标法 22"
            )
        return Actor(actor.person, actor.org, actor.role, mask)

    def _found(self, token: str, now: datetime) -> Pass:
        with self.platform.read() as session:
            row = session.execute(OPEN, {"digest": token_digest(token)}).one_or_none()
            if row is None:
                raise SignedOut
            found, account, office = row
            return _pass(found, account, office, now)


def _pass(row: AccountSession, account: Account, office: Appointment, now: datetime) -> Pass:
    if row.revoked_at is not None or row.ends <= now:
        raise SignedOut
    runs = office.since <= now and (office.until is None or office.until > now)
    his = runs and office.person == account.person
    return Pass(
        row.id, account.id, account.person, office.id,
        Actor(office.person, office.org, Role(office.role)) if his else None,
        account.totp is not None, row.created, row.ends, row.confirmed_at,
    )  # fmt: skip


def _listed(action: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(action, pattern) for pattern in patterns)
