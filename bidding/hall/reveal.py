"""REVEAL: every bid at once, as read out, with what stays shut and why; the opening record.

The machine never says "void": a bid that neither opens is "undecrypted, cause …", and the cause is
confirmed by two persons (电子招标投标办法 31).
"""

from __future__ import annotations

from collections import Counter
from typing import Any
from uuid import UUID

from sqlalchemy import UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session

from bidding.envelope.document import digest
from bidding.envelope.trustee.batch import Undecrypted as Shut
from bidding.hall.ceremony import Result
from bidding.hall.stage import required, step
from bidding.hall.trust import require_cosigned
from bidding.opened import OpenedBid
from bidding.submission import standing_bids
from monitor.clock import time_text
from monitor.log.canonical import canonical
from monitor.record.act import Act
from monitor.record.action import action
from monitor.record.identity import new_id
from monitor.record.table import Recorded
from monitor.refusal import Conflict, Invalid, NotAllowed, NotFound
from monitor.role import Role
from trading.notice.moment import required_project

SEVERAL = (
    "同一投标人递交两个以上投标文件（招标投标法实施条例 51（四）） / "
    "several bids of one tenderer (art. 51(4))"
)


class OpeningRecord(Recorded):
    """The opening record 开标记录 of a section, as published; JSON, canonical."""

    __tablename__ = "opening_record"
    __table_args__ = (UniqueConstraint("project", "section"),)
    project: Mapped[UUID]
    section: Mapped[UUID]
    document: Mapped[bytes]
    digest: Mapped[str]


class Undecrypted(Recorded):
    """A bid that stays shut: the machine's word on the cause, and who confirmed it."""

    __tablename__ = "undecrypted"
    __table_args__ = (UniqueConstraint("project", "section", "bid"),)
    project: Mapped[UUID]
    section: Mapped[UUID]
    bid: Mapped[str]
    cause: Mapped[str]
    proposed_by: Mapped[UUID | None]
    confirmed_by: Mapped[UUID | None]


@action("opening.reveal", by=(Role.TENDEREE, Role.SYSTEM))
def reveal(act: Act, *, section: UUID, results: list[Result]) -> str:
    """Publish all rows in one transaction; return the opening record's digest.

    Raises WrongStage before UNLOCK is in a cosigned checkpoint, Conflict the second time, Invalid
    unless the results are of the bids of CLOSE, each once.
    """
    project = required_project(act.project)
    declared = required(act.session, project, section, "opening.unlock")
    require_cosigned(act.session, declared.record, "UNLOCK")
    act.require(
        step(act.session, project, section, "opening.reveal") is None,
        Conflict("已公布 / revealed already"),
    )
    standing = [bid.id for bid in standing_bids(act.session, project, section)]
    act.require(
        sorted(result.noted.bid.id for result in results) == sorted(standing),
        Invalid("results", "须一次公布全部投标 / all bids of CLOSE at once, and no other"),
    )
    for result in results:
        act.session.add(_row(act, project, section, result))
    rows = _with_remarks([read_out(result) for result in results])
    document = opening_record(project, section, act, rows)
    act.session.add(
        OpeningRecord(
            id=new_id(act.now),
            project=project,
            section=section,
            document=document,
            digest=digest(document),
        )
    )
    act.note(
        subject=str(section),
        section=str(section),
        record=digest(document),
        opened=sum(result.letter is not None for result in results),
        shut=sum(result.letter is None for result in results),
    )
    return digest(document)


def _row(act: Act, project: UUID, section: UUID, result: Result) -> Recorded:
    if result.letter is None:
        return Undecrypted(
            id=new_id(act.now),
            project=project,
            section=section,
            bid=result.noted.bid.bid,
            cause=cause_of(result),
            proposed_by=None,
            confirmed_by=None,
        )
    letter = result.letter.letter
    return OpenedBid(
        id=new_id(act.now),
        project=project,
        section=section,
        bid=result.noted.bid.id,
        mask=result.noted.bid.mask,
        uscc=letter.bidder.uscc,
        name=letter.bidder.name,
        price=letter.price_fen,
        figures_match_words=not any(f.item == "price" for f in result.letter.findings),
        letter={"period_days": letter.period_days, "quality": letter.quality},
    )


