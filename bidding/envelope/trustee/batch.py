"""Batches of shares: what a trustee is asked, what it answers, and how everybody checks the answer.

A batch is complete or explains each gap; a wrong share is refused in public under its seat's name.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bidding.envelope.capsule import Capsule, Gap, Kind, combine_shares, fits, read_capsule
from bidding.envelope.document import (
    EnvelopeError,
    Fields,
    Malformed,
    check_signed,
    digest,
    read_signed,
)
from bidding.envelope.finding import Finding
from bidding.envelope.roster import Device, Roster, Seat
from bidding.envelope.sharing.feldman import SharingError
from bidding.envelope.trustee.close import Close, CloseError, Locked, accept_set

RULE = "batong-bid/1 unlock"


class BatchError(EnvelopeError):
    """A whole batch is refused."""


@dataclass(frozen=True, slots=True)
class Request:
    """All that CLOSE fixed of one kind; `released` are the subjects whose bidder gave R itself.

    `successors` hold seats after those whom the roster names.
    """

    close: Close
    roster: Roster
    kind: Kind
    items: tuple[Locked, ...]
    released: frozenset[str] = frozenset()
    successors: tuple[Seat, ...] = ()

    def seat_of(self, device: Device) -> Seat | None:
        """Return the seat that a machine answers for."""
        return self.roster.seat_of(device, self.successors)

    @property
    def lost(self) -> frozenset[str]:
        """Return the subjects whose capsule is said to be lost; whether it is, the log tells."""
        return frozenset(item.subject for item in self.items if not item.capsule)

    def capsules(self) -> dict[str, Capsule]:
        """Return the capsules by subject, after checking that they are those of CLOSE.

        One that is lost is not among them: no share of it can be given.
        """
        accepted = accept_set([item.leaf for item in self.items])
        if accepted != self.close.accepted(self.kind):
            raise CloseError("items: 与 CLOSE 所定集合不符 / not the set that CLOSE fixed")
        subjects = {item.subject for item in self.items}
        if len(subjects) != len(self.items) or not self.released <= subjects:
            raise CloseError("items: 编号重复或未知 / an id twice, or unknown")
        present = (item for item in self.items if item.capsule)
        capsules = {item.subject: read_capsule(item.capsule) for item in present}
        for subject, capsule in capsules.items():
            self._check_context(subject, capsule)
        return capsules

    def _check_context(self, subject: str, capsule: Capsule) -> None:
        context, close = capsule.context, self.close
        expected = (self.kind, close.tender, close.lot, subject)
        if (context.kind, context.tender, context.lot, context.subject) != expected:
            raise CloseError(f"{subject}: 封装件属于别处 / a capsule of something else")
        if capsule.trustees != self.roster.digest:
            raise CloseError(f"{subject}: 受托人名单不符 / made for other trustees")


@dataclass(frozen=True, slots=True)
class CheckedBatch:
    """A batch whose signature holds: good scalars by subject, stated gaps, faults to publish."""

    seat: Seat
    digest: str
    shares: Mapping[str, bytes]
    gaps: Mapping[str, Gap]
    faults: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Undecrypted:
    """A subject that the shares at hand do not open, and why; two persons confirm the cause."""

    subject: str
    message: str


def check_batch(data: bytes, request: Request) -> CheckedBatch:
    """Check a trustee's answer; raises BatchError, CloseError, Malformed, BadSignature.

    A wrong share does not spoil the others: it becomes a fault that names the seat and the bid.
    """
    document = read_signed("batch", data, "close kind recipient signer given_at entries")
    device = Device(document.text("recipient"), document.hexes("signer"))
    seat = request.seat_of(device)
    if seat is None:
        raise BatchError("batch: 不是受托人的设备 / no trustee's device")
    check_signed(document, device.signer)
    document.time("given_at")
    if document.text("close") != request.close.digest or document.text("kind") != request.kind:
        raise BatchError(f"{seat.name}: 不是这次 CLOSE 的 / for another CLOSE")
    return _sort_entries(document, data, seat, request)


def combine_batches(
    request: Request, batches: Sequence[CheckedBatch]
) -> dict[str, str | Undecrypted]:
    """Return for each unreleased subject its AGE-SECRET-KEY-1…, or why there is none.

    To be called only after UNLOCK is sequenced in the log.
    """
    found: dict[str, str | Undecrypted] = {}
    for subject, capsule in request.capsules().items():
        if subject not in request.released:
            shares = {b.seat.index: b.shares[subject] for b in batches if subject in b.shares}
            found[subject] = _combine(subject, capsule, shares)
    return found


def _combine(subject: str, capsule: Capsule, shares: dict[int, bytes]) -> str | Undecrypted:
    try:
        return combine_shares(capsule, shares)
    except SharingError as error:
        return Undecrypted(subject, str(error))


def _sort_entries(document: Fields, data: bytes, seat: Seat, request: Request) -> CheckedBatch:
    capsules = request.capsules()
    shares, gaps, faults = dict[str, bytes](), dict[str, Gap](), list[Finding]()
    for entry in document.each("entries", "subject share gap"):
        subject, share = entry.text("subject"), entry.text("share")
        if subject in request.lost:
            continue  # given before its capsule was lost; without that nothing can be checked
        if subject in shares or subject in gaps or subject not in capsules:
            raise BatchError(f"{seat.name}: 编号重复或未知 / an id twice or unknown: {subject}")
        if entry.text("gap"):
            gaps[subject] = _read_gap(entry)
        else:
            shares[subject] = bytes.fromhex(entry.hexes("share"))
        if share and not (
            subject in shares and fits(capsules[subject], seat.index, shares[subject])
        ):
            faults.append(_blame(seat, subject))
    if missing := sorted(set(capsules) - set(shares) - set(gaps)):
        raise BatchError(f"{seat.name}: 未说明的缺项 / gaps not explained: {', '.join(missing)}")
    wrong = {fault.item for fault in faults}
    good = {subject: share for subject, share in shares.items() if subject not in wrong}
    return CheckedBatch(seat, digest(data), good, gaps, tuple(faults))


def _blame(seat: Seat, subject: str) -> Finding:
    message = f"席位 {seat.index} {seat.name} 的份额错误 / seat {seat.index} gave a wrong share"
    return Finding(subject, RULE, message)


def _read_gap(entry: Fields) -> Gap:
    try:
        return Gap(entry.text("gap"))
    except ValueError as error:
        raise Malformed(f"{entry.where}.gap: 未知原因 / unknown reason") from error
