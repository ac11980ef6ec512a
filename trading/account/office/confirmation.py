"""Confirmation: a colleague's word on a candidate for a sealed office.

Whatever an account could be entered with was made by way of the administrator, so it all ends with
the confirmation; a colleague of the office then gives the invitation, and the administrator none.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import delete, select

from monitor.record.act import Act
from monitor.record.action import Visibility, action
from monitor.record.identity import new_id
from monitor.record.standing import Appointment
from monitor.refusal import Invalid, NotFound, TooLate, WrongStage
from monitor.role import SEALED_ROLES, Role
from trading.account.account import Account, RecoveryCode, running
from trading.account.credential import void_invitations
from trading.account.office.candidacy import LASTING, RULE, Candidacy, State, require_no_sealed
from trading.account.session import end_sessions
from trading.registration.party import Person, require_separate

MAX_REASON = 500
COLLEAGUES = tuple(sorted(SEALED_ROLES))


@action("candidacy.confirm", by=COLLEAGUES, visibility=Visibility.SECRET, standing=False)
def confirm(act: Act, *, candidacy: UUID) -> UUID:
    """Let a candidate into one's own office from now; return the appointment's id.

    Password, second factor, invitations and sessions of before end with it. Raises NotFound for
    another office's, WrongStage once decided, TooLate once lapsed, NotAllowed for who came into
    another one meanwhile.
    """
    row = _decided(act, candidacy, State.CONFIRMED)
    require_no_sealed(act, row.person)
    require_separate(
        Role(row.role), {each.role for each in running(act.session, row.person, act.now)}
    )
    office = Appointment(
        id=new_id(act.now), person=row.person, org=row.org, role=row.role, category=row.category,
        since=act.now, until=None,
    )  # fmt: skip
    act.session.add(office)
    act.note(
        subject=str(office.id), candidacy=str(row.id), person=str(row.person),
        organisation=str(row.org), role=row.role, category=row.category or "",
        proposed_by=str(row.proposed_by), sessions_ended=_renew(act, row.person),
    )  # fmt: skip
    return office.id


@action("candidacy.refuse", by=COLLEAGUES, visibility=Visibility.SECRET, standing=False)
def refuse(act: Act, *, candidacy: UUID, reason: str) -> None:
    """Let a candidate not into one's own office. Raises as confirm does, and Invalid."""
    words = reason.strip()
    if not 0 < len(words) <= MAX_REASON:
        raise Invalid("reason", f"应为1至{MAX_REASON}字 / 1 to {MAX_REASON} characters")
    row = _decided(act, candidacy, State.REFUSED)
    row.reason = words
    act.note(subject=str(row.id), person=str(row.person), role=row.role, reason=words)


def _decided(act: Act, candidacy: UUID, state: State) -> Candidacy:
    """Return one's own office's candidacy, decided now by the actor and locked with its person."""
    row = act.session.get(Candidacy, candidacy, with_for_update=True)
    if row is None or (row.role, row.org) != (act.actor.role.value, act.actor.org):
        raise NotFound("没有待本岗位确认的此项任命 / no such candidate of yours", field="candidacy")
    act.require(
        row.state == State.WAITING.value,
        WrongStage("此项任命已有结果 / this was decided already", field="candidacy"),
    )
    act.require(
        act.now < row.until,
        TooLate(
            f"提请已满{LASTING.days}日，须由管理员重新提请 / "
            f"lapsed after {LASTING.days} days: the administrator puts them forward anew",
            field="candidacy",
            rule=RULE,
        ),
    )
    act.session.get(Person, row.person, with_for_update=True)
    row.state, row.decided_by, row.decided_at = state.value, act.actor.person, act.now
    return row


def _renew(act: Act, person: UUID) -> int:
    """End all that the person's account could be entered with; return how many sessions."""
    account = act.session.scalar(select(Account).where(Account.person == person).with_for_update())
    if account is None:
        return 0
    account.password, account.totp = None, None
    act.session.execute(delete(RecoveryCode).where(RecoveryCode.account == account.id))
    void_invitations(act, account.id)
    return end_sessions(act.session, account.id, act.now)
