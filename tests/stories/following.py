"""A tender whose trustees dealt their keys to each other, and somebody to follow one of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from bidding.envelope.roster import Authority, Roster
from bidding.envelope.trustee.holder import Trustee
from bidding.envelope.trustee.keydeal import (
    HandedPiece as Piece,
)
from bidding.envelope.trustee.keydeal import (
    KeyDeal,
    deal_key,
    hand_piece,
    open_handed,
    read_deal,
    read_handed,
    rebuild,
)
from bidding.envelope.trustee.successor import accept
from bidding.hall.succession.asking import ask, confirm
from bidding.hall.succession.deal import deal
from bidding.hall.succession.piece import HandedPiece, good, hand, take
from bidding.hall.succession.place import Succession, dealt_keys, found_succession, successors
from bidding.terms import roster_of
from monitor.refusal import Refusal
from monitor.role import Actor, Role
from tests.builders import an_actor
from tests.stories.world import Tender, World, a_tender
from trading.registration.party import assign

TEN = timedelta(minutes=10)
SUPERVISOR = Authority.SUPERVISOR


@dataclass
class Following:
    """A tender whose trustees dealt their keys, and a successor with a machine of its own."""

    tender: Tender
    actor: Actor
    machine: Trustee

    @property
    def world(self) -> World:
        return self.tender.world

    def of(self, seat: int) -> Trustee:
        return self.tender.trustees[seat - 1][1]

    def word(self, seat: int, machine: Trustee | None = None, **told: Any) -> bytes:
        """The successor's word that it takes a seat."""
        about = {"tender": str(self.tender.id), "lost": self.of(seat).device.recipient, **told}
        return accept(machine or self.machine, seat=seat, **about)

    def asked(self, seat: int, **told: Any) -> dict[str, Any]:
        """What is asked with a succession."""
        inputs = {
            "seat": seat, "why": "设备毁损", "person": self.actor.person, "kind": SUPERVISOR,
            "acceptance": told.pop("acceptance", None) or self.word(seat),
        }  # fmt: skip
        return inputs | told

    def ask(self, seat: int, by: Actor | None = None, **told: Any) -> Succession:
        made = self.tender.do(ask, by or self.tender.owner, **self.asked(seat, **told))
        return self.row(made)

    def refused(self, seat: int, by: Actor | None = None, **told: Any) -> Refusal:
        return self.tender.refused(ask, by or self.tender.owner, **self.asked(seat, **told))

    def row(self, made: UUID) -> Succession:
        found: Succession = self.world.ask(found_succession, self.tender.id, made)
        return found

    def confirmed(self, seat: int) -> Succession:
        """Asked by the tenderee, called in vain, confirmed by another trustee."""
        row = self.ask(seat)
        self.world.until(self.world.now + TEN)
        helper = next(s for s in (3, 4, 5) if s != seat)
        self.tender.do(confirm, self.tender.trustees[helper - 1][0], succession=row.id)
        return self.row(row.id)

    def deal_of(self, seat: int) -> KeyDeal:
        row = next(r for r in self.world.ask(dealt_keys, [self.tender.id]) if r.seat == seat)
        roster = self.world.ask(roster_of, self.tender.id)
        return read_deal(row.document, roster, str(self.tender.id))

    def piece(self, row: Succession, by: int) -> bytes:
        """What a fellow's own machine seals anew to the successor."""
        seat = self.world.ask(roster_of, self.tender.id).seats[by - 1]
        return hand_piece(self.of(by), seat, self.deal_of(row.seat), row.accepted)

    def hand(self, row: Succession, by: int, document: bytes | None = None) -> UUID:
        inputs = {"succession": row.id, "document": document or self.piece(row, by)}
        made: UUID = self.tender.do(hand, self.tender.trustees[by - 1][0], **inputs)
        return made

    def pieces(self, row: Succession) -> dict[int, bytes]:
        """What the successor's own machine opens of what was handed on."""
        deal_, found = self.deal_of(row.seat), {}
        for each in self.world.ask(good, row):
            told = self.read(row, each)
            found[told.seat.index] = open_handed(told, deal_, self.machine.identity)
        return found

    def read(self, row: Succession, each: HandedPiece) -> Piece:
        roster, held = (self.world.ask(q, self.tender.id) for q in (roster_of, successors))
        return read_handed(each.document, roster, held, self.deal_of(row.seat), row.accepted)

    def heir(self, row: Succession) -> Trustee:
        """The successor's machine with the key that it rebuilt."""
        return replace(self.machine, identity=rebuild(self.deal_of(row.seat), self.pieces(row)))

    def place(self, row: Succession) -> Trustee:
        heir = self.heir(row)
        self.tender.do(take, self.actor, succession=row.id, document=heir.answer(row.challenge))
        return heir


def a_following(world: World, tender: Tender | None = None, *, deals: bool = True) -> Following:
    tender = tender or a_tender(world)
    actor = an_actor(world.house.platform, Role.TRUSTEE)
    machine = Trustee.create(world.folder / "successors" / str(uuid4()))
    made = Following(tender, actor, machine)
    roster = world.ask(roster_of, tender.id)
    for actor, machine in tender.trustees if deals else ():
        tender.do(deal, actor, document=deal_key(machine, roster, str(tender.id)))
    return made


def a_twin(world: World, tender: Tender, roster: Roster | None = None) -> Following:
    """Another trade that names the very same set of trustees, or these of its people."""
    twin = a_tender(world, roster=roster or world.ask(roster_of, tender.id))
    twin.trustees[:] = tender.trustees
    for actor, _ in tender.trustees:
        twin.do(assign, twin.clerk, organisation=actor.org, role=Role.TRUSTEE)
    return a_following(world, twin)
