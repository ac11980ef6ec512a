"""The desk of one draw: steps 1 to 5 through the platform, told by the real service and agent.

The service (C) and the agent (I) keep their keys in folders of their own; the platform sees what
they publish. Each verb tells both sides, in the order of the ceremony.
"""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID, uuid4

from experts.avoidance import Case, RuleSet
from experts.ceremony.dice import throw_dice
from experts.ceremony.header import open_header
from experts.ceremony.share import close_reveals, commit, open_commits, reveal
from experts.custody import Custody
from experts.dossier import Expert
from experts.draw import seed
from experts.draw.encoding import sign, signing_public
from experts.draw.filing import Plan
from experts.draw.header import Kind
from experts.draw.service import DrawService
from experts.inspector import InspectorAgent
from experts.pool.expert import stamp
from experts.pool.register import latest_snapshot, registry
from experts.pool.stand_in import SPECIALTIES, StandIn
from experts.recheck import Seen
from monitor.log.canonical import JSON
from monitor.record.action import Action
from monitor.record.platform import Platform
from monitor.role import Actor
from tests.experts.pool_world import PoolKeepers

DIGITS = "314159265358979323846264"
T_KEY, T_SHARE = bytes([7]) * 32, bytes([8]) * 32
EVIDENCE = hashlib.sha256(b"evidence").hexdigest()
T = TypeVar("T")
STRATA_5 = ((1, 3), (2, 2))
STRATA = {code: 1 if code.startswith("A") else 2 for code in SPECIALTIES}


@dataclass
class Desk:
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
    beacon: str = "dice"
    id: UUID = field(default_factory=uuid4)
    rules: RuleSet = field(default_factory=RuleSet)
    seen: Seen | None = None
    filed_at: int = 0
    secrets: dict[str, bytes] = field(default_factory=dict)
    openings: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.service = DrawService(Custody.create(self.folder / "centre"))
        self.agent = InspectorAgent(Custody.create(self.folder / "agent"))

    def do(self, verb: Action[..., T], actor: Actor, **inputs: Any) -> T:
        return self.platform.perform(verb, actor, self.project, **inputs)

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
            keys={"I": self.agent.custody.public(), "T": {"sign": signing_public(T_KEY).hex()}},
            times=(now + 60, now + 120, now + 180),
            snapshot=taken,
            freshness="checkpoint 1",
            verifier="00" * 32,
            stand_in=True,
            beacon=self.beacon,
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
        self.id = self.do(
            open_header, self.centre, section=self.section, signed=signed, leaves=leaves
        )

    def commitments(self) -> tuple[dict[str, JSON], dict[str, JSON]]:
        hh = self.service.custody.papers(self.name).header().hh
        mine = self.agent.commit(self.name, b"escrow")
        return mine, seed.commit_value(hh, "T", T_SHARE, b"", T_KEY)

    def commit(self) -> None:
        for actor, told in zip((self.inspector, self.tenderee), self.commitments(), strict=True):
            self.service.commit(self.name, told, self.platform.clock.now())
            self.do(commit, actor, draw=self.id, told=told)

    def open(self) -> None:
        self.do(open_commits, self.centre, draw=self.id)
        self.commits = self.service.open(self.name)

    def reveal(self) -> None:
        shares = (self.agent.reveal(self.name, self.commits), T_SHARE.hex())
        for role, actor, share in zip("IT", (self.inspector, self.tenderee), shares, strict=True):
            self.service.reveal(self.name, role, share, self.platform.clock.now())
            self.do(reveal, actor, draw=self.id, share=share)

    def close_reveals(self) -> None:
        told = self.service.close_reveals(self.name, self.platform.clock.now())
        document = self.service.confirm_reveals(
            self.name, told, self.agent.confirm_reveals(self.name, told)
        )
        self.do(close_reveals, self.centre, draw=self.id, document=document)

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
            done = self.do(
                throw_dice, actor, draw=self.id, ceremony=told, signature=signatures[role]
            )
        assert done
        document: dict[str, JSON] = {**told, "signatures": signatures}
        self.agent.take_beacon(self.name, document)
        self.service.beacon(self.name, document)
