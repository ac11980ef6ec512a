"""A small world for the envelope tests: five trustees, one invitation, sealed bids."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bidding.envelope.bid.acceptance import Expected
from bidding.envelope.bid.invitation import Invitation
from bidding.envelope.bid.letter import Bidder
from bidding.envelope.bid.object import CAPSULE, MANIFEST, Objects, folder_objects
from bidding.envelope.bid.seal import Draft, SealedBid, seal_bid
from bidding.envelope.capsule import Kind
from bidding.envelope.document import public_key
from bidding.envelope.roster import Authority, Roster, Seat
from bidding.envelope.trustee.batch import Request
from bidding.envelope.trustee.close import Accepted, Close, Locked, accept_set, lock_bid
from bidding.envelope.trustee.holder import Trustee

CLOSED = datetime(2026, 3, 16, 1, 30, tzinfo=UTC)
TENDER, LOT = "E6212000612016569001", "001"
KINDS = [
    Authority.CENTRE,
    Authority.TENDEREE,
    Authority.NOTARY,
    Authority.ASSOCIATION,
    Authority.OTHER_CENTRE,
]
EMPTY = accept_set([])


def make_trustees(folder: Path) -> list[Trustee]:
    return [Trustee.create(folder / kind.value) for kind in KINDS]


def make_roster(trustees: list[Trustee], threshold: int = 3) -> Roster:
    seats = tuple(
        Seat(number, kind, f"body-{kind}", f"{kind} 受托人", (trustee.device,))
        for number, (kind, trustee) in enumerate(zip(KINDS, trustees, strict=True), 1)
    )
    return Roster(threshold, seats)


def invite(roster: Roster, tender: str = TENDER) -> Invitation:
    return Invitation(tender, LOT, "ab" * 32, ("cd" * 32,), roster)


@dataclass(frozen=True)
class Bid:
    """A sealed bid, its folder, and its bidder's key."""

    sealed: SealedBid
    folder: Path
    signer: Ed25519PrivateKey
    invitation: Invitation

    @property
    def objects(self) -> Objects:
        return folder_objects(self.folder)

    @property
    def expected(self) -> Expected:
        key = public_key(self.signer)
        return Expected(self.invitation, self.sealed.bid, self.sealed.version, key)

    @property
    def locked(self) -> Locked:
        manifest, capsule = self.folder / MANIFEST, self.folder / CAPSULE
        return lock_bid(manifest.read_bytes(), capsule.read_bytes())


def make_bid(folder: Path, invitation: Invitation, bid: str = "bid-1", fen: int = 1_234_567) -> Bid:
    source, out = folder / f"{bid}-in", folder / bid
    source.mkdir(parents=True)
    (source / "技术标.pdf").write_bytes(b"%PDF-1.7 " + bid.encode() * 20_000)
    (source / "empty.txt").write_bytes(b"")
    signer = Ed25519PrivateKey.generate()
    draft = Draft(bid, 1, Bidder("甲建设有限公司", "91350100M000100Y43"), fen, 180, "合格")
    return Bid(seal_bid(source, out, invitation, draft, signer), out, signer, invitation)


def close_over(bids: list[Bid], notes: Accepted = EMPTY, tender: str = TENDER) -> Close:
    leaves = [bid.locked.leaf for bid in bids]
    return Close(tender, LOT, CLOSED, accept_set(leaves), notes)


def request_for(bids: list[Bid], released: frozenset[str] = frozenset()) -> Request:
    items = tuple(bid.locked for bid in bids)
    return Request(close_over(bids), bids[0].invitation.roster, Kind.BID, items, released)


def witnessed(close: Close) -> None:
    assert close.closed_at == CLOSED
