"""One draw end to end through the platform's actions, with the real draw service and agent.

The service (C) and the agent (I) keep their keys in folders of their own; the platform sees what
they publish. Each verb tells both sides, in the order of the ceremony.
"""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
from sqlalchemy import select

from experts.avoidance import Case, Expert, RuleSet
from experts.ceremony.closing import finish
from experts.ceremony.dice import throw_dice
from experts.ceremony.header import open_header
from experts.ceremony.replacement import recheck, replace_members
from experts.ceremony.round import Place, ask, close_round, contact, draw_round
from experts.ceremony.seat import Seat, mask_of, seated
from experts.ceremony.share import close_reveals, commit, open_commits, reveal
from experts.custody import Custody
from experts.draw import seed
from experts.draw.encoding import sign, signing_public
from experts.draw.filing import Plan
from experts.draw.header import Kind
from experts.draw.service import DrawService
from experts.draw.transcript import Contact
from experts.inspector import InspectorAgent, Seen
from experts.panel.attendance import check_in
from experts.pool.expert import Expert as Row
from experts.pool.expert import stamp
from experts.pool.register import latest_snapshot, registry, snapshot
from experts.pool.stand_in import SPECIALTIES, StandIn
from monitor.log.canonical import JSON
from monitor.record.disclosure import Audience, Viewer, timeline
from monitor.record.platform import Platform
from monitor.role import Actor, Role
from monitor.runtime.database import Addresses, libpq
from tests.builders import a_standing, an_actor, the_act
from tests.experts.pool_world import PoolKeepers, a_pool, the_keepers
from tests.trading.projects import an_accepted_trade
from trading.registration.project import sections

DIGITS = "314159265358979323846264"
T_KEY, T_SHARE = bytes([7]) * 32, bytes([8]) * 32
EVIDENCE = hashlib.sha256(b"evidence").hexdigest()
STRATA_5 = ((1, 3), (2, 2))
STRATA = {code: 1 if code.startswith("A") else 2 for code in SPECIALTIES}


