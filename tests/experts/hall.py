"""The hall of one draw: rounds, contacts, re-check, check-in and finish, after the desk's steps."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from experts.ceremony.closing import finish
from experts.ceremony.replacement import recheck, replace_members
from experts.ceremony.round import Place, ask, close_round, contact, draw_round
from experts.draw.encoding import mapping
from experts.draw.pool import mask_of
from experts.draw.transcript import FINAL, Contact
from experts.panel.attendance import check_in
from experts.pool.expert import Expert as Row
from experts.recheck import Seen
from monitor.log.canonical import JSON
from monitor.role import Actor, Role
from tests.builders import the_act
from tests.experts.desk import EVIDENCE, Desk


@dataclass
class Hall(Desk):
    """The desk, and what comes after the dice."""

    def ask(self) -> dict[str, JSON]:
        request = self.service.request(self.name)
        answer = self.agent.answer(self.name, request, self.seen)
        assert isinstance(answer, dict)
        if request["k"] == 0:
            self.do(ask, self.inspector, draw=self.id, signature=str(answer["ask"]))
        else:
            self.do(
                replace_members,
                self.inspector,
                draw=self.id,
                change=request["change"],
                signature=str(answer["ask"]),
            )
        return answer

    def drawn(self) -> tuple[Mapping[str, Any], list[Place]]:
        """Ask and draw on both sides; what the service would tell the platform."""
        told = self.service.draw(self.name, self.ask())
        places = [
            Place(stratum, leaf, self.keepers.seal(uid.encode()))
            for stratum, leaf, uid in self.service.panel(self.name)
        ]
        return told, places

    def round(self) -> list[str]:
        told, places = self.drawn()
        return self.do(draw_round, self.centre, draw=self.id, told=told, places=places)

    def call(self, *outcomes: Contact) -> None:
        """Contact those drawn with these outcomes, the rest confirm; close the round."""
        rest = [*outcomes, *[Contact.CONFIRMED] * 20]
        tries = [self.now() + 300 * n for n in range(3)]
        for (_, leaf, _), outcome in zip(self.service.panel(self.name), rest, strict=False):
            self.service.contact(self.name, leaf, outcome, EVIDENCE, tries)
            self.do(
                contact,
                self.centre,
                draw=self.id,
                mask=mask_of(bytes.fromhex(leaf)),
                outcome=str(outcome),
                evidence=EVIDENCE,
                attempts=tries,
            )
        told = self.service.close_round(self.name)
        signature = self.agent.confirm_round(self.name, told)
        closed = self.service.confirm_round(self.name, signature)
        counts = self.do(
            close_round,
            self.centre,
            draw=self.id,
            closing=str(closed["closing"]),
            signatures={"C": str(told["signature"]), "I": signature},
        )
        assert counts == closed["contacts"]

    def start(self) -> "Hall":
        """Steps 1 to 5."""
        self.open_header()
        self.commit()
        self.open()
        self.reveal()
        self.close_reveals()
        self.throw()
        return self

    def close(self) -> None:
        """CLOSE of the tender, which is bidding's act."""
        the_act(self.platform, "opening.close", self.project)

    def recheck(self, *bidders: str) -> int:
        case, experts = self.case(*bidders), self.experts()
        told = self.service.recheck(self.name, experts, case, self.rules, self.platform.clock.now())
        self.seen = Seen({one.uid: one for one in experts}, case, self.rules)
        return self.do(recheck, self.centre, draw=self.id, told=told)

    def sitting(self) -> dict[str, str]:
        """Return mask -> uid of those who sit, as only the service knows it."""
        papers = self.service.custody.papers(self.name)
        people = papers.pool().entries
        return {mask_of(leaf): people[leaf].u for leaf in papers.trial()[0].progress.seated}

    def account(self, uid: str, mask: str | None = None) -> Actor:
        """The expert as the edge signs him in."""
        with self.platform.read() as session:
            person = session.scalars(select(Row.person).where(Row.uid == uid)).one()
        assert person is not None
        return Actor(person, self.keepers.unit, Role.EXPERT, mask)

    def check_in(self) -> dict[str, Actor]:
        """Everybody who sits proves it with the own opening; mask -> actor."""
        hidden = self.service.custody.papers(self.name).pool()
        members = {}
        for mask, uid in self.sitting().items():
            self.openings[mask] = hidden.own(uid)["opening"]  # type: ignore[assignment]
            self.secrets[mask] = secrets.token_bytes(32)
            members[mask] = self.account(uid, mask)
            self.do(
                check_in,
                members[mask],
                section=self.section,
                opening=self.openings[mask],
                secret=self.secrets[mask],
            )
        return members

    def finish(self, order: str = "") -> str:
        told = self.service.finish(self.name, order)
        signature = self.agent.confirm_finish(self.name, told, self.seen)
        root = self.service.confirm_finish(self.name, signature)
        kept = mapping(self.service.custody.papers(self.name).get(FINAL), "final signatures", FINAL)
        published = self.do(
            finish,
            self.centre,
            draw=self.id,
            final=kept["final"],
            signatures=kept["signatures"],
        )
        assert published == root
        return root

    def employer_of(self, uid: str) -> str:
        return self.people[uid].facts.employers[-1].employer
