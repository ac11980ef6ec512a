"""What the scenes share while a trade is played: the ids, the tenderers, the papers so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.x509 import Certificate

from bidding.desk import Answer
from bidding.envelope.bid.seal import SealedBid
from bidding.envelope.trustee.holder import Trustee
from bidding.hall.ceremony import Noted, Result
from monitor.role import NOBODY, Actor
from trading.archive.volume import Document
from webui.demo.cast import Body, Cast
from webui.demo.plan import Plan, Rival
from webui.demo.stage import Stage


@dataclass(slots=True)
class Bidder:
    """A tenderer with its own machine: a folder beside the platform, a bid key, a pseudonym."""

    rival: Rival
    body: Body
    actor: Actor
    open_actor: Actor
    signer: Ed25519PrivateKey
    folder: Path
    sealed: list[SealedBid] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    sub_account: str = ""
    deposit: UUID | None = None

    @property
    def mask(self) -> str:
        """The pseudonym before CLOSE."""
        return self.actor.mask or ""


@dataclass(slots=True)
class Play:
    """One trade as it is played."""

    stage: Stage
    cast: Cast
    plan: Plan
    project: UUID
    section: UUID = NOBODY
    bidders: list[Bidder] = field(default_factory=list)
    trustees: list[tuple[Actor, Trustee]] = field(default_factory=list)
    notes: list[Noted] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)
    documents: list[Document] = field(default_factory=list)
    experts: dict[str, Actor] = field(default_factory=dict)
    seat_secrets: dict[str, bytes] = field(default_factory=dict)
    keeper: UUID = NOBODY
    draw_root: str = ""
    draw_bundle: bytes = b""
    award_notice: bytes = b""
    invitation: bytes = b""
    """The terms as they stood before the deadline, for the offline tool."""
    archive: bytes = b""
    public: bytes = b""
    authority: Certificate | None = None
    publicity_ends: datetime | None = None
    rooms: dict[str, UUID] = field(default_factory=dict)
    bookings: dict[str, UUID] = field(default_factory=dict)
