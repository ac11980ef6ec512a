"""A small world for stories: platform, log, witness, desk and trustees on one real database.

The clock stands still but for one second before every act, so that no two acts share a moment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bidding.desk import Desk
from bidding.envelope.roster import Authority, Roster, Seat
from bidding.envelope.trustee.holder import Trustee
from bidding.hall.trust import name_log
from bidding.terms import deadline
from monitor.record.action import Action
from monitor.refusal import Refusal
from monitor.role import Actor, Role
from monitor.runtime.database import Addresses
from monitor.store import FolderStore
from tests.builders import an_actor
from tests.monitor.record.house import House, a_house
from tests.trading.projects import DAY, Trade, a_draft, a_filing, an_issue
from trading.fee.block import announce
from trading.ledger import Rate
from trading.notice.document import issue
from trading.notice.notice import publish
from trading.registration.intake import accept, register
from trading.registration.party import assign, found_organisation
from trading.registration.project import Lot, sections

SECOND = timedelta(seconds=1)
SEATS = (
    Authority.CENTRE,
    Authority.TENDEREE,
    Authority.NOTARY,
    Authority.ASSOCIATION,
    Authority.OTHER_CENTRE,
)
COURSES = {
    "works": ("construction", 9, 25),
    "procurement": ("goods", 9, 25),
    "rehearsal": ("opening", 1, 1),
}
"""A category's kind of subject, and after how many days supply and bidding end."""
RATE = Rate(500, 360, "stand-in figure")
FEN = 8_000_000_00
_PREFIXES = count(660_001)


@dataclass(slots=True)
class World:
    """One whole platform with the stand-ins beside it; everything lies under `folder`."""

    house: House
    folder: Path
    store: FolderStore
    desk: Desk

    @property
    def now(self) -> datetime:
        return self.house.clock.now()

    def until(self, moment: datetime) -> None:
        """Let time pass up to a moment, never back."""
        assert moment >= self.now, "a clock never goes back"
        self.house.clock.moment = moment

    def do(self, verb: Action[..., Any], actor: Actor, project: UUID | None, **inputs: Any) -> Any:
        """Perform one action, a second after the last."""
        self.house.clock.wait(SECOND)
        return self.house.platform.perform(verb, actor, project, **inputs)

    def refused(
        self, verb: Action[..., Any], actor: Actor, project: UUID | None, **inputs: Any
    ) -> Refusal:
        """Perform an action that must be refused; the refusal."""
        try:
            self.do(verb, actor, project, **inputs)
        except Refusal as refusal:
            return refusal
        raise AssertionError(f"{verb.name} was not refused")

    def ask(self, query: Callable[..., Any], *args: Any) -> Any:
        """Ask a query that takes a session first."""
        with self.house.platform.read() as session:
            return query(session, *args)

    def settle(self) -> int:
        """Sequence what is pending and have it cosigned; the size of the tree."""
        return self.house.settle().size


@contextmanager
def a_world(database: Addresses, folder: Path) -> Iterator[World]:
    with a_house(database, folder) as house:
        name_log(house.platform, house.policy)
        store = FolderStore(folder / "files")
        desk = Desk(house.platform, store, Ed25519PrivateKey.generate())
        yield World(house, folder, store, desk)


@dataclass(slots=True)
class Tender:
    """A works tender whose documents are out, with everybody who has a part in it but bidders."""

    world: World
    id: UUID
    owner: Actor
    owner_two: Actor
    clerk: Actor
    cashier: Actor
    cashier_two: Actor
    trustees: list[tuple[Actor, Trustee]] = field(default_factory=list)
    lots: list[UUID] = field(default_factory=list)

    @property
    def section(self) -> UUID:
        return self.lots[0]

    @property
    def deadline(self) -> datetime:
        moment: datetime = self.world.ask(deadline, self.id)
        return moment

    def do(self, verb: Action[..., Any], actor: Actor, **inputs: Any) -> Any:
        return self.world.do(verb, actor, self.id, **inputs)

    def refused(self, verb: Action[..., Any], actor: Actor, **inputs: Any) -> Refusal:
        return self.world.refused(verb, actor, self.id, **inputs)

    def past_deadline(self) -> None:
        self.world.until(self.deadline + SECOND)


def a_tender(
    world: World,
    lots: int = 1,
    spares: Mapping[int, Trustee] | None = None,
    category: str = "works",
    threshold: int = 3,
    roster: Roster | None = None,
) -> Tender:
    """Registered, accepted, announced, documents and deposit accounts out; trustees seated.

    `spares`: standby machines, by the number of the seat; `roster`: another set than one of its
    own five.
    """
    platform = world.house.platform
    centre, office = an_actor(platform, Role.CENTRE), an_actor(platform, Role.TENDEREE)
    tender = Tender(
        world,
        uuid4(),
        office,
        an_actor(platform, Role.TENDEREE, office.org),
        centre,
        an_actor(platform, Role.FINANCE, centre.org),
        an_actor(platform, Role.FINANCE, centre.org),
    )
    parts = tuple(Lot(f"标段{number}", FEN) for number in range(1, lots + 1))
    kind, supplied, due = COURSES[category]
    filed = a_filing(category, kind, lots=parts)
    tender.do(register, tender.owner, filing=filed)
    tender.do(accept, tender.clerk)
    with platform.read() as session:
        tender.lots = [row.id for row in sections(session, tender.id)]
    draft = a_draft(world.now + SECOND, category, supply_days=supplied, deadline_days=due)
    tender.do(publish, tender.owner, draft=draft)
    seated = _seat_trustees(tender, spares or {}, threshold)
    _issue(tender, roster or seated)
    return tender


def _seat_trustees(tender: Tender, spares: Mapping[int, Trustee], threshold: int) -> Roster:
    folder = tender.world.folder / "trustees" / str(tender.id)
    folder.mkdir(parents=True)
    seats = []
    for number, kind in enumerate(SEATS, 1):
        actor = an_actor(tender.world.house.platform, Role.TRUSTEE)
        tender.do(assign, tender.clerk, organisation=actor.org, role=Role.TRUSTEE)
        trustee = Trustee.create(folder / str(number))
        tender.trustees.append((actor, trustee))
        devices = (trustee.device, *(spares[n].device for n in spares if n == number))
        body = tender.world.ask(found_organisation, actor.org)
        seats.append(Seat(number, kind, body.uscc, f"受托人{number}", devices))
    return Roster(threshold, tuple(seats))


def _issue(tender: Tender, roster: Roster) -> None:
    trade = Trade(tender.id, tender.owner, tender.clerk)
    terms = an_issue(tender.world.house.platform, trade, trustees=roster.to_bytes())
    tender.do(issue, tender.owner, issue=terms)
    for lot in tender.lots:
        prefix = str(next(_PREFIXES))
        tender.do(announce, tender.cashier, section=lot, prefix=prefix, size=100, rate=RATE)


def in_days(world: World, days: int) -> None:
    """Let days pass."""
    world.until(world.now + days * DAY)
