"""Asking for a successor and confirming one: two persons of two bodies, after a last call.

The lost machine is called once more, and ten minutes are waited: one that still answers keeps its
seat, unless its own trustee asks. The platform decides nothing: it puts on record what the other
trustees' own people then agree to, each on its own machine.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from bidding.envelope.document import EnvelopeError
from bidding.envelope.roster import Authority, Roster
from bidding.envelope.trustee.holder import readiness_challenge
from bidding.envelope.trustee.successor import PATIENCE, Acceptance, read_acceptance
from bidding.hall.succession.piece import check_answer, known_pieces
from bidding.hall.succession.place import (
    OPEN,
    Cause,
    State,
    Succession,
    found_succession,
    is_open,
    standing_roster,
)
from bidding.hall.succession.policy import (
    is_insider,
    require_kind,
    require_quorum,
    require_silent,
    successor_body,
)
from bidding.terms import roster_of
from monitor.record.act import Act
from monitor.record.action import action
from monitor.record.identity import moment_of, new_id
from monitor.record.standing import Standing
from monitor.refusal import Conflict, Invalid, NotAllowed, NotFound, TooEarly, WrongStage
from monitor.role import Role
from trading.notice.dealt_key import RULE, DealtKey
from trading.notice.holder import KeyHeir
from trading.notice.moment import required_project
from trading.registration.party import assign, found_organisation, standings

ASK, ANSWER = "succession.ask", "succession.answer"
CONFIRM, WITHDRAW = "succession.confirm", "succession.withdraw"
MAX_WHY = 500


@action(ASK, by=(Role.TENDEREE, Role.AGENCY, Role.TRUSTEE))
def ask(act: Act, *, seat: int, why: str, person: UUID, kind: Authority, acceptance: bytes) -> UUID:
    """Put a succession on record, and call the lost machine once more; return the row's id.

    A trustee asks for its own seat alone, and withdraws by that. Raises NotFound, NotAllowed,
    WrongStage after UNLOCK, Invalid for a word without proof, Conflict for one that was used, for
    a second succession, or while the seat answers.
    """
    project = required_project(act.project)
    act.attempt(seat=seat, successor=str(person))
    _require_time(act, project)
    roster, standing = roster_of(act.session, project), standing_roster(act.session, project)
    act.require(
        1 <= seat <= len(roster.seats), Invalid("seat", "没有此席位 / no such seat", rule=RULE)
    )
    cause = _cause(act, standing, seat)
    accepted = _accepted(act, acceptance, project, standing, seat)
    dealt = _dealt(act, project, seat, accepted.lost)
    org = successor_body(act, person)
    unit = found_organisation(act.session, org)
    require_kind(act, project, unit.uscc, kind, roster)
    require_quorum(act, project, seat, kind, unit.uscc)
    lost = next(each for each in roster.seats if each.index == seat)
    if cause is Cause.LOST:
        require_silent(act, project, lost)
    challenge, expected = readiness_challenge(lost)
    _refuse_second(act)
    row = Succession(
        id=new_id(act.now), project=project, seat=seat, deal=dealt.id, cause=cause.value,
        why=_said(why), person=person, org=org, kind=kind.value, authority=unit.uscc,
        name=unit.name, lost=accepted.lost, recipient=accepted.device.recipient,
        signer=accepted.device.signer, acceptance=acceptance, challenge=challenge,
        expected=expected, asked_by=act.actor.person, asked_for=act.actor.org, asked_at=act.now,
        confirmed_by=None, confirmed_at=None, placed_at=None, ended=None,
    )  # fmt: skip
    act.session.add(row)
    _note_asked(act, row, standing)
    return row.id


@action(ANSWER, by=(Role.TRUSTEE,))
def answer(act: Act, *, succession: UUID, document: bytes) -> None:
    """Take the answer of the machine that was called lost: it keeps its seat, the succession ends.

    A successor that was confirmed stays counted as one who could know the seat's key. Raises
    NotFound, Conflict once it is over or where its own trustee asked, Invalid.
    """
    row = _open(act, succession)
    act.require(
        row.cause == Cause.LOST.value,
        Conflict("该席位自行移交 / the trustee itself asked for it", rule=RULE),
    )
    roster = roster_of(act.session, row.project)
    check_answer(document, next(each for each in roster.seats if each.index == row.seat), row)
    _end(act, row, State.ANSWERED)
    act.note(
        subject=str(row.id), succession=str(row.id), seat=row.seat, lost=row.lost,
        pieces=known_pieces(act.session, row),
    )  # fmt: skip


@action(CONFIRM, by=(Role.TENDEREE, Role.AGENCY, Role.TRUSTEE, Role.DEPARTMENT))
def confirm(act: Act, *, succession: UUID) -> None:
    """Confirm a succession as the second person, of another body; the successor may act then.

    Raises NotFound, NotAllowed for the same person or body, for the successor's own, or where both
    are of tenderee, agency and centre; TooEarly while the lost machine may answer; Conflict.
    """
    row = _open(act, succession)
    _require_time(act, row.project)
    act.require(
        row.confirmed_at is None, Conflict("已由两人确认 / two have confirmed already", rule=RULE)
    )
    me, other = act.actor, NotAllowed(
        "须由另一单位的另一人确认 / another person of another body must confirm", rule=RULE
    )  # fmt: skip
    act.require(me.person not in (row.asked_by, row.person), other)
    act.require(me.org not in (row.asked_for, row.org), other)
    act.require(
        not (is_insider(act, row.project, me.org) and is_insider(act, row.project, row.asked_for)),
        NotAllowed(
            "招标人、代理与中心不得合起来确认 / not by tenderee, agency and centre alone",
            rule=RULE,
        ),
    )
    over = row.cause == Cause.WITHDRAWS.value or act.now >= row.asked_at + PATIENCE
    act.require(
        over, TooEarly("原受托人设备尚可应答 / the lost machine may still answer", rule=RULE)
    )
    require_quorum(act, row.project, row.seat, Authority(row.kind), row.authority)
    row.confirmed_by, row.confirmed_at = me.person, act.now
    roster = roster_of(act.session, row.project)
    act.session.add(
        KeyHeir(
            id=new_id(act.now), roster=roster.digest, seat=row.seat, kind=row.kind,
            authority=row.authority,
        )
    )  # fmt: skip
    if Role.TRUSTEE not in standings(act.session, row.project, row.org):
        assign(act, organisation=row.org, role=Role.TRUSTEE)
        act.facts.clear()
    act.note(
        subject=str(row.id), succession=str(row.id), seat=row.seat, name=row.name,
        recipient=row.recipient, acceptance=row.accepted.digest,
    )  # fmt: skip


@action(WITHDRAW, by=(Role.TENDEREE, Role.AGENCY, Role.TRUSTEE))
def withdraw(act: Act, *, succession: UUID, why: str) -> None:
    """Take back a succession that is not in its place; raises NotFound, NotAllowed, Conflict.

    Conflict too once a quorum of pieces is handed on: the successor can know the key by then.
    """
    row = _open(act, succession)
    act.require(
        act.actor.org == row.asked_for,
        NotAllowed("仅限提出的单位 / only the body that asked", rule=RULE),
    )
    act.require(
        known_pieces(act.session, row) < roster_of(act.session, row.project).threshold,
        Conflict(
            "已交出的分片达到门限，接任人可合成密钥，不能撤回 / "
            "a quorum of pieces is handed on: the successor can know the key, and nothing takes "
            "that back",
            rule=RULE,
        ),
    )
    _end(act, row, State.WITHDRAWN)
    act.note(subject=str(row.id), succession=str(row.id), seat=row.seat, why=_said(why))


def standing_name(standing: Roster, seat: int) -> str:
    """Return the name of the body that holds a seat."""
    return next(each.name for each in standing.seats if each.index == seat)


def _require_time(act: Act, project: UUID) -> None:
    act.require(
        is_open(act.session, project),
        WrongStage("解密已完成，无需接任 / after UNLOCK no seat needs a successor", rule=RULE),
    )


def _cause(act: Act, standing: Roster, seat: int) -> Cause:
    if act.actor.role is not Role.TRUSTEE:
        return Cause.LOST
    own = found_organisation(act.session, act.actor.org).uscc
    act.require(
        any(each.index == seat and each.authority == own for each in standing.seats),
        NotAllowed(
            "受托人只能移交自己的席位 / a trustee asks for its own seat alone",
            rule=RULE, field="seat",
        ),
    )  # fmt: skip
    return Cause.WITHDRAWS


def _accepted(
    act: Act, acceptance: bytes, project: UUID, standing: Roster, seat: int
) -> Acceptance:
    try:
        found = read_acceptance(acceptance)
    except EnvelopeError as fault:
        raise Invalid("acceptance", f"接任书有误 / {fault}", rule=RULE) from fault
    here = (found.tender, found.seat) == (str(project), seat)
    act.require(
        here, Invalid("acceptance", "接任书属于别处 / an acceptance of elsewhere", rule=RULE)
    )
    keys = {each for held in standing.seats for one in held.devices
            for each in (one.recipient, one.signer)}  # fmt: skip
    act.require(
        not keys & {found.device.recipient, found.device.signer},
        Invalid("acceptance", "须用新的密钥 / must be keys of its own, in no seat", rule=RULE),
    )
    return found


def _refuse_second(act: Act) -> None:
    """Say what a second succession of a seat, or of one word, is told."""
    act.on_conflict(
        "succession_seat_key",
        lambda _: Conflict("该席位已有接任 / this seat has a succession already", rule=RULE),
    )
    act.on_conflict(
        "succession_acceptance_key",
        lambda _: Conflict(
            "这份接任书已用过一次，请接任人另写一份 / "
            "this word was used once already: the successor has to write another",
            field="acceptance", rule=RULE,
        ),
    )  # fmt: skip


def _note_asked(act: Act, row: Succession, standing: Roster) -> None:
    act.note(
        subject=str(row.id), succession=str(row.id), seat=row.seat, cause=row.cause,
        before=standing_name(standing, row.seat), why=row.why, successor=str(row.person),
        authority=row.authority, name=row.name, kind=row.kind, lost=row.lost,
        recipient=row.recipient, signer=row.signer, acceptance=row.accepted.digest,
    )  # fmt: skip


def _dealt(act: Act, project: UUID, seat: int, lost: str) -> DealtKey:
    row = act.session.scalar(
        select(DealtKey).where(
            DealtKey.project == project, DealtKey.seat == seat, DealtKey.recipient == lost
        )
    )
    if row is None:
        raise NotFound(
            "该席位没有分存此密钥，无法接任 / this key was not dealt: nobody can rebuild it",
            rule=RULE, field="seat",
        )  # fmt: skip
    return row


def _open(act: Act, succession: UUID) -> Succession:
    row = found_succession(act.session, required_project(act.project), succession)
    act.attempt(subject=str(row.id), seat=row.seat)
    act.require(row.state in OPEN, Conflict("该项接任已结束 / this succession is over", rule=RULE))
    return row


def _end(act: Act, row: Succession, state: State) -> None:
    """End a succession, and with it the standing that its successor was given for it alone."""
    row.ended = state.value
    if row.confirmed_at is None:
        return
    given = moment_of(new_id(row.confirmed_at))
    standing = act.session.scalar(
        select(Standing)
        .where(Standing.project == row.project, Standing.org == row.org)
        .where(Standing.role == Role.TRUSTEE.value)
    )
    if standing is not None and moment_of(standing.id) == given:
        act.session.delete(standing)


def _said(why: str) -> str:
    told = why.strip()
    if not 0 < len(told) <= MAX_WHY:
        raise Invalid("why", f"请说明原因，{MAX_WHY}字以内 / say why, {MAX_WHY} characters at most")
    return told
