"""A small world for whole draws: a register, a centre, an inspector and a tenderee, all fixed."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from experts.avoidance import DAY, Case, RuleSet
from experts.custody import Custody
from experts.dossier import Expert, Span
from experts.draw import seed
from experts.draw.encoding import sign, signing_public
from experts.draw.filing import Plan
from experts.draw.header import Kind
from experts.draw.pool import Pool
from experts.draw.service import DrawService
from experts.draw.transcript import Contact
from experts.inspector import InspectorAgent
from experts.recheck import Seen
from monitor.log.canonical import JSON

NOW = 1_700_000_000
TIMES = (NOW + 60, NOW + 120, NOW + 180)
OLD = NOW - 400 * DAY
EVIDENCE = hashlib.sha256(b"evidence").hexdigest()
DIGITS = "314159265358979323846264"
T_KEY, T_SHARE = bytes([7]) * 32, bytes([8]) * 32


def counter(label: str) -> Callable[[int], bytes]:
    """Return a repeatable stream in place of the machine's randomness."""
    state = [0]

    def entropy(size: int) -> bytes:
        state[0] += 1
        return hashlib.sha256(f"{label} {state[0]}".encode()).digest()[:size]

    return entropy


def at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def an_expert(number: int, **facts: object) -> Expert:
    specialty = "A01" if number % 2 else "B02"
    expert = Expert(
        uid=f"E{number:04d}",
        active=Span("active", OLD, OLD),
        region=Span("3301", OLD, OLD),
        specialties=(Span(specialty, OLD, OLD),),
        employers=(Span(f"org{number % 9}", OLD, OLD),),
    )
    return replace(expert, **facts)  # type: ignore[arg-type]


def a_case(**facts: object) -> Case:
    case = Case(
        at=NOW,
        start=NOW + DAY,
        end=NOW + 2 * DAY,
        purchaser="buyer",
        agents=frozenset({"agent"}),
        strata={"A01": 1, "B02": 2},
    )
    return replace(case, **facts)  # type: ignore[arg-type]


