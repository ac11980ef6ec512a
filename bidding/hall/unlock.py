"""Unlocking: bidders release their own keys, trustees give the rest, then UNLOCK is declared.

No key and no share is taken before CLOSE is in a cosigned checkpoint; each trustee batch is
complete or explained, and its digest is in the log before the next one is taken.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session

from bidding.envelope.age.error import AgeError
from bidding.envelope.age.key import recipient_of
from bidding.envelope.capsule import Kind, read_capsule
from bidding.envelope.document import EnvelopeError, digest
from bidding.envelope.trustee.batch import CheckedBatch, Request, check_batch
from bidding.hall.failure.complaint import good_shares
from bidding.hall.sitting import given_back, require_window
from bidding.hall.stage import SEALS, required
from bidding.hall.trust import require_cosigned
from bidding.submission import standing_bid, standing_bids
from bidding.terms import roster_of, window_end
from monitor.log.canonical import canonical
from monitor.record.act import Act
from monitor.record.action import Visibility, action
from monitor.record.identity import new_id
from monitor.record.table import Recorded
from monitor.refusal import Conflict, Invalid, TooEarly
from monitor.role import Role
from trading.notice.moment import required_project
from trading.notice.participation import masked

RELEASED, SHARES = "released", "shares"


class Release(Recorded):
    """A bidder's own key of its bid, given after CLOSE."""

    __tablename__ = "release"
    __table_args__ = (UniqueConstraint("project", "section", "bid"),)
    project: Mapped[UUID]
    section: Mapped[UUID]
    bid: Mapped[str]
    identity: Mapped[str]


class ShareBatch(Recorded):
    """One trustee's signed answer for one kind of thing locked."""

    __tablename__ = "share_batch"
    __table_args__ = (UniqueConstraint("project", "section", "kind", "seat"),)
    project: Mapped[UUID]
    section: Mapped[UUID]
    kind: Mapped[str]
    seat: Mapped[int]
    document: Mapped[bytes]
    digest: Mapped[str]
    record: Mapped[UUID]
    given: Mapped[list[Any]]
    """The subjects for which it gave a good share."""


@action("opening.release", by=(Role.TENDERER,), visibility=Visibility.SECRET)
def release(act: Act, *, section: UUID, identity: str, capsule: bytes) -> UUID:
    """Take a bidder's own key for its bid after a witnessed CLOSE; return the row's id.

    Raises WrongStage before that and the seal check or after UNLOCK, Invalid for a capsule that is
    not the bid's own or a key that is not the capsule's.
    """
    project = required_project(act.project)
    require_window(act.session, project, section)
    required(act.session, project, section, *SEALS)
    bid = standing_bid(act.session, project, section, masked(act))
    act.require(
        digest(capsule) == bid.capsule,
        Invalid("capsule", "不是本投标的封装件 / not the capsule of this bid"),
    )
    try:
        fits = recipient_of(identity) == read_capsule(capsule).recipient
    except (EnvelopeError, AgeError) as error:
        raise Invalid("identity", f"密钥无法读出 / unreadable key: {error}") from error
    act.require(fits, Invalid("identity", "不是本投标的密钥 / not the key of this bid"))
    act.on_conflict(
        "release_project_section_bid_key",
        lambda _: Conflict("密钥已交 / the key was given already"),
    )
    row = Release(
        id=new_id(act.now), project=project, section=section, bid=bid.bid, identity=identity
    )
    act.session.add(row)
    act.note(subject=bid.bid, section=str(section), recipient=recipient_of(identity))
    return row.id


