"""CLOSE, the seal check, and the opening that fails for want of bidders."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Mapped, Session

from bidding.arrival import unsettled
from bidding.envelope.sealed_note import note_leaf
from bidding.envelope.trustee.close import Close, accept_set
from bidding.hall.failure.shortage import shortage
from bidding.hall.stage import required, step
from bidding.submission import standing_bids
from bidding.terms import deadline
from monitor.law.limit import holds
from monitor.law.rule import Rule, load
from monitor.record.act import Act
from monitor.record.action import Visibility, action
from monitor.record.identity import new_id
from monitor.record.table import Recorded
from monitor.refusal import Conflict, NotFound, TooEarly, WrongStage
from monitor.role import Role
from trading.fee.deposit import Deposit
from trading.notice.moment import required_project
from trading.notice.participation import joined
from trading.registration.project import found_project, rules_for
from trading.supervision.standstill.lost_deadline import DEADLINE as OUTAGE_RULE
from trading.supervision.standstill.outage import is_lost

PATIENCE = timedelta(minutes=10)


class Closing(Recorded):
    """The CLOSE statement of one section, as trustees and bidders check it."""

    __tablename__ = "closing"
    project: Mapped[UUID]
    section: Mapped[UUID]
    document: Mapped[bytes]
    digest: Mapped[str]


@action("opening.close", by=(Role.SYSTEM, Role.TENDEREE), visibility=Visibility.CLOSING)
def close(act: Act, *, section: UUID) -> Close:
    """Write down that the deadline has passed: what is in, as counts and blind roots.

    Gathers every secret act before it. Raises TooEarly (招标投标法 34), also while a bid that
    arrived in time is still being checked (ten minutes at most), Conflict the second time.
    """
    project = required_project(act.project)
    act.require(
        act.now > deadline(act.session, project),
        TooEarly("未到投标截止时间 / the deadline has not passed", rule="招标投标法 34"),
    )
    act.require(
        not is_lost(act.session, deadline(act.session, project), act.now),
        TooEarly("截止时间在系统故障期间 / the deadline was lost in an outage", rule=OUTAGE_RULE),
    )
    act.require(
        step(act.session, project, section, "opening.close") is None,
        Conflict("已截止 / closed already"),
    )
    _require_settled(act, project)
    bids = standing_bids(act.session, project, section)
    notes = [note_leaf(note) for note in notes_of(act.session, project, section)]
    statement = Close(
        str(project),
        str(section),
        act.now,
        accept_set([bid.leaf for bid in bids]),
        accept_set(notes),
    )
    act.session.add(
        Closing(
            id=new_id(act.now),
            project=project,
            section=section,
            document=statement.to_bytes(),
            digest=statement.digest,
        )
    )
    act.note(
        subject=str(section),
        section=str(section),
        close=statement.digest,
        bids={"count": statement.bids.count, "root": statement.bids.root},
        notes={"count": statement.notes.count, "root": statement.notes.root},
    )
    return statement


def _require_settled(act: Act, project: UUID) -> None:
    """Wait for what arrived in time: it is judged by its arrival, not by when it got its turn."""
    end = deadline(act.session, project)
    act.require(
        act.now > end + PATIENCE or not unsettled(act.session, project, end),
        TooEarly("按时送达的投标正在查验 / a bid that arrived in time is being checked"),
    )


def notes_of(session: Session, project: UUID, section: UUID) -> list[bytes]:
    """Return the sealed notes that CLOSE fixes: manifests and identities of the standing bids,
    and the payers of the section's deposits.
    """
    bids = standing_bids(session, project, section)
    manifests = [bid.sealed_manifest for bid in bids]
    identities = [joined(session, project, bid.mask).sealed_identity for bid in bids]
    return manifests + identities + list(sealed_payers(session, project, section).values())


def sealed_payers(session: Session, project: UUID, section: UUID) -> dict[UUID, bytes]:
    """Return the sealed payers of the deposits that came in, by deposit."""
    rows = session.execute(
        select(Deposit.id, Deposit.sealed_payer).where(
            Deposit.project == project,
            Deposit.section == section,
            Deposit.sealed_payer.is_not(None),
        )
    )
    return {row.id: row.sealed_payer for row in rows}


def closing_of(session: Session, project: UUID, section: UUID) -> Closing:
    """Return the CLOSE of a section; raises NotFound before it."""
    row = session.scalar(
        select(Closing).where(Closing.project == project, Closing.section == section)
    )
    if row is None:
        raise NotFound("该标段尚未截止 / this section is not closed")
    return row


@action("opening.fail", by=(Role.TENDEREE, Role.SYSTEM))
def fail(act: Act, *, section: UUID) -> int:
    """Declare that fewer than three bid: not opened, returned unread; return how many there were.

    Or that fewer were left once they were opened, where the law ends the tender by that. Raises
    WrongStage before CLOSE or with enough (招标投标法实施条例 44), Conflict the second time.
    """
    project = required_project(act.project)
    count, rule = _counted(act.session, project, section)
    returned = "unread"
    if rule is None or holds(rule, count):
        few = shortage(act.session, project, section)
        if few is None or not few.ends:
            raise WrongStage("投标人数已够，应当开标 / there are enough: it must be opened")
        count, rule, returned = few.opened, few.rule, "opened"
    act.require(
        step(act.session, project, section, "opening.fail") is None,
        Conflict("已宣布开标失败 / declared already"),
    )
    act.used_rule(rule.id, load().version)
    act.note(subject=str(section), section=str(section), count=count, returned=returned)
    return count


def require_many(session: Session, project: UUID, section: UUID) -> None:
    """Raise WrongStage where too few bid: such bids are never opened."""
    count, rule = _counted(session, project, section)
    if rule is not None and not holds(rule, count):
        raise WrongStage(f"{rule.zh} / {rule.en}", rule=rule.id)


def falls_short(session: Session, project: UUID, section: UUID) -> bool:
    """Tell whether fewer bid than the law asks for; raises WrongStage before CLOSE."""
    count, rule = _counted(session, project, section)
    return rule is not None and not holds(rule, count)


def _counted(session: Session, project: UUID, section: UUID) -> tuple[int, Rule | None]:
    """Return how many bids CLOSE counted, and the rule of how many there must be, if any."""
    closed = required(session, project, section, "opening.close")
    at = datetime.fromisoformat(closed.body["time"])
    rules = rules_for(found_project(session, project), at).measuring("bidder")
    return int(closed.body["facts"]["bids"]["count"]), next(iter(rules), None)