def read_out(result: Result) -> dict[str, Any]:
    """Return what is announced of one bid (招标投标法 36: name, price, other main items)."""
    bid = result.noted.bid
    row: dict[str, Any] = {
        "bid": bid.bid,
        "mask": bid.mask,
        "name": result.noted.bidder.name,
        "uscc": result.noted.bidder.uscc,
        "arrived": time_text(bid.arrived_at),
        "manifest": bid.manifest,
        "before_addendum": result.noted.before_addendum,
    }
    if result.letter is None:
        return row | {"undecrypted": cause_of(result)}
    letter = result.letter.letter
    return row | {
        "price_fen": str(letter.price_fen),
        "price_words": letter.price_words,
        "period_days": letter.period_days,
        "quality": letter.quality,
        "remarks": [finding.message for finding in result.letter.findings],
    }


def _with_remarks(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Remark on bids of one tenderer: pseudonyms hid until now that they are (条例 51(4))."""
    counted = Counter(row["uscc"] for row in rows)
    return [
        row | {"remarks": [*row["remarks"], SEVERAL]}
        if "remarks" in row and counted[row["uscc"]] > 1
        else row
        for row in rows
    ]


def cause_of(result: Result) -> str:
    """Return in words why a bid stays shut."""
    failure = result.failure
    return failure.message if isinstance(failure, Shut) else str(failure)


def opening_record(project: UUID, section: UUID, act: Act, rows: list[dict[str, Any]]) -> bytes:
    """Return the canonical opening record: rows in order of arrival."""
    in_order = sorted(rows, key=lambda row: str(row["arrived"]))
    return canonical(
        {
            "v": "batong-opening/1",
            "project": str(project),
            "section": str(section),
            "time": time_text(act.now),
            "bids": in_order,
        }
    )


@action("opening.confirm_cause", by=(Role.TENDEREE, Role.CENTRE, Role.AGENCY))
def confirm_cause(act: Act, *, section: UUID, bid: str) -> None:
    """Confirm, as one of two persons, why a bid stays shut; the second must be another.

    Raises NotFound, NotAllowed for the same person twice (电子招标投标办法 31), Conflict once
    two have confirmed.
    """
    row = act.session.scalar(
        select(Undecrypted).where(
            Undecrypted.project == required_project(act.project),
            Undecrypted.section == section,
            Undecrypted.bid == bid,
        )
    )
    if row is None:
        raise NotFound("没有未解密的投标 / no such undecrypted bid")
    act.require(
        row.confirmed_by is None, Conflict("已由两人确认 / two persons have confirmed already")
    )
    if row.proposed_by is None:
        row.proposed_by = act.actor.person
    else:
        act.require(
            row.proposed_by != act.actor.person,
            NotAllowed("须由另一人确认 / another person must confirm", rule="电子招标投标办法 31"),
        )
        row.confirmed_by = act.actor.person
    confirmed = row.confirmed_by is not None
    act.note(subject=bid, section=str(section), cause=row.cause, confirmed=confirmed)


def opening_record_of(session: Session, project: UUID, section: UUID) -> bytes:
    """Return the published opening record of a section; raises NotFound before REVEAL."""
    document = session.scalar(
        select(OpeningRecord.document).where(
            OpeningRecord.project == project, OpeningRecord.section == section
        )
    )
    if document is None:
        raise NotFound("开标记录尚未公布 / no opening record yet")
    return document


def undecrypted(session: Session, project: UUID, section: UUID) -> list[Undecrypted]:
    """Return the bids of a section that stayed shut, in order of their ids."""
    return list(
        session.scalars(
            select(Undecrypted)
            .where(Undecrypted.project == project, Undecrypted.section == section)
            .order_by(Undecrypted.bid)
        )
    )
