"""Bids 投标文件: submit, replace, withdraw. Before CLOSE a row tells nothing but a pseudonym.

The manifest lies sealed to the trustees, the objects under random names. Judged by the arrival of
the last byte; refused only on the three lawful grounds: not pre-qualified, late, not sealed
(招标投标法实施条例 36).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Index, Select, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session

from bidding.envelope.bid.acceptance import FORM
from bidding.envelope.document import BadSignature, Malformed, check_signature
from bidding.envelope.finding import Finding, refused
from bidding.terms import deadline, versions
from monitor.clock import time_text
from monitor.record.act import Act
from monitor.record.action import Visibility, action
from monitor.record.arrival import arrived
from monitor.record.identity import secret_id
from monitor.record.table import Recorded
from monitor.refusal import Conflict, Invalid, NotFound, TooLate
from monitor.role import Role
from trading.fee.held import at_withdrawal
from trading.notice.moment import require_open, required_project
from trading.notice.participation import joined, masked
from trading.registration.section import found_section

LATE = "招标投标法 28；招标投标法实施条例 36"
BID_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class State(StrEnum):
    """Where a bid version stands."""

    RECEIVED = "received"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"


class Bid(Recorded):
    """One sealed version of one tenderer's bid for one section."""

    __tablename__ = "bid"
    __table_args__ = (
        UniqueConstraint("project", "section", "mask", "version"),
        UniqueConstraint("project", "section", "bid"),
        Index(
            "bid_one_received_idx",
            "project",
            "section",
            "mask",
            unique=True,
            postgresql_where="state = 'received'",
        ),
    )
    project: Mapped[UUID]
    section: Mapped[UUID]
    mask: Mapped[str]
    version: Mapped[int]
    bid: Mapped[str]
    """The id that the tenderer's tool gave this version; the capsule's subject."""
    state: Mapped[str]
    manifest: Mapped[str]
    capsule: Mapped[str]
    leaf: Mapped[bytes]
    sealed_manifest: Mapped[bytes]
    blobs: Mapped[dict[str, Any]]
    arrived_at: Mapped[datetime]
    notice: Mapped[str]
    """The digest of the tender documents that it was sealed for."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """A checked upload, ready to be taken in; digests in hexadecimal, `leaf` is salted."""

    section: UUID
    bid: str
    version: int
    manifest: str
    capsule: str
    leaf: bytes
    notice: str
    sealed_manifest: bytes
    blobs: dict[str, str]
    findings: tuple[Finding, ...]


@action("bid.submit", by=(Role.TENDERER,), visibility=Visibility.SECRET)
def submit(act: Act, *, arrival: UUID, parcel: Parcel) -> UUID:
    """Take in a sealed bid, or its next version, as of its arrival; return its record's id.

    Raises TooLate (招标投标法 28), Invalid when it is not sealed as the format demands, Conflict
    for a version that is not the next or an id that is taken, NotFound for no such section.
    """
    project, mask = required_project(act.project), masked(act)
    joined(act.session, project, mask)
    found_section(act.session, project, parcel.section)
    stamp = arrived(act.session, arrival, project, mask)
    act.attempt(
        subject=parcel.bid,
        section=str(parcel.section),
        version=parcel.version,
        manifest=parcel.manifest,
        leaf=parcel.leaf.hex(),
        arrival=str(arrival),
        arrived=time_text(stamp.at),
    )
    act.require(
        stamp.digest.hex() == parcel.manifest,
        Invalid("arrival", "送达的不是这份投标文件 / another bid arrived then"),
    )
    act.require(
        stamp.at <= deadline(act.session, project),
        TooLate("投标截止时间已过，不予接收 / the deadline has passed; not received", rule=LATE),
    )
    require_open(act.session, project)
    _require_sealed(parcel)
    act.on_conflict(
        "bid_project_section_bid_key",
        lambda _: Conflict("投标编号已被使用 / this bid id is taken", field="bid"),
    )
    _supersede(act, project, mask, parcel)
    act.session.add(_received(project, mask, parcel, stamp.at))
    return act.record_id


def _received(project: UUID, mask: str, parcel: Parcel, at: datetime) -> Bid:
    return Bid(
        id=secret_id(),
        project=project,
        section=parcel.section,
        mask=mask,
        version=parcel.version,
        bid=parcel.bid,
        state=State.RECEIVED.value,
        manifest=parcel.manifest,
        capsule=parcel.capsule,
        leaf=parcel.leaf,
        sealed_manifest=parcel.sealed_manifest,
        blobs=parcel.blobs,
        arrived_at=at,
        notice=parcel.notice,
    )


def _require_sealed(parcel: Parcel) -> None:
    if not BID_ID.fullmatch(parcel.bid):
        raise Invalid("bid", "投标编号应为 UUID / a bid id is a UUID", rule=FORM)
    faults = refused(list(parcel.findings))
    if faults:
        # A lawful ground is named before a rule of our own format.
        first = min(faults, key=lambda fault: fault.rule == FORM)
        raise Invalid(
            first.item, "；".join(f"{f.item}: {f.message}" for f in faults), rule=first.rule
        )


def _supersede(act: Act, project: UUID, mask: str, parcel: Parcel) -> None:
    before = act.session.scalars(
        select(Bid)
        .where(Bid.project == project, Bid.section == parcel.section, Bid.mask == mask)
        .order_by(Bid.version)
    ).all()
    act.require(
        parcel.version == len(before) + 1,
        Conflict(
            f"应为第 {len(before) + 1} 版 / must be version {len(before) + 1}", field="version"
        ),
    )
    for earlier in before:
        if earlier.state == State.RECEIVED:
            earlier.state = State.SUPERSEDED.value
            act.note(supersedes=str(earlier.id))
    act.session.flush()


@action("bid.withdraw", by=(Role.TENDERER,), visibility=Visibility.SECRET)
def withdraw(act: Act, *, section: UUID, signature: str) -> UUID:
    """Withdraw the bid before the deadline, by a statement signed with the bid key; return its id.

    The statement is `withdrawal(project, section, bid)`. Raises TooLate (招标投标法 29), NotFound,
    Invalid for a signature that is not the pseudonym's.
    """
    project, mask = required_project(act.project), masked(act)
    act.require(
        act.now <= deadline(act.session, project),
        TooLate("截止后不得撤回 / no withdrawal after the deadline", rule="招标投标法 29"),
    )
    require_open(act.session, project)
    row = received(act.session, project, section, mask)
    _check_withdrawal(act, row, signature)
    row.state = State.WITHDRAWN.value
    concerned = at_withdrawal(act.session, project, section, mask)
    act.note(subject=row.bid, section=str(section), version=row.version, concerns=concerned)
    return row.id


def withdrawal(project: UUID, section: UUID, bid: str) -> bytes:
    """Return the bytes that a tenderer signs to withdraw."""
    return f"{project}\n{section}\n{bid}\n".encode()


def _check_withdrawal(act: Act, row: Bid, signature: str) -> None:
    key = joined(act.session, row.project, row.mask).public_key.hex()
    try:
        check_signature("withdrawal", withdrawal(row.project, row.section, row.bid), signature, key)
    except (BadSignature, Malformed) as error:
        raise Invalid("signature", "撤回声明签名无效 / the statement is not signed") from error


def received(session: Session, project: UUID, section: UUID, mask: str) -> Bid:
    """Return the standing bid of a pseudonym; raises NotFound."""
    row = session.scalar(
        select(Bid).where(
            Bid.project == project,
            Bid.section == section,
            Bid.mask == mask,
            Bid.state == State.RECEIVED.value,
        )
    )
    if row is None:
        raise NotFound("没有已递交的投标 / no bid has been received", field="bid")
    return row


def stands_already(session: Session, project: UUID, mask: str, manifest: str) -> bool:
    """Tell whether the bid of a manifest (digest in hexadecimal) was received and stands."""
    found = select(Bid.id).where(
        Bid.project == project,
        Bid.mask == mask,
        Bid.manifest == manifest,
        Bid.state == State.RECEIVED.value,
    )
    return session.scalar(found) is not None


def standing_bids(session: Session, project: UUID, section: UUID) -> list[Bid]:
    """Return the bids that stand, in the order of their leaves, which tells nothing.

    One sealed before an addendum that says to submit again does not.
    """
    return list(session.scalars(_counted(session, project, section).order_by(Bid.leaf)))


def _counted(session: Session, project: UUID, section: UUID) -> Select[Any]:
    current, earlier = versions(session, project)
    return select(Bid).where(
        Bid.project == project,
        Bid.section == section,
        Bid.state == State.RECEIVED.value,
        Bid.notice.in_((current, *earlier)),
    )


def standing_bid(session: Session, project: UUID, section: UUID, mask: str) -> Bid:
    """Return the bid of a pseudonym that CLOSE counts; raises NotFound."""
    found = session.scalar(_counted(session, project, section).where(Bid.mask == mask))
    if found is None:
        raise NotFound("没有有效的投标 / no bid stands", field="bid")
    return cast("Bid", found)


def is_before_addendum(session: Session, bid: Bid) -> bool:
    """Tell whether the documents changed after the bid was sealed: valid, but its owner is told."""
    return bid.notice != versions(session, bid.project)[0]


def gone_blobs(session: Session, project: UUID) -> set[UUID]:
    """Return the stored objects of replaced and withdrawn versions: nobody may ever open those."""
    rows = session.scalars(
        select(Bid.blobs).where(Bid.project == project, Bid.state != State.RECEIVED.value)
    )
    return {UUID(name) for blobs in rows for name in blobs.values()}
