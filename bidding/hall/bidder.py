"""What one tenderer has in a trade, found by its pseudonym alone; nobody else's is ever read here.

Before CLOSE only who proved the bid key knows that pseudonym; after it the organisation does too.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bidding.envelope.sealed_note import read_note
from bidding.envelope.trustee.close import prove_accepted
from bidding.evaluation.method import Evaluation
from bidding.evaluation.price import PriceCorrection
from bidding.hall.close import closing_of
from bidding.hall.failure.damage import State as Damage
from bidding.hall.failure.damage import damages, ends
from bidding.hall.unlock import Release
from bidding.opened import OpenedBid
from bidding.submission import Bid, State, is_before_addendum, standing_bids
from monitor.refusal import NotFound
from trading.award.objection import Objection
from trading.fee.deposit import Deposit
from trading.fee.guarantee import Guarantee
from trading.fee.held import STANDING
from trading.notice.addendum import Addendum, Question
from trading.notice.document import TenderDocument
from trading.notice.download import Download
from trading.notice.participation import Participant, Participation

CASH, GUARANTEE = "cash", "guarantee"


@dataclass(frozen=True, slots=True)
class OwnBid:
    """One version of the bid; `early`: sealed before an addendum, still valid."""

    version: int
    bid: str
    state: str
    manifest: str
    arrived: datetime
    early: bool
    notice: str
    """The digest of the tender documents that it was sealed for."""

    @property
    def stands(self) -> bool:
        """Tell whether this is the version that counts."""
        return self.state == State.RECEIVED


@dataclass(frozen=True, slots=True)
class OwnDeposit:
    """The deposit, in cash or as a guarantee; money in fen, None before it came in."""

    kind: str
    """CASH or GUARANTEE; of a guarantee `at` is until when it is valid."""
    number: str
    state: str
    amount_fen: int | None
    at: datetime | None

    @property
    def counts(self) -> bool:
        """Tell whether it secures the bid now: in hand, and not on its way back."""
        return self.kind == GUARANTEE or self.state in STANDING


@dataclass(frozen=True, slots=True)
class OwnCorrection:
    """A price in fen as the committee corrected it, which its bidder is asked to confirm."""

    bid: UUID
    before: int
    price: int
    rules: tuple[str, ...]
    confirmed: bool


@dataclass(frozen=True, slots=True)
class OwnQuestion:
    """A question that was asked, and the answer to everybody."""

    text: str
    asked: datetime
    answer: str | None


@dataclass(frozen=True, slots=True)
class OwnObjection:
    """An objection that was filed, and how it was answered."""

    kind: str
    text: str
    filed: datetime
    answer: str | None
    outcome: str | None


@dataclass(frozen=True, slots=True)
class OwnDamage:
    """An object of the bid that the platform has damaged, and until when it may be brought.

    `lost`: nobody brought it, and that was said in public.
    """

    name: str
    sha256: str
    until: datetime
    lost: bool


@dataclass(frozen=True, slots=True)
class Own:
    """Everything of one pseudonym in one section; `obtained` counts the addenda of the download."""

    joined: bool
    obtained: int | None
    deposit: OwnDeposit | None
    bids: tuple[OwnBid, ...]
    released: bool
    questions: tuple[OwnQuestion, ...]
    objections: tuple[OwnObjection, ...]
    damaged: tuple[OwnDamage, ...]
    """What is asked for and what is lost, not what came back."""

    @property
    def asked(self) -> tuple[OwnDamage, ...]:
        """Return the objects that are to be brought again, the one whose time ends first first."""
        waits = [each for each in self.damaged if not each.lost]
        return tuple(sorted(waits, key=lambda each: (each.until, each.name)))

    @property
    def lost(self) -> tuple[OwnDamage, ...]:
        """Return the objects that were given up."""
        return tuple(each for each in self.damaged if each.lost)

    @property
    def standing(self) -> OwnBid | None:
        """Return the version that counts, if any."""
        return next((bid for bid in self.bids if bid.stands), None)


def own(session: Session, project: UUID, section: UUID, mask: str, org: UUID, now: datetime) -> Own:
    """Return what this pseudonym has; `org` is asked for objections under one's own name alone."""
    bids = _bids(session, project, section, mask)
    released = select(Release.id).where(
        Release.project == project, Release.bid.in_([bid.bid for bid in bids])
    )
    return Own(
        participation(session, project, mask) is not None,
        _obtained(session, project, mask),
        _deposit(session, project, section, mask),
        bids,
        session.scalar(released) is not None,
        _questions(session, project, mask),
        _objections(session, project, mask, org),
        _damaged(session, project, section, bids, now),
    )


def _damaged(
    session: Session, project: UUID, section: UUID, bids: tuple[OwnBid, ...], now: datetime
) -> tuple[OwnDamage, ...]:
    mine = {bid.bid for bid in bids}
    return tuple(
        OwnDamage(row.object, row.sha256, ends(session, row, now), row.state == Damage.LOST)
        for row in damages(session, project, section)
        if row.bid in mine and row.state != Damage.MENDED
    )


