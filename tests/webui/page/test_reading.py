"""Every address that is read, by each role: open to the public, the reader's own, or on record."""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from bidding.attachment import attachments
from experts.ceremony.mail.request import draws_unasked
from monitor.record.disclosure import VISITOR, Audience, Viewer, timeline
from monitor.record.table import Opening, Sight
from monitor.role import NOBODY, Actor, Role
from tests.trial import Trial, a_copy, a_trial
from tests.webui.page.signed_in import Program, program
from tests.webui.page.test_route import ACCOUNTS, readings
from trading.paper.keeping import papers
from trading.registration.project import sections
from trading.supervision.look import LOOKS
from webui.deed.book import deeds
from webui.demo.account import open_keeping
from webui.page.answer.recording import (
    PARTS,
    UnlistedReadingError,
    install,
    looks,
    records_looks,
    table,
)
from webui.page.app import create_app
from webui.page.source import Source

NOWHERE = str(NOBODY)
PLACED = (
    "<uuid:project>", "<name>", "<uuid:record>", "<uuid:number>", "<uuid:paper>",
    "<uuid:attachment>",
)  # fmt: skip
"""What in an address tells a trade; a form's address names it in its query."""
PEOPLE = {**ACCOUNTS, Role.EXPERT: "e000001"}
ELSEWHERE = {
    "/api/v1/panel/<uuid:project>": "test_panel.py: it takes a seat",
    "/panel/<uuid:project>": "test_panel.py: it takes a seat",
    "/panel/<uuid:project>/attachment/<uuid:attachment>": "test_attached.py: it takes a seat",
    "/cards/<uuid:project>/file/<uuid:dossier>": "test_taking.py: it takes a card's file",
}
"""What nobody of a demo is shown without more: where a look at it is tried."""


@dataclass
class Walk:
    """The pages over a copy of a demo: a trade that is done, and one that takes bids."""

    app: Flask
    source: Source
    trial: Trial
    people: dict[Role, Program]
    fills: list[dict[str, str]]

    def of(self, program: Program) -> dict[str, Any]:
        """Who somebody is."""
        told: dict[str, Any] = json.loads(program.get("/api/v1/me").text)
        return told

    def looks(self, program: Program) -> list[tuple[str, str, str]]:
        """The looks of a person: by which action, in which trade, of which kind."""
        person = self.of(program)["person"]
        query = (
            select(Sight.chain, Opening.body)
            .join(Opening, Opening.record_id == Sight.record_id)
            .where(Sight.action.in_(LOOKS), Sight.actor == person)
        )
        with self.source.platform.read() as session:
            rows = session.execute(query).all()
        told = [(chain, json.loads(body)) for chain, body in rows]
        return [(each["action"], str(chain), each["facts"]["kind"]) for chain, each in told]


@pytest.fixture(scope="module")
def walk(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walk]:
    settings = a_copy(shared, tmp_path_factory.mktemp("walk"))
    with a_trial(settings) as trial:
        trial.open_bidding()
        source = Source.of(settings, trial.house)
        keeping = open_keeping(source.platform, settings, trial.house.ground.redis_url)
        app = create_app(source, keeping)
        people = {role: program(app, who) for role, who in PEOPLE.items()}
        found = list(fills(app, source, people[Role.CENTRE]))
        yield Walk(app, source, trial, people, found)
        keeping.close()


def fills(app: Flask, source: Source, clerk: Program) -> Iterator[dict[str, str]]:
    """What fills the places of addresses, by trade: things that are there, and secret if may be."""
    visitor = app.test_client()
    person = clerk.get("/api/v1/me").json["person"]  # type: ignore[index]
    for trade in clerk.get("/api/v1/projects").json["projects"]:  # type: ignore[index]
        project = str(trade["id"])
        with source.platform.read() as session:
            seen = {each.record_id for each in timeline(session, UUID(project), VISITOR)}
            mine = timeline(session, UUID(project), Viewer(Audience.INSPECTOR))
            kept = [str(each.id) for each in papers(session, UUID(project))]
            lots = sections(session, UUID(project))
            by_bid = [attachments(session, UUID(project), lot.id) for lot in lots]
            files = [str(f.id) for each in by_bid for rows in each.values() for f in rows]
            drawn = [str(each.id) for each in draws_unasked(session, UUID(project))]
        secret = [
            str(each.record_id)
            for each in mine
            if each.record_id not in seen and each.facts["actor"].get("org") == NOWHERE
        ]
        told = {
            "<uuid:project>": [project], "<name>": [project], "<uuid:record>": secret,
            "<uuid:paper>": kept, "<uuid:number>": drawn, "<uuid:person>": [person],
            "<uuid:attachment>": files,
        }  # fmt: skip
        assert not secret or visitor.get(f"/record/{secret[0]}").status_code == 404
        yield {place: found[0] for place, found in told.items() if found}


