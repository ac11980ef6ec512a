"""Dealing with a complaint: taken up or not, tests waited for, decided; by its department alone.

The department is the one that it was brought to, and whoever acts holds its office for the trade's
category. The centre need not have seated it: it cannot keep a complaint from being dealt with.
"""

from __future__ import annotations

from uuid import UUID

from monitor.record.act import Act
from monitor.record.action import Visibility, action
from monitor.refusal import NotAllowed, WrongStage
from monitor.role import Role
from trading.registration.project import found_project
from trading.supervision.complaint.complaint import Complaint, Outcome, State, found, taken_up
from trading.supervision.standstill.suspension import is_competent
from trading.supervision.wording import digest_of, worded

MAX_TEXT, MAX_DECISION = 5_000, 2_000


@action("complaint.accept", by=(Role.DEPARTMENT,), visibility=Visibility.SECRET, standing=False)
def accept(act: Act, *, complaint: UUID) -> None:
    """Take a complaint up (招标投标法实施条例 61). Raises NotFound, NotAllowed, WrongStage."""
    row = _filed(act, complaint)
    row.state, row.accepted_at = State.ACCEPTED.value, act.now
    _told(act, row)


@action("complaint.decline", by=(Role.DEPARTMENT,), visibility=Visibility.SECRET, standing=False)
def decline(act: Act, *, complaint: UUID, reason: str) -> None:
    """Do not take a complaint up, and say why: it ends. Raises NotFound, WrongStage, Invalid."""
    row = _filed(act, complaint)
    row.state, row.ended_at = State.DECLINED.value, act.now
    row.reply = worded("reason", reason, MAX_TEXT)
    _told(act, row)
    act.note(reason=digest_of(row.reply))


@action("complaint.send_test", by=(Role.DEPARTMENT,), visibility=Visibility.SECRET, standing=False)
def send_test(act: Act, *, complaint: UUID, reason: str) -> None:
    """Send something to be tested, inspected or judged by experts: those days do not count.

    Raises NotFound, NotAllowed, WrongStage, Invalid.
    """
    row = _going(act, complaint)
    act.require(
        row.testing_since is None,
        WrongStage("已在检验、鉴定中 / a test is waited for already", field="complaint"),
    )
    row.testing_since = act.now
    _told(act, row)
    act.note(reason=digest_of(worded("reason", reason, MAX_TEXT)))


@action(
    "complaint.receive_test", by=(Role.DEPARTMENT,), visibility=Visibility.SECRET, standing=False
)
def receive_test(act: Act, *, complaint: UUID) -> None:
    """Write down that the test's result is there. Raises NotFound, NotAllowed, WrongStage."""
    row = _going(act, complaint)
    act.require(
        row.testing_since is not None,
        WrongStage("没有进行中的检验、鉴定 / no test is waited for", field="complaint"),
    )
    row.testing_since = None
    _told(act, row)


@action("complaint.decide", by=(Role.DEPARTMENT,), standing=False)
def decide(act: Act, *, complaint: UUID, outcome: Outcome, decision: str) -> None:
    """Decide a complaint in writing, announced at once (招标投标法实施条例 61; 政府采购法 56).

    Raises NotFound, NotAllowed, WrongStage, Invalid.
    """
    row = _going(act, complaint)
    row.state, row.ended_at, row.testing_since = State.DECIDED.value, act.now, None
    row.outcome, row.reply = Outcome(outcome).value, worded("decision", decision, MAX_DECISION)
    act.note(
        subject=str(row.id), case=str(row.id), complaint=str(row.id), matter=row.matter,
        outcome=row.outcome, decision=row.reply,
    )  # fmt: skip


def _filed(act: Act, complaint: UUID) -> Complaint:
    row = found(act, complaint)
    _require_competent(act)
    act.require(
        row.state == State.FILED,
        WrongStage("投诉已作受理决定 / taken up, or ended, already", field="complaint"),
    )
    return row


def _going(act: Act, complaint: UUID) -> Complaint:
    row = taken_up(act, complaint)
    _require_competent(act)
    return row


def _require_competent(act: Act) -> None:
    act.require(
        is_competent(act, found_project(act.session, act.project)),
        NotAllowed(
            "只有该类交易的行政监督部门可以处理投诉 / "
            "only the competent department of that category deals with complaints",
            rule="招标投标法实施条例 4、61",
        ),
    )


def _told(act: Act, row: Complaint) -> None:
    """Name the complaint, and its complainant where that is known: a pseudonym is told nowhere."""
    act.note(subject=str(row.id), case=str(row.id), complaint=str(row.id))
    if row.org is not None:
        act.note(addressee=str(row.org), addressee_role=Role.TENDERER.value)