@action("opening.take_batch", by=(Role.TRUSTEE,), visibility=Visibility.PUBLIC)
def take_batch(act: Act, *, section: UUID, request: Request, document: bytes) -> CheckedBatch:
    """Take one trustee's batch: checked whole, its digest public at once; return it checked.

    A wrong share is named in public with its seat. Raises WrongStage out of turn, Invalid for a
    batch that is not signed, not for this CLOSE or with gaps not explained, Conflict for a second.
    """
    project = required_project(act.project)
    closed = require_window(act.session, project, section)
    if request.kind is Kind.BID:
        required(act.session, project, section, *SEALS)
    for earlier in batches(act.session, project, section):
        require_cosigned(act.session, earlier.record, f"席位 {earlier.seat}")
    try:
        checked = check_batch(document, request)
    except EnvelopeError as error:
        raise Invalid("batch", str(error), rule="batong-bid/1 unlock") from error
    act.require(
        request.close.digest == closed, Invalid("batch", "不是本标段的 CLOSE / another CLOSE")
    )
    act.on_conflict(
        "share_batch_project_section_kind_seat_key",
        lambda _: Conflict("该席位已交 / this seat has given its batch"),
    )
    act.session.add(
        ShareBatch(
            id=new_id(act.now),
            project=project,
            section=section,
            kind=request.kind.value,
            seat=checked.seat.index,
            document=document,
            digest=checked.digest,
            record=act.record_id,
            given=sorted(checked.shares),
        )
    )
    act.note(
        subject=str(section),
        section=str(section),
        kind=request.kind.value,
        seat=checked.seat.index,
        trustee=checked.seat.name,
        digest=checked.digest,
        given=len(checked.shares),
        gaps=len(checked.gaps),
        faults=[f"{fault.item}: {fault.message}" for fault in checked.faults],
    )
    return checked


@action("opening.unlock", by=(Role.TENDEREE, Role.SYSTEM))
def unlock(act: Act, *, section: UUID, shut: Mapping[str, str] | None = None) -> dict[str, str]:
    """Declare UNLOCK; return for every bid how it opens: released, shares, or why it stays shut.

    The platform works it out; `shut` gives a reason for each bid that has neither its key nor a
    quorum, and for no other, and only once the bidders' window is over. Nothing has been shown
    yet. Raises WrongStage before the seal check and the second time, TooEarly, Invalid.
    """
    project = required_project(act.project)
    require_window(act.session, project, section)
    required(act.session, project, section, *SEALS)
    for batch in batches(act.session, project, section):
        require_cosigned(act.session, batch.record, f"席位 {batch.seat}")
    ways = ways_to_open(act.session, project, section)
    reasons = dict(shut or {})
    lacking = {bid for bid, way in ways.items() if way is None}
    act.require(
        lacking == {bid for bid, reason in reasons.items() if reason.strip()},
        Invalid(
            "shut", "须逐一说明未能解密的投标 / a reason for each bid that stays shut, no other"
        ),
    )
    if lacking:
        _require_window_over(act, project, section)
    status = {bid: way or reasons[bid].strip() for bid, way in ways.items()}
    act.note(
        subject=str(section),
        section=str(section),
        released=sum(way == RELEASED for way in ways.values()),
        shares=sum(way == SHARES for way in ways.values()),
        shut=len(lacking),
        status=digest(canonical(status)),
    )
    return status


def ways_to_open(session: Session, project: UUID, section: UUID) -> dict[str, str | None]:
    """Return for each standing bid whether it was released, has its quorum, or neither."""
    released = releases(session, project, section)
    taken = batches(session, project, section, Kind.BID)
    told = good_shares(session, project, section)
    threshold = roster_of(session, project).threshold
    ways: dict[str, str | None] = {}
    for row in standing_bids(session, project, section):
        seats = {batch.seat for batch in taken if row.bid in batch.given} | told.get(row.bid, set())
        enough = len(seats) >= threshold
        ways[row.bid] = RELEASED if row.bid in released else SHARES if enough else None
    return ways


def _require_window_over(act: Act, project: UUID, section: UUID) -> None:
    closed = required(act.session, project, section, "opening.close")
    act.require(
        act.now
        >= window_end(act.session, project, closed.at)
        + given_back(act.session, project, section, act.now),
        TooEarly("解密时限未到 / the bidders' window is not over", rule="电子招标投标办法 30"),
    )


def batches(
    session: Session, project: UUID, section: UUID, kind: Kind | None = None
) -> list[ShareBatch]:
    """Return the batches taken so far, by seat."""
    query = select(ShareBatch).where(ShareBatch.project == project, ShareBatch.section == section)
    if kind is not None:
        query = query.where(ShareBatch.kind == kind.value)
    return list(session.scalars(query.order_by(ShareBatch.seat)))


def releases(session: Session, project: UUID, section: UUID) -> dict[str, str]:
    """Return the released keys by bid."""
    rows = session.scalars(
        select(Release).where(Release.project == project, Release.section == section)
    )
    return {row.bid: row.identity for row in rows}
