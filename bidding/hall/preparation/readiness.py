"""Whether the trustees are there: keys are tried the day before an opening, and an hour before.

Every machine of a seat gets a text sealed to its own key and answers for it with its signature, so
that a lost or locked key is found while it can still be mended, not before a full hall. Nothing of
a bid is touched.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session

from bidding.envelope.document import EnvelopeError, digest
from bidding.envelope.roster import Roster, Seat
from bidding.envelope.trustee.holder import check_ready, readiness_challenge
from bidding.hall.succession.place import standing_roster
from bidding.terms import deadline
from monitor.clock import time_text
from monitor.record.act import Act
from monitor.record.action import action
from monitor.record.identity import new_id
from monitor.record.moment import done
from monitor.record.standing import Standing
from monitor.record.table import Recorded
from monitor.refusal import Conflict, Invalid, NotFound, TooLate, WrongStage
from monitor.role import Role
from monitor.work.errand import Errand
from trading.notice.document import TenderDocument, document_of
from trading.notice.moment import ENDED, required_project
from trading.registration.party import found_organisation

ASK, PROVE = "readiness.ask", "readiness.prove"
RULE = "batong-bid/1 readiness"


class Turn(StrEnum):
    """When keys are tried."""

    DAY = "day"
    HOUR = "hour"


BEFORE = {Turn.DAY: timedelta(days=1), Turn.HOUR: timedelta(hours=1)}


class ReadinessTest(Recorded):
    """One machine's test: the sealed text, the answer that is expected, and when it came."""

    __tablename__ = "readiness_test"
    __table_args__ = (UniqueConstraint("project", "deadline", "turn", "recipient"),)
    project: Mapped[UUID]
    deadline: Mapped[datetime]
    turn: Mapped[str]
    seat: Mapped[int]
    recipient: Mapped[str]
    challenge: Mapped[bytes]
    expected: Mapped[str]
    asked_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]


@action(ASK, by=(Role.SYSTEM,))
def ask(act: Act, *, turn: Turn) -> int:
    """Send every machine of every seat its test; return how many. It is due at most twice.

    Raises WrongStage out of its time, Conflict the second time.
    """
    project = required_project(act.project)
    ends = deadline(act.session, project)
    act.require(
        turn is _turn(ends, act.now),
        WrongStage("不在测试时间 / this test is not due now", rule=RULE),
    )
    act.on_conflict(
        "readiness_test_project_deadline_turn_recipient_key",
        lambda _: Conflict("本次测试已发出 / this test was sent already", rule=RULE),
    )
    made = [
        _test(act, project, ends, turn, replace(seat, devices=(device,)))
        for seat in standing_roster(act.session, project).seats
        for device in seat.devices
    ]
    act.session.add_all(made)
    act.note(
        subject=str(project), turn=turn.value, deadline=time_text(ends),
        tests=[{"seat": row.seat, "recipient": row.recipient, "digest": digest(row.challenge)}
               for row in made],
    )  # fmt: skip
    return len(made)


@action(PROVE, by=(Role.TRUSTEE,))
def prove(act: Act, *, test: UUID, document: bytes) -> None:
    """Take a machine's answer to its test, signed by its own key.

    Raises NotFound, TooLate once the deadline has passed, Invalid for a wrong answer or another
    machine's, Conflict for a second.
    """
    project = required_project(act.project)
    row = found_test(act.session, project, test)
    act.require(act.now <= row.deadline, TooLate("投标已截止 / the deadline has passed", rule=RULE))
    act.require(
        row.answered_at is None, Conflict("已应答 / this test was answered already", rule=RULE)
    )
    try:
        check_ready(document, _seat(standing_roster(act.session, project), row), row.expected)
    except EnvelopeError as fault:
        raise Invalid("document", f"应答不符 / a wrong answer: {fault}", rule=RULE) from fault
    row.answered_at = act.now
    act.note(
        subject=str(row.id), turn=row.turn, seat=row.seat, recipient=row.recipient,
        answer=digest(document),
    )  # fmt: skip


def readiness_due(session: Session, project: UUID, now: datetime) -> list[Errand]:
    """Return the test that is due in a trade and was not sent."""
    document = document_of(session, project)
    turn = _turn(document.deadline, now) if document else None
    if document is None or turn is None or done(session, project, None, ENDED):
        return []
    sent = select(ReadinessTest.id).where(
        ReadinessTest.project == project,
        ReadinessTest.deadline == document.deadline,
        ReadinessTest.turn == turn.value,
    )
    if session.scalar(sent.limit(1)) is not None:
        return []
    return [Errand(ask, project, {"turn": turn})]


def next_test(session: Session, project: UUID, now: datetime) -> Iterator[datetime]:
    """Give the moments to come at which a trade's trustees are tried."""
    document = document_of(session, project)
    if document is not None:
        yield from (m for lead in BEFORE.values() if (m := document.deadline - lead) > now)


def open_tests(session: Session, org: UUID, now: datetime) -> list[ReadinessTest]:
    """Return the tests that an organisation's own machines may still answer, oldest first."""
    uscc = found_organisation(session, org).uscc
    rows = session.scalars(
        select(ReadinessTest)
        .join(TenderDocument, TenderDocument.project == ReadinessTest.project)
        .join(Standing, Standing.project == ReadinessTest.project)
        .where(Standing.org == org, Standing.role == Role.TRUSTEE.value)
        .where(ReadinessTest.deadline == TenderDocument.deadline, ReadinessTest.deadline >= now)
        .where(ReadinessTest.answered_at.is_(None))
        .order_by(ReadinessTest.asked_at, ReadinessTest.id)
    )
    return [
        row
        for row in rows
        if any(
            seat.index == row.seat and seat.authority == uscc
            for seat in standing_roster(session, row.project).seats
        )
    ]


def found_test(session: Session, project: UUID, test: UUID) -> ReadinessTest:
    """Return a test of a trade; raises NotFound."""
    row = session.get(ReadinessTest, test)
    if row is None or row.project != project:
        raise NotFound("没有此项测试 / no such test", field="test")
    return row


def _turn(ends: datetime, now: datetime) -> Turn | None:
    """Return the test whose time it is: the nearest to the deadline, none once it has passed."""
    begun = [turn for turn, lead in BEFORE.items() if ends - lead <= now <= ends]
    return min(begun, key=lambda turn: BEFORE[turn], default=None)


def _test(act: Act, project: UUID, ends: datetime, turn: Turn, seat: Seat) -> ReadinessTest:
    challenge, expected = readiness_challenge(seat)
    return ReadinessTest(
        id=new_id(act.now), project=project, deadline=ends, turn=turn.value, seat=seat.index,
        recipient=seat.devices[0].recipient, challenge=challenge, expected=expected,
        asked_at=act.now, answered_at=None,
    )  # fmt: skip


def _seat(roster: Roster, row: ReadinessTest) -> Seat:
    """Return the seat with that one machine; raises NotFound where another roster holds by now."""
    for seat in roster.seats:
        devices = tuple(each for each in seat.devices if each.recipient == row.recipient)
        if devices:
            return replace(seat, devices=devices)
    raise NotFound("不在受托人名单中 / holds no seat in this trade", field="test")
