"""Objects damaged on the platform's own disk: asked for again, the very same, or lost in public.

The manifest was signed before the deadline and names each object by its digest, so that a bidder
can bring back nothing but what it sent. What is not brought in time is the platform's fault, said
in public before anything is shown: no bid is left out in silence.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session

from bidding.hall.sitting import require_going, stood
from bidding.hall.stage import under_way
from bidding.submission import standing_bid, standing_bids
from monitor.clock import time_text
from monitor.record.act import Act
from monitor.record.action import Visibility, action
from monitor.record.identity import new_id
from monitor.record.suspension import stood_still
from monitor.record.table import Recorded
from monitor.refusal import Conflict, Invalid, NotFound, TooEarly, WrongStage
from monitor.role import Role
from trading.notice.participation import masked

MENDING = timedelta(minutes=30)
"""How long a bidder has to bring an object again: our own figure; no rule names one."""
RULE = "电子招标投标办法 31"
LOSE = "object.lose"


class DamagedHere(WrongStage):
    """What is stored of a bid is not what was received: nothing is done with it before it is."""

    def __init__(self) -> None:
        super().__init__(
            "平台保存的一份密封文件损坏，责任在平台：正在要求其投标人补送同一份文件，补齐后再办理"
            " / "
            "an object stored here is damaged, which is the platform's fault: its bidder is asked"
            " for the very same again; go on once it is back",
            rule=RULE,
        )


class Lost(WrongStage):
    """What is stored of a bid was given up in public: it is not opened any more."""

    def __init__(self) -> None:
        super().__init__(
            "本投标的密封文件在平台损坏且未能补齐，已公开宣布：不能打开，视为撤回，可要求赔偿 / "
            "an object of this bid was lost by the platform, as it has said in public: the bid"
            " cannot be opened and counts as withdrawn, with a claim to damages",
            rule=RULE,
        )


class State(StrEnum):
    """Where an object stands that was found damaged."""

    ASKED = "asked"
    MENDED = "mended"
    LOST = "lost"


class Damage(Recorded):
    """One object of a bid that is not what was received; `sha256` is the manifest's, in hex."""

    __tablename__ = "damage"
    __table_args__ = (UniqueConstraint("project", "section", "bid", "object"),)
    project: Mapped[UUID]
    section: Mapped[UUID]
    bid: Mapped[str]
    object: Mapped[str]
    sha256: Mapped[str]
    state: Mapped[str]
    until: Mapped[datetime]


@dataclass(frozen=True, slots=True, order=True)
class Lack:
    """An object of a bid that is missing here, or no longer what its manifest says."""

    bid: str
    object: str
    sha256: str


@action("object.ask", by=(Role.SYSTEM, Role.TENDEREE, Role.AGENCY, Role.CENTRE))
def ask(act: Act, *, section: UUID, lacks: tuple[Lack, ...]) -> int:
    """Say in public which objects are damaged here and ask their bidders for them; return how many.

    Raises Conflict where none is damaged that was not asked for, WrongStage before CLOSE and after
    REVEAL, NotFound for a bid that does not stand.
    """
    project = under_way(act, section)
    act.require(lacks, Conflict("所存文件完好，或已要求补送 / all is whole, or asked for already"))
    standing = {bid.bid for bid in standing_bids(act.session, project, section)}
    act.require(
        {lack.bid for lack in lacks} <= standing, NotFound("没有此投标 / no such bid", field="bid")
    )
    until = act.now + MENDING
    for lack in lacks:
        _ask(act, project, section, lack, until)
    act.note(
        subject=str(section),
        section=str(section),
        objects=[_told(lack) for lack in sorted(lacks)],
        until=time_text(until),
        fault="platform",
    )
    return len(lacks)


def _ask(act: Act, project: UUID, section: UUID, lack: Lack, until: datetime) -> None:
    row = _found(act.session, project, section, lack.bid, lack.object)
    if row is None:
        row = Damage(
            id=new_id(act.now), project=project, section=section, bid=lack.bid, object=lack.object
        )
        act.session.add(row)
    act.require(row.state in {None, State.MENDED}, Conflict("已要求补送 / it is asked for already"))
    row.sha256, row.state, row.until = lack.sha256, State.ASKED.value, until


@action("object.resend", by=(Role.TENDERER,), visibility=Visibility.SECRET)
def resend(act: Act, *, section: UUID, name: str, blob: UUID, sha256: str) -> UUID:
    """Put back one object of one's own bid, as `blob` in the store; return the act's record.

    `sha256` was computed of what lies under `blob` now. Raises NotFound for what was not asked for
    or is not one's own, Invalid for anything but the object that was received, WrongStage.
    """
    project = under_way(act, section)
    bid = standing_bid(act.session, project, section, masked(act))
    row = _found(act.session, project, section, bid.bid, name)
    act.attempt(subject=bid.bid, section=str(section), object=name, sha256=sha256)
    if row is None or row.state != State.ASKED:
        raise NotFound("没有要求补送此文件 / this object was not asked for", field="name")
    act.require(
        sha256 == row.sha256,
        Invalid("files", "不是当初递交的那份文件 / not the object that was received", rule=RULE),
    )
    bid.blobs = {**bid.blobs, name: str(blob)}
    row.state = State.MENDED.value
    return act.record_id


