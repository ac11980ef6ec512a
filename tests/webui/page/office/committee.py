"""A drawn committee with pages: its papers, its members' browsers, and how they judge by them."""

import io
import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from werkzeug.test import TestResponse

from bidding.evaluation.method import start
from bidding.evaluation.view import panel_view
from experts.panel.promise import statement_digest
from monitor.role import Actor
from tests.experts.hall import Hall
from tests.webui.page.counter import Counter, Person

PRICES = (90_000, 100_000, 120_000)
GOOD = {"points.technical": "28", "points.schedule": "9.5", "reasons.technical": "方案可行",
        "reasons.schedule": "进度合理"}  # fmt: skip


@dataclass
class Committee:
    """A drawn committee, some of whom have checked in, in a house with pages."""

    counter: Counter
    hall: Hall
    members: dict[str, Actor]
    openings: dict[str, Any]
    bids: list[UUID]

    @property
    def masks(self) -> list[str]:
        return sorted(self.members)

    @property
    def address(self) -> str:
        return f"/panel/{self.hall.project}"

    def paper(self, mask: str, **changed: Any) -> dict[str, Any]:
        told = {
            "what": "seat", "mask": mask, "project": str(self.hall.project),
            "section": str(self.hall.section), "opening": self.openings[mask],
            "secret": self.hall.secrets[mask].hex(),
        }  # fmt: skip
        return {key: value for key, value in {**told, **changed}.items() if value is not None}

    def person(self, mask: str) -> Person:
        """Somebody's browser, in which the seat's paper was dropped."""
        person = self.counter.person(self.members[mask])
        assert drop(person, self.paper(mask)).status_code == 303
        return person

    def start(self) -> None:
        """The owner starts the evaluation."""
        self.hall.do(start, self.hall.tenderee, section=self.hall.section)

    def view(self, mask: str) -> Any:
        with self.hall.platform.read() as session:
            return panel_view(session, self.hall.project, self.hall.section, mask)

    def judge(self, mask: str) -> None:
        """Promise, score everything and sign by the page."""
        person = self.person(mask)
        promise(self, person)
        for bid in self.bids:
            answer = person.post(f"{self.address}/score", bid=str(bid), **GOOD)
            assert answer.status_code == 303, answer.text
        assert person.post(f"{self.address}/sign", dissent="").status_code == 303


def drop(person: Person, paper: Any) -> TestResponse:
    """Drop a seat's paper into the page."""
    data = paper if isinstance(paper, bytes) else json.dumps(paper).encode()
    told = {"csrf": person.csrf, "paper": (io.BytesIO(data), "seat.json")}
    return person.client.post("/panel/seat", data=told)


def promise(committee: Committee, person: Person) -> None:
    told = {"statement": statement_digest().hex(), "agreed": "yes"}
    assert person.post(f"{committee.address}/promise", **told).status_code == 303
