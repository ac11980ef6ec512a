"""Credentials: an invitation, the password set by it, its change, and the second factor.

The administrator gives out invitations and never a password, and into a sealed office not even
those: there a colleague does. Plain passwords, tokens, secrets and codes stay with the door and
come in here hashed, digested or sealed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, select, update

from monitor.record.act import Act
from monitor.record.action import Visibility, action
from monitor.record.identity import new_id
from monitor.refusal import Conflict, NotAllowed, NotFound, Refusal
from monitor.role import SEALED_ROLES, Role
from trading.account.account import Account, Invitation, RecoveryCode, required_name
from trading.account.entry import EVERYBODY, Proof, Trace, Wrong, own_session, proven
from trading.account.office.candidacy import RULE, sealed_offices
from trading.account.session import end_sessions
from trading.registration.party import Person


class ConfirmFirst(Refusal):
    """The person has not proven themselves of late; `account.confirm` comes first."""

    code = "confirm"

    def __init__(self) -> None:
        super().__init__("请先再次验证身份 / confirm that it is you first", rule="account.confirm")


class BadInvitation(NotAllowed):
    """An invitation that was used, replaced, is too old, or never was."""

    def __init__(self) -> None:
        super().__init__(
            "邀请无效或已使用 / the invitation is not valid or was used",
            rule="account.invite",
            field="invitation",
        )


@dataclass(frozen=True, slots=True)
class Chosen:
    """A password as the door judged it: its argon2id string, or why it is refused."""

    password: str = field(repr=False)
    refusal: Refusal | None = None


@action(
    "account.invite",
    by=(Role.ADMINISTRATOR, Role.SYSTEM, *sorted(SEALED_ROLES)),
    visibility=Visibility.SECRET,
    standing=False,
)
def invite(act: Act, *, person: UUID, name: str, digest: bytes, lasting: timedelta) -> UUID:
    """Give a person leave to set a password, once; earlier leave lapses. Return the account's id.

    The name counts for a new account only. Whoever holds a sealed office is invited by a colleague
    there, or at set-up. Raises NotFound, NotAllowed for oneself and for who is not the actor's to
    invite, Invalid, Conflict for a name that is taken.
    """
    act.require(
        act.session.get(Person, person, with_for_update=True),
        NotFound("没有此人 / no such person", field="person"),
    )
    act.require(
        person != act.actor.person,
        NotAllowed("不得邀请自己 / nobody invites himself", field="person"),
    )
    _require_own(act, person)
    account = _account_of(act, person, name)
    void_invitations(act, account.id)
    row = Invitation(
        id=new_id(act.now), account=account.id, digest=digest, made_by=act.actor.person,
        ends=act.now + lasting, used_at=None, void_at=None,
    )  # fmt: skip
    act.session.add(row)
    act.note(subject=str(account.id), person=str(person), invitation=str(row.id))
    return account.id


@action("account.set_password", by=(Role.SYSTEM,), visibility=Visibility.SECRET, standing=False)
def set_password(act: Act, *, invitation: bytes, chosen: Chosen, trace: Trace) -> UUID:
    """Set a password by an invitation's digest; return the account's id. All sessions end.

    A second factor stays as it is: who makes invitations cannot take an account over with one.
    Raises BadInvitation, or Invalid for a bad password, which uses nothing up.
    """
    row = act.session.scalar(
        select(Invitation).where(Invitation.digest == invitation).with_for_update()
    )
    act.attempt(subject=str(row.account if row else ""), address=trace.digest(act.record_id))
    if row is None or row.used_at or row.void_at or row.ends <= act.now:
        raise BadInvitation
    row.used_at = act.now
    _set(act, row.account, chosen)
    act.note(invitation=str(row.id), sessions_ended=end_sessions(act.session, row.account, act.now))
    act.note_private(address=trace.address)
    return row.account


@action("account.change_password", by=EVERYBODY, visibility=Visibility.SECRET, standing=False)
def change_password(act: Act, *, session: UUID, proof: Proof | None, chosen: Chosen) -> None:
    """Change one's own password by the present one; other sessions end. Raises Wrong, Invalid."""
    row = own_session(act, session)
    act.attempt(subject=str(row.account))
    if proof is None or proof.account != row.account:
        raise Wrong
    proven(act, proof)
    _set(act, row.account, chosen)
    ended = end_sessions(act.session, row.account, act.now, besides=row.id)
    act.note(sessions_ended=ended)


@action("account.enrol_totp", by=EVERYBODY, visibility=Visibility.SECRET, standing=False)
def enrol_totp(
    act: Act,
    *,
    session: UUID,
    sealed: bytes,
    step: int | None,
    recovery: tuple[bytes, ...],
    within: timedelta,
) -> None:
    """Take a second factor (sealed) that was shown to work at `step`; the one before it ends.

    Raises ConfirmFirst unless proven of late, Wrong for a code that does not fit.
    """
    row = own_session(act, session)
    act.attempt(subject=str(row.account))
    act.require(row.confirmed_at and act.now - row.confirmed_at <= within, ConfirmFirst())
    account = act.session.get(Account, row.account, with_for_update=True)
    if account is None or step is None:
        raise Wrong
    account.totp, account.totp_step = sealed, step
    act.session.execute(delete(RecoveryCode).where(RecoveryCode.account == account.id))
    for digest in recovery:
        act.session.add(
            RecoveryCode(id=new_id(act.now), account=account.id, digest=digest, used_at=None)
        )
    ended = end_sessions(act.session, account.id, act.now, besides=row.id)
    act.note(recovery_codes=len(recovery), sessions_ended=ended)


def _account_of(act: Act, person: UUID, name: str) -> Account:
    found = act.session.scalar(select(Account).where(Account.person == person).with_for_update())
    if found is not None:
        return found
    act.on_conflict(
        "account_name_key",
        lambda _: Conflict("该登录名已被使用 / this name is taken", field="name"),
    )
    made = Account(
        id=new_id(act.now), person=person, name=required_name(name), password=None, totp=None,
        totp_step=0,
    )  # fmt: skip
    act.session.add(made)
    act.session.flush()
    return made


def _require_own(act: Act, person: UUID) -> None:
    """Raise NotAllowed unless the person is the actor's to invite."""
    if act.actor.role is Role.SYSTEM:
        return
    sealed = sealed_offices(act.session, person, act.now)
    if act.actor.role is Role.ADMINISTRATOR:
        act.require(
            not sealed,
            NotAllowed(
                "监督、纪检、受托岗位的人员由本岗位同事邀请 / "
                "a colleague of their own sealed office invites them",
                field="person",
                rule=RULE,
            ),
        )
        return
    act.require(
        sealed == {(act.actor.role, act.actor.org)},
        NotAllowed("不是本岗位的同事 / no colleague of your office", field="person", rule=RULE),
    )


def void_invitations(act: Act, account: UUID) -> None:
    """Let the invitations of an account lapse that were not used."""
    act.session.execute(
        update(Invitation)
        .where(Invitation.account == account)
        .where(Invitation.used_at.is_(None), Invitation.void_at.is_(None))
        .values(void_at=act.now)
    )


def _set(act: Act, account: UUID, chosen: Chosen) -> None:
    if chosen.refusal is not None:
        raise chosen.refusal
    row = act.session.get(Account, account, with_for_update=True)
    if row is None or not chosen.password:
        raise Wrong
    row.password = chosen.password