@action(LOSE, by=(Role.SYSTEM,))
def lose(act: Act, *, section: UUID, bid: str, name: str) -> None:
    """Say in public that an object was not brought back in time: the platform's fault.

    The other bids go on (电子招标投标办法 31). Raises NotFound, TooEarly before its time,
    WrongStage while the opening is paused.
    """
    project = under_way(act, section)
    require_going(act.session, project, section)
    row = _found(act.session, project, section, bid, name)
    if row is None or row.state != State.ASKED:
        raise NotFound("没有要求补送此文件 / this object was not asked for", field="name")
    act.require(
        act.now >= ends(act.session, row, act.now),
        TooEarly("补送时限未到 / its bidder still has time", rule=RULE),
    )
    row.state = State.LOST.value
    act.note(subject=bid, section=str(section), bid=bid, object=name, fault="platform")


def damages(session: Session, project: UUID, section: UUID) -> list[Damage]:
    """Return the objects of a section that were ever found damaged, by bid and name."""
    query = select(Damage).where(Damage.project == project, Damage.section == section)
    return list(session.scalars(query.order_by(Damage.bid, Damage.object)))


def waiting(session: Session, project: UUID, section: UUID) -> list[Damage]:
    """Return the objects that their bidders are still asked for."""
    return [row for row in damages(session, project, section) if row.state == State.ASKED]


def asked_of(session: Session, project: UUID, section: UUID, bid: str) -> list[Damage]:
    """Return the objects that the bidder of one bid is asked for."""
    return [row for row in waiting(session, project, section) if row.bid == bid]


def asked_for(session: Session, project: UUID, section: UUID) -> set[tuple[str, str]]:
    """Return bid and object of what is asked for or given up: what is not whole, and known."""
    rows = damages(session, project, section)
    return {(row.bid, row.object) for row in rows if row.state != State.MENDED}


def require_asked(
    session: Session, project: UUID, section: UUID, shut: set[tuple[str, str]]
) -> None:
    """Raise DamagedHere where nobody was asked for one of these objects, bid and name of each."""
    if shut - asked_for(session, project, section):
        raise DamagedHere


def ends(session: Session, damage: Damage, now: datetime) -> datetime:
    """Return until when an object may be brought; no time passes while trade or opening stands."""
    since = damage.until - MENDING
    held = stood_still(session, damage.project, since)
    return damage.until + held + stood(session, damage.project, damage.section, since, now)


def lost(session: Session, project: UUID, section: UUID, name: str) -> set[str]:
    """Return the bids whose object of that name is lost for good."""
    return {
        row.bid
        for row in damages(session, project, section)
        if (row.object, row.state) == (name, State.LOST)
    }


def lost_first(session: Session, project: UUID, section: UUID) -> dict[str, str]:
    """Return the bids of which anything is lost for good, each with the first such object."""
    rows = [row for row in damages(session, project, section) if row.state == State.LOST]
    return {row.bid: row.object for row in reversed(rows)}


def require_mended(session: Session, project: UUID, section: UUID, *names: str) -> None:
    """Raise WrongStage while a bidder still has time to bring an object of these names, or any."""
    rows = waiting(session, project, section)
    if any(not names or row.object in names for row in rows):
        raise WrongStage(
            f"有 {len(rows)} 个文件等待投标人补送 / objects that bidders are asked for", rule=RULE
        )


def require_given_up(
    session: Session, project: UUID, section: UUID, shut: set[tuple[str, str]]
) -> None:
    """Raise WrongStage unless the bidder of each of these objects was asked for it, and had time.

    `shut`: bid and object of what the platform itself could not open.
    """
    gone = {
        (row.bid, row.object)
        for row in damages(session, project, section)
        if row.state == State.LOST
    }
    if shut - gone:
        raise WrongStage(
            "存储损坏的文件须先要求投标人补送 / its bidder is asked for a damaged object first",
            rule=RULE,
        )


def require_whole(session: Session, project: UUID, section: UUID, opened: set[str]) -> None:
    """Raise WrongStage where anything is lost of a bid that would be read out as opened."""
    if opened & set(lost_first(session, project, section)):
        raise WrongStage(
            "有文件刚刚宣布未能补齐，请重新公布 / lost meanwhile: reveal anew", rule=RULE
        )


def _found(session: Session, project: UUID, section: UUID, bid: str, name: str) -> Damage | None:
    return session.scalar(
        select(Damage).where(
            Damage.project == project,
            Damage.section == section,
            Damage.bid == bid,
            Damage.object == name,
        )
    )


def _told(lack: Lack) -> dict[str, str]:
    return {"bid": lack.bid, "object": lack.object, "sha256": lack.sha256}
