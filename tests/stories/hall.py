"""The opening of one section, step by step, as the demo and a centre would walk it."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from bidding.envelope.trustee.batch import CheckedBatch, Request
from bidding.hall.ceremony import (
    Noted,
    Result,
    bid_request,
    note_request,
    open_letters,
    open_notes,
)
from bidding.hall.close import close
from bidding.hall.failure.damage import MENDING, Lack, ask, lose, waiting
from bidding.hall.failure.inspection import lacks
from bidding.hall.reveal import reveal
from bidding.hall.seal import check_seal
from bidding.hall.unlock import take_batch, unlock
from monitor.role import SYSTEM, Actor
from tests.stories.tenderer import Tenderer
from tests.stories.world import Tender


@dataclass(slots=True)
class Hall:
    """An opening under way; `lot` is the section."""

    tender: Tender
    lot: UUID
    noted: list[Noted] = field(default_factory=list)

    def close(self, *, witnessed: bool = True) -> None:
        """Pass the deadline if it is ahead, write CLOSE down, have it cosigned."""
        if self.tender.world.now <= self.tender.deadline:
            self.tender.past_deadline()
        self.tender.do(close, SYSTEM, section=self.lot)
        if witnessed:
            self.tender.world.settle()

    def note_request(self) -> Request:
        request: Request = self.tender.world.ask(note_request, self.tender.id, self.lot)
        return request

    def bid_request(self) -> Request:
        request: Request = self.tender.world.ask(
            bid_request, self.tender.id, self.lot, self.noted, self.tender.world.store
        )
        return request

    def answer(self, request: Request, seat: int) -> tuple[Actor, bytes]:
        """A trustee's actor and the batch that its own machine signs."""
        actor, trustee = self.tender.trustees[seat - 1]
        return actor, trustee.unlock(request, lambda said: None, self.tender.world.now)

    def give(self, request: Request, seat: int) -> CheckedBatch:
        actor, document = self.answer(request, seat)
        checked: CheckedBatch = self.tender.do(
            take_batch, actor, section=self.lot, request=request, document=document
        )
        return checked

    def identify(self) -> None:
        """Three trustees open manifests, identities and payers."""
        request = self.note_request()
        for seat in (1, 3, 4):
            self.give(request, seat)
            self.tender.world.settle()
        self.read_again()

    def read_again(self) -> None:
        """What the trustees opened, as the bids stand now."""
        self.noted = self.tender.world.ask(open_notes, self.tender.id, self.lot).bids

    def check_seal(self, one: Tenderer) -> None:
        one.do(check_seal, section=self.lot)

    def trustees_open(self) -> None:
        """Three trustees give the shares of what was not released."""
        request = self.bid_request()
        for seat in (2, 3, 5):
            self.give(request, seat)
            self.tender.world.settle()

    def unlock(self, *, witnessed: bool = True, shut: dict[str, str] | None = None) -> None:
        self.tender.do(unlock, self.tender.owner, section=self.lot, shut=shut)
        if witnessed:
            self.tender.world.settle()

    def letters(self) -> list[Result]:
        results: list[Result] = self.tender.world.ask(
            open_letters, self.tender.id, self.lot, self.noted, self.tender.world.store
        )
        return results

    def reveal(self) -> list[Result]:
        results = self.letters()
        self.tender.do(reveal, self.tender.owner, section=self.lot, results=results)
        self.tender.world.settle()
        return results


def look(hall: Hall) -> tuple[Lack, ...]:
    """What is damaged of what is stored, and was not asked for yet."""
    tender = hall.tender
    found: tuple[Lack, ...] = tender.world.ask(lacks, tender.id, hall.lot, tender.world.store)
    return found


def give_up(hall: Hall) -> None:
    """Ask for whatever is damaged, and wait in vain."""
    tender = hall.tender
    tender.do(ask, tender.owner, section=hall.lot, lacks=look(hall))
    tender.world.until(tender.world.now + MENDING)
    for row in tender.world.ask(waiting, tender.id, hall.lot):
        tender.do(lose, SYSTEM, section=hall.lot, bid=row.bid, name=row.object)
    tender.world.settle()


def a_hall(tender: Tender) -> Hall:
    return Hall(tender, tender.section)


def a_closed_hall(tender: Tender) -> Hall:
    """Closed, witnessed, everybody identified."""
    hall = a_hall(tender)
    hall.close()
    hall.identify()
    return hall


def an_opened_hall(tender: Tender, checker: Tenderer) -> Hall:
    """The whole opening, by trustees alone."""
    hall = a_closed_hall(tender)
    hall.check_seal(checker)
    hall.trustees_open()
    hall.unlock()
    hall.reveal()
    return hall