@dataclass
class World:
    """One draw with every party; verbs of a story, each returning what was published."""

    folder: Path
    kind: Kind = Kind.EXPERT
    strata: tuple[tuple[int, int], ...] = ((1, 3), (2, 2))
    caps: Mapping[str, int] = field(default_factory=lambda: {"o": 1})
    experts: tuple[Expert, ...] = tuple(an_expert(n) for n in range(40))
    case: Case = field(default_factory=a_case)
    rules: RuleSet = field(default_factory=RuleSet)
    draw: str = "D-1"
    max_rounds: int = 5
    stand_in: bool = True
    times: tuple[int, int, int] = TIMES
    beacon: str = "dice"
    contact: tuple[int, int] = (3, 300)
    hidden: Pool | None = None

    def __post_init__(self) -> None:
        codes = dict(self.strata)
        drawn = {name: code for name, code in self.case.strata.items() if code in codes}
        self.case = replace(self.case, strata=drawn)
        c, i = counter("centre"), counter("inspector")
        self.centre = DrawService(Custody.create(self.folder / "centre", c), c)
        self.agent = InspectorAgent(Custody.create(self.folder / "agent", i), i)

    def plan(self, **facts: object) -> Plan:
        keys: dict[str, JSON] = {
            "I": self.agent.custody.public(),
            "T": {"sign": signing_public(T_KEY).hex()},
        }
        plan = Plan(
            draw=self.draw,
            project="P-1",
            lot="1",
            purpose="evaluation",
            kind=self.kind,
            strata=self.strata,
            caps=self.caps,
            keys=keys,
            times=self.times,
            beacon=self.beacon,
            contact=self.contact,
            snapshot="2023-11-14",
            freshness="checkpoint 1",
            verifier="00" * 32,
            stand_in=self.stand_in,
            max_rounds=self.max_rounds,
        )
        return replace(plan, **facts)  # type: ignore[arg-type]

    def file(self, **facts: object) -> JSON:
        filed = self.centre.file(self.plan(**facts), self.experts, self.case, self.rules)
        signature = self.agent.countersign(filed, self.experts, self.case, self.rules)
        return self.centre.publish(self.draw, signature)

    def commit(self) -> JSON:
        hh = self.centre.custody.papers(self.draw).header().hh
        self.centre.commit(
            self.draw, self.agent.commit(self.draw, b"escrow"), at(self.times[0] - 60)
        )
        tenderee = seed.commit_value(hh, "T", T_SHARE, b"", T_KEY)
        self.centre.commit(self.draw, tenderee, at(self.times[0] - 60))
        return self.centre.open(self.draw)

    def reveal(self) -> JSON:
        opened = self.centre.custody.papers(self.draw).get("commits.json")
        share = self.agent.reveal(self.draw, opened)
        self.centre.reveal(self.draw, "I", share, at(self.times[0] + 30))
        self.centre.reveal(self.draw, "T", T_SHARE.hex(), at(self.times[0] + 30))
        return self.close_reveals()

    def close_reveals(self) -> JSON:
        told = self.centre.close_reveals(self.draw, at(self.times[1] + 10))
        return self.centre.confirm_reveals(
            self.draw, told, self.agent.confirm_reveals(self.draw, told)
        )

    def ceremony(self, digits: str = DIGITS) -> dict[str, JSON]:
        papers = self.centre.custody.papers(self.draw)
        pair: JSON = [papers.header().hh.hex(), papers.reveals()["closed"]]
        told: dict[str, JSON] = {"at": self.times[2], "digits": digits, "draws": [pair]}
        return {**told, "kind": "dice", "session": "2023-11-14 am", "witness": "见证人 W"}

    def roll(self) -> JSON:
        told = self.ceremony()
        typed = self.agent.type_dice([self.draw], told)
        told["signatures"] = {"I": typed, "T": sign(T_KEY, seed.dice_statement(told))}
        self.agent.take_beacon(self.draw, told)
        return self.centre.beacon(self.draw, told)

    def draw_round(self, seen: Seen | None = None) -> dict[str, JSON]:
        request = self.centre.request(self.draw)
        answer = self.agent.answer(self.draw, request, seen)
        assert isinstance(answer, dict)
        return self.centre.draw(self.draw, answer)

    def call(self, *outcomes: Contact) -> dict[str, JSON]:
        """Contact the panel in order with these outcomes; the rest confirm. Closes the round."""
        told = [*outcomes, *[Contact.CONFIRMED] * 20]
        panel = self.centre.panel(self.draw) if self.contact[0] else []
        for (_, leaf, _), outcome in zip(panel, told, strict=False):
            tries = [self.times[2] + 300 * n for n in range(3)]
            self.centre.contact(self.draw, leaf, outcome, EVIDENCE, tries)
        closing = self.centre.close_round(self.draw)
        return self.centre.confirm_round(self.draw, self.agent.confirm_round(self.draw, closing))

    def start(self) -> "World":
        self.file()
        self.commit()
        self.reveal()
        self.roll()
        return self

    def seated(self) -> list[str]:
        """Return the uids that hold a seat."""
        papers = self.centre.custody.papers(self.draw)
        people = papers.pool().entries
        return [people[leaf].u for leaf in papers.trial()[0].progress.seated]

    def employer_of(self, uid: str) -> str:
        return next(e.employers[0].value for e in self.experts if e.uid == uid)

    def recheck(self, bidder: str) -> tuple[dict[str, JSON], Seen]:
        """Learn one bidder's name and judge the pool again."""
        case = replace(self.case, bidders=frozenset({bidder}))
        found = self.centre.recheck(self.draw, self.experts, case, self.rules, at(NOW + 5 * DAY))
        return found, Seen({e.uid: e for e in self.experts}, case, self.rules)

    def finish(self, order: str = "") -> bytes:
        told = self.centre.finish(self.draw, order)
        seen = getattr(self, "seen", None)
        signature = self.agent.confirm_finish(self.draw, told, seen)
        self.centre.confirm_finish(self.draw, signature)
        return self.centre.bundle(self.draw)


def a_whole_draw(folder: Path, **facts: object) -> World:
    """One decline, a replacement round, and a blind re-check that is filled by a linked round."""
    world = World(folder, **facts).start()  # type: ignore[arg-type]
    world.draw_round()
    world.call(Contact.DECLINED)
    world.draw_round()
    world.call()
    found, seen = world.recheck(world.employer_of(world.seated()[0]))
    assert found["barred"]
    world.draw_round(seen)
    world.call()
    return world


def told(data: bytes) -> JSON:
    value: JSON = json.loads(data)
    return value
