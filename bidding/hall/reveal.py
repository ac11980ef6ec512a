"""REVEAL: every bid at once, as read out, with what stays shut and why; the opening record.

The machine never says "void": a bid that neither opens is "undecrypted, cause …"; see
failure/undecrypted.py.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session

from bidding.attachment import listed
from bidding.envelope.bid.authority import read_signer
from bidding.envelope.bid.letter import price_findings
from bidding.envelope.bid.opening import Cause, OpeningError
from bidding.envelope.document import EnvelopeError, digest
from bidding.envelope.trustee.batch import Undecrypted as Shut
from bidding.hall.ceremony import Noted, Result
from bidding.hall.failure.damage import require_given_up, require_mended, require_whole
from bidding.hall.failure.shortage import note_shortage
from bidding.hall.failure.undecrypted import Fault, Undecrypted
from bidding.hall.sitting import require_going
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
from monitor.refusal import Conflict, Invalid, NotFound
from monitor.role import Role
from trading.notice.moment import required_project
from trading.registration.section import found_section

SEVERAL = (
    "同一投标人递交两个以上投标文件（招标投标法实施条例 51（四）） / "
    "several bids of one tenderer (art. 51(4))"
)

UNVERIFIED = "（本平台未验证签名 / not verified here）"
ABOVE = "报价高于最高投标限价（招标投标法实施条例 51（五）） / above the ceiling (art. 51(5))"


class OpeningRecord(Recorded):
    """The opening record 开标记录 of a section, as published; JSON, canonical."""

    __tablename__ = "opening_record"
    __table_args__ = (UniqueConstraint("project", "section"),)
    project: Mapped[UUID]
    section: Mapped[UUID]
    document: Mapped[bytes]
    digest: Mapped[str]


@action("opening.reveal", by=(Role.TENDEREE, Role.SYSTEM))
def reveal(act: Act, *, section: UUID, results: list[Result]) -> str:
    """Publish all rows in one transaction; return the opening record's digest.

    Raises WrongStage before UNLOCK is in a cosigned checkpoint and while an object that is damaged
    here may still be brought again, Conflict the second time, Invalid unless the results are of the
    bids of CLOSE, each once.
    """
    project = required_project(act.project)
    declared = required(act.session, project, section, "opening.unlock")
    require_cosigned(act.session, declared.record, "UNLOCK")
    act.require(
        step(act.session, project, section, "opening.reveal") is None,
        Conflict("已公布 / revealed already"),
    )
    require_going(act.session, project, section)
    require_mended(act.session, project, section)
    require_given_up(act.session, project, section, damaged(results))
    require_whole(act.session, project, section, opened_in(results))
    standing = [bid.id for bid in standing_bids(act.session, project, section)]
    act.require(
        sorted(result.noted.bid.id for result in results) == sorted(standing),
        Invalid("results", "须一次公布全部投标 / all bids of CLOSE at once, and no other"),
    )
    for result in results:
        act.session.add(_row(act, project, section, result))
        if result.letter is not None:
            files = result.letter.letter.attachments
            act.session.add_all(listed(project, section, result.noted.bid.id, files))
    ceiling = found_section(act.session, project, section).ceiling_fen
    rows = _with_remarks([read_out(result) for result in results], ceiling)
    document = opening_record(project, section, act, rows, ceiling)
    act.session.add(
        OpeningRecord(
            id=new_id(act.now),
            project=project,
            section=section,
            document=document,
            digest=digest(document),
        )
    )
    opened = len(opened_in(results))
    note_shortage(act, opened)
    act.note(
        subject=str(section),
        section=str(section),
        record=digest(document),
        opened=opened,
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
            code=fault_of(result).value,
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
        figures_match_words=not price_findings(letter),
        letter={"period_days": letter.period_days, "quality": letter.quality}
        | signed_by(result.noted),
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


def signed_by(noted: Noted) -> dict[str, str]:
    """Return whose CA signature lies beside a manifest, as its certificate says; nothing else."""
    if not noted.authority:
        return {}
    try:
        signer = read_signer(noted.manifest, noted.authority)
    except EnvelopeError as error:
        return {"authority": str(error)}
    told = signer.subject if signer.verified else f"{signer.subject} {UNVERIFIED}"
    return {"authority": told}


def _with_remarks(rows: list[dict[str, Any]], ceiling: int | None) -> list[dict[str, Any]]:
    """Remark on prices above the ceiling, and on bids of one tenderer.

    Pseudonyms hid until now that they are one's (招标投标法实施条例 51（四）).
    """
    counted = Counter(row["uscc"] for row in rows)
    return [
        row | {"remarks": [*row["remarks"], *_remarks(row, counted[row["uscc"]], ceiling)]}
        if "remarks" in row
        else row
        for row in rows
    ]


def _remarks(row: Mapping[str, Any], same: int, ceiling: int | None) -> Iterator[str]:
    if ceiling is not None and int(row["price_fen"]) > ceiling:
        yield ABOVE
    if same > 1:
        yield SEVERAL


def cause_of(result: Result) -> str:
    """Return in words why a bid stays shut."""
    failure = result.failure
    return failure.message if isinstance(failure, Shut) else str(failure)


def fault_of(result: Result) -> Fault:
    """Return on whose side the fault lies, as far as the machine can tell."""
    failure = result.failure
    if not isinstance(failure, OpeningError) or failure.cause is Cause.KEY:
        return Fault.TRUSTEES
    return Fault.PLATFORM if failure.cause is Cause.PLATFORM else Fault.BIDDER


def damaged(results: list[Result]) -> set[tuple[str, str]]:
    """Return bid and object of what is not opened because it is damaged here."""
    return {
        (result.noted.bid.bid, result.failure.item)
        for result in results
        if isinstance(result.failure, OpeningError)
        if result.failure.cause is Cause.PLATFORM and result.failure.item in result.noted.bid.blobs
    }


def opened_in(results: list[Result]) -> set[str]:
    """Return the bids that were opened."""
    return {result.noted.bid.bid for result in results if result.letter is not None}


def opening_record(
    project: UUID, section: UUID, act: Act, rows: list[dict[str, Any]], ceiling: int | None
) -> bytes:
    """Return the canonical opening record: rows in order of arrival, and the ceiling if any."""
    in_order = sorted(rows, key=lambda row: str(row["arrived"]))
    held_to = {} if ceiling is None else {"ceiling_fen": str(ceiling)}
    return canonical(
        held_to
        | {
            "v": "batong-opening/1",
            "project": str(project),
            "section": str(section),
            "time": time_text(act.now),
            "bids": in_order,
        }
    )


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