@dataclass
class Hall:
    """Who is at the ceremony of one project and section, and what they draw from."""

    platform: Platform
    folder: Path
    project: UUID
    section: UUID
    keepers: PoolKeepers
    people: dict[str, StandIn]
    inspector: Actor
    tenderee: Actor
    strata: tuple[tuple[int, int], ...] = STRATA_5
    name: str = ""
    id: UUID = field(default_factory=uuid4)
    rules: RuleSet = field(default_factory=RuleSet)
    seen: Seen | None = None
    filed_at: int = 0
    secrets: dict[str, bytes] = field(default_factory=dict)
    openings: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.service = DrawService(Custody.create(self.folder / "centre"))
        self.agent = InspectorAgent(Custody.create(self.folder / "agent"))

    @property
    def centre(self) -> Actor:
        return self.keepers.first

    def now(self) -> int:
        return stamp(self.platform.clock.now())

    def wait(self, seconds: float) -> None:
        self.platform.clock.wait(timedelta(seconds=seconds))

    def experts(self) -> tuple[Expert, ...]:
        with self.platform.read() as session:
            return registry(session)

    def case(self, *bidders: str) -> Case:
        return Case(
            at=self.filed_at,
            start=self.filed_at + 86_400,
            end=self.filed_at + 2 * 86_400,
            purchaser="buyer",
            agents=frozenset(),
            strata=STRATA,
            bidders=frozenset(bidders),
        )

    def plan(self, reason: str = "") -> Plan:
        with self.platform.read() as session:
            taken = str(latest_snapshot(session).id)
        now = self.filed_at
        return Plan(
            draw=self.name,
            project=str(self.project),
            lot=str(self.section),
            purpose="evaluation",
            kind=Kind.EXPERT,
            strata=self.strata,
            caps={"o": 1},
            keys={
                "I": self.agent.custody.public(),
                "T": {"sign": signing_public(T_KEY).hex()},
            },
            times=(now + 60, now + 120, now + 180),
            snapshot=taken,
            freshness="checkpoint 1",
            verifier="00" * 32,
            stand_in=True,
            reason=reason,
        )

    def file(self, reason: str = "") -> tuple[Any, bytes]:
        """Step 1, both sides: the signed header and the leaves, not yet on the platform."""
        self.name, self.filed_at = f"D-{secrets.token_hex(4)}", self.now()
        experts, case = self.experts(), self.case()
        filed = self.service.file(self.plan(reason), experts, case, self.rules)
        signature = self.agent.countersign(filed, experts, case, self.rules)
        signed = self.service.publish(self.name, signature)
        return signed, b"".join(self.service.custody.papers(self.name).pool().leaves)

    def open_header(self, reason: str = "") -> None:
        signed, leaves = self.file(reason)
        self.id = self.platform.perform(
            open_header,
            self.centre,
            self.project,
            section=self.section,
            signed=signed,
            leaves=leaves,
        )

    def commitments(self) -> tuple[dict[str, JSON], dict[str, JSON]]:
        hh = self.service.custody.papers(self.name).header().hh
        mine = self.agent.commit(self.name, b"escrow")
        return mine, seed.commit_value(hh, "T", T_SHARE, b"", T_KEY)

    def commit(self) -> None:
        for actor, told in zip((self.inspector, self.tenderee), self.commitments(), strict=True):
            self.service.commit(self.name, told, self.platform.clock.now())
            self.platform.perform(commit, actor, self.project, draw=self.id, told=told)

    def open(self) -> None:
        self.platform.perform(open_commits, self.centre, self.project, draw=self.id)
        self.commits = self.service.open(self.name)

    def reveal(self) -> None:
        shares = (self.agent.reveal(self.name, self.commits), T_SHARE.hex())
        for role, actor, share in zip("IT", (self.inspector, self.tenderee), shares, strict=True):
            self.service.reveal(self.name, role, share, self.platform.clock.now())
            self.platform.perform(reveal, actor, self.project, draw=self.id, share=share)

    def close_reveals(self) -> None:
        told = self.service.close_reveals(self.name, self.platform.clock.now())
        document = self.service.confirm_reveals(
            self.name, told, self.agent.confirm_reveals(self.name, told)
        )
        self.platform.perform(
            close_reveals,
            self.centre,
            self.project,
            draw=self.id,
            document=document,  # type: ignore[arg-type]
        )

    def ceremony(self, digits: str = DIGITS) -> dict[str, JSON]:
        papers = self.service.custody.papers(self.name)
        pair: JSON = [papers.header().hh.hex(), papers.reveals()["closed"]]
        told: dict[str, JSON] = {"at": self.now(), "digits": digits, "draws": [pair]}
        return {**told, "kind": "dice", "session": "am", "witness": "见证人 W"}

    def throw(self) -> None:
        self.wait(181)
        told = self.ceremony()
        signatures = {
            "I": self.agent.type_dice([self.name], told),
            "T": sign(T_KEY, seed.dice_statement(told)),
        }
        for actor, role in ((self.inspector, "I"), (self.tenderee, "T")):
            done = self.platform.perform(
                throw_dice,
                actor,
                self.project,
                draw=self.id,
                ceremony=told,
                signature=signatures[role],
            )
        assert done
        document: dict[str, JSON] = {**told, "signatures": signatures}
        self.agent.take_beacon(self.name, document)
        self.service.beacon(self.name, document)

    def ask(self) -> dict[str, JSON]:
        request = self.service.request(self.name)
        answer = self.agent.answer(self.name, request, self.seen)
        assert isinstance(answer, dict)
        if request["k"] == 0:
            self.platform.perform(
                ask, self.inspector, self.project, draw=self.id, signature=str(answer["ask"])
            )
        else:
            self.platform.perform(
                replace_members,
                self.inspector,
                self.project,
                draw=self.id,
                change=request["change"],  # type: ignore[arg-type]
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
        return self.platform.perform(
            draw_round, self.centre, self.project, draw=self.id, told=told, places=places
        )

    def call(self, *outcomes: Contact) -> None:
        """Contact those drawn with these outcomes, the rest confirm; close the round."""
        rest = [*outcomes, *[Contact.CONFIRMED] * 20]
        tries = [self.now() + 300 * n for n in range(3)]
        for (_, leaf, _), outcome in zip(self.service.panel(self.name), rest, strict=False):
            self.service.contact(self.name, leaf, outcome, EVIDENCE, tries)
            self.platform.perform(
                contact,
                self.centre,
                self.project,
                draw=self.id,
                mask=mask_of(bytes.fromhex(leaf)),
                outcome=str(outcome),
                evidence=EVIDENCE,
                attempts=tries,
            )
        told = self.service.close_round(self.name)
        signature = self.agent.confirm_round(self.name, told)
        closed = self.service.confirm_round(self.name, signature)
        counts = self.platform.perform(
            close_round,
            self.centre,
            self.project,
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
        return self.platform.perform(recheck, self.centre, self.project, draw=self.id, told=told)

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
            self.platform.perform(
                check_in,
                members[mask],
                self.project,
                section=self.section,
                opening=self.openings[mask],
                secret=self.secrets[mask],
            )
        return members

    def finish(self, order: str = "") -> str:
        told = self.service.finish(self.name, order)
        signature = self.agent.confirm_finish(self.name, told, self.seen)
        root = self.service.confirm_finish(self.name, signature)
        published = self.platform.perform(
            finish,
            self.centre,
            self.project,
            draw=self.id,
            final=told["final"],  # type: ignore[arg-type]
            signatures={"C": str(told["signature"]), "I": signature},
        )
        assert published == root
        return root

    def employer_of(self, uid: str) -> str:
        return self.people[uid].facts.employers[-1].employer


@dataclass(frozen=True, slots=True)
class DrawingPool:
    """A platform whose pool of stand-ins is past its cooling."""

    platform: Platform
    keepers: PoolKeepers
    people: dict[str, StandIn]


def a_drawing_pool(platform: Platform, n: int) -> DrawingPool:
    keepers = the_keepers(platform)
    people = a_pool(platform, keepers, n)
    platform.clock.wait(timedelta(days=8))
    platform.perform(snapshot, keepers.first, None)
    return DrawingPool(platform, keepers, {one.facts.uid: one for one in people})


def a_hall(pool: DrawingPool, folder: Path, strata: tuple[tuple[int, int], ...] = STRATA_5) -> Hall:
    """A fresh project with everybody at the ceremony."""
    trade = an_accepted_trade(pool.platform)
    with pool.platform.read() as session:
        [section] = sections(session, trade.id)
    inspector = an_actor(pool.platform, Role.DEPARTMENT)
    a_standing(pool.platform, trade.id, inspector, pool.keepers.first)
    return Hall(
        pool.platform,
        folder,
        trade.id,
        section.id,
        pool.keepers,
        pool.people,
        inspector,
        trade.owner,
        strata,
    )


def everything_at_rest(database: Addresses) -> dict[str, str]:
    """Every table's rows as text, bytes as they are, records opened: what a thief of it all reads."""
    found = {}
    with psycopg.connect(libpq(database.superuser_url)) as connection:
        names = [
            row[0]
            for row in connection.execute(
                "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
            )
        ]
        for name in names:
            rows = connection.execute(f"SELECT to_jsonb(t)::text FROM {name} t").fetchall()
            found[name] = "\n".join(row[0] for row in rows)
        bodies = connection.execute("SELECT convert_from(body, 'UTF8') FROM opening").fetchall()
        found["bodies"] = "\n".join(row[0] for row in bodies)
    return found


def seen_by(hall: Hall, audience: Audience) -> str:
    viewer = Viewer(audience)
    with hall.platform.read() as session:
        return "\n".join(one.body.decode() for one in timeline(session, hall.project, viewer))


def a_finished_draw(hall: Hall) -> None:
    """A decline, a replacement, CLOSE, a re-check that bars one, a linked round, all checked in."""
    hall.start().round()
    hall.call(Contact.DECLINED)
    hall.round()
    hall.call()
    hall.close()
    assert hall.recheck(hall.employer_of(next(iter(hall.sitting().values())))) == 1
    hall.round()
    hall.call()
    hall.check_in()
    hall.finish()


def seats_in(hall: Hall) -> list[Seat]:
    with hall.platform.read() as session:
        return list(seated(session, hall.project, hall.section))