def addresses(walk: Walk, rule: str) -> Iterator[tuple[str, str]]:
    """The addresses of a rule in the done trade and in the open one, with the trade's id."""
    for each in walk.fills:
        project = each["<uuid:project>"]
        named = looks()[rule].only if rule in looks() else ()
        if named:
            yield from ((f"/act/{name}?project={project}", project) for name in sorted(named))
            continue
        path = rule
        for place, value in each.items():
            path = path.replace(place, value)
        if "<" not in path:
            yield path, project


def shows_anothers(walk: Walk, reader: Program, project: str, subject: str = "") -> bool:
    """Whether somebody may see of a trade what neither the public sees nor they did themselves."""

    def read(client: Any) -> dict[str, Any]:
        told = client.get(f"/api/v1/projects/{project}").json["records"]
        return {each["id"]: json.loads(base64.b64decode(each["body"])) for each in told}

    own, public = walk.of(reader)["org"], read(walk.app.test_client())
    return any(
        body["actor"].get("org") != own and body["facts"].get("addressee") != own
        for key, body in read(reader).items()
        if key not in public and subject in {"", body["subject"]}
    )


def has_trade(path: str) -> bool:
    """Whether what is read there is of a trade: the form of a deed may be of none."""
    deed = deeds().get(path.partition("?")[0].removeprefix("/act/"))
    return deed is None or not (deed.whole or deed.fresh)


def is_shown(reader: Program, path: str) -> bool:
    """Whether somebody is shown what is there; of a deed that is another's, nothing but whose."""
    answer, name = reader.get(path), path.partition("?")[0]
    return answer.status_code == 200 and (
        not name.startswith("/act/") or f'action="{name}' in answer.text
    )


def test_every_address_is_in_the_table_and_a_new_one_is_not_served_without(walk: Walk) -> None:
    listed = [rule for part in PARTS for rule in table()[part]]
    assert sorted(listed) == sorted(readings(walk.app))
    bare = Flask(__name__, static_folder=None)
    bare.extensions = walk.app.extensions
    bare.add_url_rule("/new", view_func=lambda: "a new page")
    with pytest.raises(UnlistedReadingError, match="/new"):
        install(bare, walk.source.platform, lambda *_: True)


@pytest.mark.parametrize("role", PEOPLE)
def test_what_is_open_or_ones_own_leaves_no_record(walk: Walk, role: Role) -> None:
    reader, visitor = walk.people[role], walk.app.test_client()
    before = walk.looks(reader)
    for rule in (*table()["open"], *table()["own"]):
        for path, _ in addresses(walk, rule):
            answered = reader.get(path).status_code == 200
            if rule in table()["open"] and answered:
                assert visitor.get(path).status_code == 200, f"{path}: not open to the public"
    assert walk.looks(reader) == before


def test_what_is_secret_to_the_public_is_shown_on_record_alone(walk: Walk) -> None:
    reached, missed = set[str](), []
    for role in PEOPLE:
        shown, unrecorded = read_all(walk, role)
        reached |= shown
        missed += [f"{path} as {role}" for path in unrecorded]
    assert missed == []
    assert set(looks()) - reached == set(ELSEWHERE)


def read_all(walk: Walk, role: Role) -> tuple[set[str], list[str]]:
    """The addresses of looks that a role is shown, and what of them is not on record after it."""
    reader, reached, missed = walk.people[role], set[str](), []
    trades = [each["<uuid:project>"] for each in walk.fills]
    secret = {project for project in trades if shows_anothers(walk, reader, project)}
    drawn = {
        each["<uuid:project>"]
        for each in walk.fills
        if "<uuid:number>" in each
        and shows_anothers(walk, reader, each["<uuid:project>"], each["<uuid:number>"])
    }
    paid = {
        project
        for project in trades
        if reader.get(f"/finance/{project}/deposits.csv").status_code == 200
    }
    by_kind = {"records": secret, "deposits": paid, "draw": drawn}
    for rule, reading in looks().items():
        placed = any(place in rule for place in PLACED)
        for path, project in addresses(walk, rule):
            place = project if placed and has_trade(path) else NOWHERE
            if role not in reading.by or not is_shown(reader, path):
                continue
            reached.add(rule)
            there = {chain for _, chain, kind in walk.looks(reader) if kind == reading.kind}
            if project in by_kind.get(reading.kind, trades) and place not in there:
                missed.append(path)
    return reached, missed


def test_who_reads_their_own_alone_leaves_no_look(walk: Walk) -> None:
    """A tenderer's look would tell before CLOSE who is about to bid (招标投标法 22)."""
    for role in (Role.TENDERER, Role.EXPERT):
        assert not records_looks(Actor(UUID(int=1), UUID(int=2), role))
        assert walk.looks(walk.people[role]) == []
    bidder = walk.people[Role.TENDERER]
    for rule, reading in looks().items():
        if not (reading.when or reading.only or len(reading.by) < len(Role)):
            for path, _ in addresses(walk, rule):
                assert bidder.get(path).status_code != 200, f"{path}: shown to a tenderer"
