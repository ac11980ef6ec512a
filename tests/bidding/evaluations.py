"""A committee that has checked in and been formed, and bids that were revealed to it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

from bidding.evaluation.method import Method, set_method, start
from bidding.evaluation.sheet import score
from bidding.evaluation.signature import sign
from bidding.opened import OpenedBid
from bidding.scoring import Formula, PriceRule
from experts.panel.committee import form
from experts.panel.promise import promise, statement_digest
from monitor.record.act import Act
from monitor.record.action import Action, Visibility
from monitor.record.identity import new_id
from monitor.role import SYSTEM, Actor, Role
from tests.builders import an_organisation
from tests.experts.drawing import DrawingPool, a_hall
from tests.experts.hall import Hall
from trading.registration.party import found_organisation

METHOD = Method({"technical": 3000, "schedule": 1000}, PriceRule(Formula.LOWEST, 6000))
GOOD = {"technical": 2800, "schedule": 900}


@dataclass
class Committee:
    """A hall whose members sit, with their secrets, and the bids before them."""

    hall: Hall
    members: dict[str, Actor]
    bids: list[UUID]

    @property
    def masks(self) -> list[str]:
        return sorted(self.members)

    def score(self, mask: str, bid: UUID, points: Mapping[str, int] = GOOD) -> None:
        self.hall.platform.perform(
            score,
            self.members[mask],
            self.hall.project,
            section=self.hall.section,
            bid=bid,
            points=points,
            secret=self.hall.secrets[mask],
        )

    def sign(self, mask: str, dissent: str = "") -> None:
        self.hall.platform.perform(
            sign,
            self.members[mask],
            self.hall.project,
            section=self.hall.section,
            secret=self.hall.secrets[mask],
            dissent=dissent,
        )

    def score_all(self, points: Sequence[Mapping[str, int]]) -> None:
        """Every member gives the bids these points, one mapping a bid."""
        for mask in self.masks:
            for bid, given in zip(self.bids, points, strict=True):
                self.score(mask, bid, given)


def reveal_bids(hall: Hall, prices: Sequence[int], torn: Collection[int] = ()) -> list[UUID]:
    """The opening's part: bids revealed at these prices; words differ from figures in `torn`."""
    bidders = {}
    for n in range(len(prices)):
        org = an_organisation(hall.platform)
        with hall.platform.read() as session:
            bidders[n] = found_organisation(session, org).uscc

    def run(act: Act) -> list[UUID]:
        rows = [
            OpenedBid(
                id=new_id(act.now),
                project=hall.project,
                section=hall.section,
                bid=uuid4(),
                mask=f"p-{n}",
                uscc=bidders[n],
                name=f"投标人{n}",
                price=price,
                figures_match_words=n not in torn,
                letter={},
            )
            for n, price in enumerate(prices)
        ]
        act.session.add_all(rows)
        act.note(section=str(hall.section))
        return [row.bid for row in rows]

    verb = Action("opening.reveal", frozenset({Role.SYSTEM}), Visibility.PUBLIC, False, run)
    return hall.platform.perform(verb, SYSTEM, hall.project)


def a_drawn_hall(pool: DrawingPool, folder: Path) -> Hall:
    """The method set, members drawn and called, the deadline passed, everybody checked again."""
    hall = a_hall(pool, folder).start()
    set_the_method(hall)
    hall.round()
    hall.call()
    hall.close()
    hall.recheck()
    return hall


def a_committee(
    pool: DrawingPool, folder: Path, prices: Sequence[int], torn: Collection[int] = ()
) -> Committee:
    """Drawn, checked in, formed; bids revealed; the evaluation started."""
    hall = a_drawn_hall(pool, folder)
    members = hall.check_in()
    hall.finish()
    hall.platform.perform(form, hall.centre, hall.project, section=hall.section)
    bids = reveal_bids(hall, prices, torn)
    for mask, member in members.items():
        hall.do(
            promise, member, section=hall.section, statement=statement_digest(),
            secret=hall.secrets[mask],
        )  # fmt: skip
    hall.platform.perform(start, hall.tenderee, hall.project, section=hall.section)
    return Committee(hall, members, bids)


def set_the_method(hall: Hall, method: Method = METHOD) -> None:
    hall.platform.perform(
        set_method, hall.tenderee, hall.project, section=hall.section, method=method
    )