def participation(session: Session, project: UUID, mask: str) -> Participation | None:
    """Return the participation of a pseudonym, if it joined."""
    return session.scalar(
        select(Participation).where(Participation.project == project, Participation.mask == mask)
    )


def section_of(session: Session, project: UUID, mask: str) -> UUID | None:
    """Return the section for which a pseudonym sealed its identity, if it joined."""
    joined = participation(session, project, mask)
    if joined is None:
        return None
    return UUID(read_note(joined.sealed_identity).capsule.context.lot)


def known_masks(session: Session, uscc: str) -> dict[UUID, str]:
    """Return the pseudonyms that the trustees found to be this organisation's, by project."""
    rows = session.execute(
        select(Participant.project, Participant.mask).where(Participant.uscc == uscc)
    )
    return {row.project: row.mask for row in rows}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a bid lies under the root of CLOSE: what its bidder checks, and anybody can."""

    document: bytes
    leaf: bytes
    index: int
    path: tuple[bytes, ...]


def place_of(session: Session, project: UUID, section: UUID, mask: str) -> Place:
    """Return a bid's place in the closed set; raises NotFound before CLOSE or without a bid."""
    closing = closing_of(session, project, section)
    standing = standing_bids(session, project, section)
    own = next((bid.leaf for bid in standing if bid.mask == mask), None)
    if own is None:
        raise NotFound("没有有效的投标 / no bid stands", field="bid")
    index, path = prove_accepted([bid.leaf for bid in standing], own)
    return Place(closing.document, own, index, tuple(path))


def _bids(session: Session, project: UUID, section: UUID, mask: str) -> tuple[OwnBid, ...]:
    rows = session.scalars(
        select(Bid)
        .where(Bid.project == project, Bid.section == section, Bid.mask == mask)
        .order_by(Bid.version)
    )
    return tuple(
        OwnBid(
            row.version, row.bid, row.state, row.manifest, row.arrived_at,
            is_before_addendum(session, row), row.notice,
        )
        for row in rows
    )  # fmt: skip


def _obtained(session: Session, project: UUID, mask: str) -> int | None:
    return session.scalar(
        select(func.max(Download.addenda))
        .join(TenderDocument, TenderDocument.id == Download.document)
        .where(TenderDocument.project == project, Download.mask == mask)
    )


def _deposit(session: Session, project: UUID, section: UUID, mask: str) -> OwnDeposit | None:
    """Return what secures the bid: a guarantee, where a deposit went back, counts before it."""
    paid = session.scalar(
        select(Deposit).where(
            Deposit.project == project, Deposit.section == section, Deposit.mask == mask
        )
    )
    given = session.scalar(
        select(Guarantee).where(
            Guarantee.project == project, Guarantee.section == section, Guarantee.mask == mask
        )
    )
    if given is not None and (paid is None or paid.state not in STANDING):
        return OwnDeposit(GUARANTEE, given.number, "given", given.amount_fen, given.valid_until)
    if paid is None:
        return None
    return OwnDeposit(CASH, paid.number, paid.state, paid.amount_fen, paid.received_at)


def correction(session: Session, project: UUID, section: UUID, uscc: str) -> OwnCorrection | None:
    """Return the correction of an organisation's own opened bid, if the committee made one."""
    row = session.execute(
        select(PriceCorrection, OpenedBid.price)
        .join(Evaluation, Evaluation.id == PriceCorrection.evaluation)
        .join(OpenedBid, OpenedBid.bid == PriceCorrection.bid)
        .where(Evaluation.project == project, Evaluation.section == section)
        .where(OpenedBid.uscc == uscc)
    ).one_or_none()
    if row is None:
        return None
    found, before = row
    return OwnCorrection(found.bid, before, found.price, tuple(found.rules), found.confirmed)


def _questions(session: Session, project: UUID, mask: str) -> tuple[OwnQuestion, ...]:
    rows = session.execute(
        select(Question.text, Question.asked_at, Addendum.text.label("answer"))
        .outerjoin(Addendum, Addendum.id == Question.answer)
        .where(Question.project == project, Question.mask == mask)
        .order_by(Question.asked_at)
    )
    return tuple(OwnQuestion(row.text, row.asked_at, row.answer) for row in rows)


def _objections(session: Session, project: UUID, mask: str, org: UUID) -> tuple[OwnObjection, ...]:
    rows: Iterable[Objection] = session.scalars(
        select(Objection)
        .where(Objection.project == project, (Objection.mask == mask) | (Objection.org == org))
        .order_by(Objection.filed_at)
    )
    return tuple(
        OwnObjection(row.kind, row.text, row.filed_at, row.answer, row.outcome) for row in rows
    )
