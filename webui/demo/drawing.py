"""The two sides of a draw as the demo plays them: the centre's draw service, the inspector's agent.

Both keep their keys in stand-in folders beside the platform's data; the platform sees only what
they publish. The tenderee's own share comes from its own machine, also a stand-in.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from bidding.envelope.age.file import encrypt_bytes
from bidding.envelope.age.key import new_identity, recipient_of
from experts.avoidance import Case, RuleSet
from experts.ceremony.closing import finish
from experts.ceremony.dice import throw_dice
from experts.ceremony.header import open_header
from experts.ceremony.replacement import recheck, replace_members
from experts.ceremony.round import Place, ask, close_round, contact, draw_round
from experts.ceremony.share import close_reveals, commit, open_commits, reveal
from experts.custody import Custody
from experts.dossier import Expert
from experts.draw import seed
from experts.draw.encoding import sign, signing_public
from experts.draw.filing import Plan
from experts.draw.header import Kind
from experts.draw.pool import mask_of
from experts.draw.service import DrawService
from experts.draw.transcript import FINAL, Contact
from experts.inspector import InspectorAgent
from experts.pool.expert import stamp
from experts.pool.register import latest_snapshot, registry
from experts.pool.stand_in import SPECIALTIES
from experts.recheck import Seen
from monitor.log.canonical import JSON
from webui.demo.play import Play

STRATA = {code: 1 if code.startswith("A") else 2 for code in SPECIALTIES}
WANTED = ((1, 3), (2, 2))
SECOND = timedelta(seconds=1)


@dataclass(slots=True)
class Drawing:
    """One draw under way."""

    it: Play
    service: DrawService
    agent: InspectorAgent
    keepers: str
    """The key holders' recipient: names and telephones are sealed to it."""
    name: str = ""
    id: UUID = field(default_factory=lambda: UUID(int=0))
    filed_at: int = 0
    tenderee_key: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    tenderee_share: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    seen: Seen | None = None

    @classmethod
    def prepare(cls, it: Play) -> Drawing:
        """Make the stand-in folders of both sides and the key holders' key."""
        service = DrawService(Custody.create(it.stage.stand_ins / "draw-service"))
        agent = InspectorAgent(Custody.create(it.stage.stand_ins / "inspector-agent"))
        return cls(it, service, agent, recipient_of(new_identity()))

    def seal(self, person: bytes) -> bytes:
        """Seal a name to the key holders."""
        return encrypt_bytes(person, [self.keepers])

    def file_header(self) -> int:
        """Step 1: the centre files, the agent recomputes and countersigns; return the leaves."""
        it = self.it
        self.name, self.filed_at = f"D-{secrets.token_hex(4)}", stamp(it.stage.now)
        experts, case = self._experts(), self._case()
        rules = RuleSet()
        filed = self.service.file(self._plan(), experts, case, rules)
        signature = self.agent.countersign(filed, experts, case, rules)
        signed = self.service.publish(self.name, signature)
        leaves = self.service.custody.papers(self.name).pool().leaves
        self.id = it.stage.do(
            open_header,
            it.cast.clerk,
            it.project,
            section=it.section,
            signed=_object(signed),
            leaves=b"".join(leaves),
        )
        return len(leaves)

    def commit_and_reveal(self) -> None:
        """Steps 2 to 4: inspector and tenderee commit blind, then reveal."""
        it, stage = self.it, self.it.stage
        hh = self.service.custody.papers(self.name).header().hh
        told = (
            self.agent.commit(self.name, b"escrow"),
            seed.commit_value(hh, "T", self.tenderee_share, b"", self.tenderee_key),
        )
        people = (it.cast.inspector, it.cast.owner)
        for actor, commitment in zip(people, told, strict=True):
            self.service.commit(self.name, commitment, stage.now)
            stage.do(commit, actor, it.project, draw=self.id, told=commitment)
        stage.do(open_commits, it.cast.clerk, it.project, draw=self.id)
        commits = self.service.open(self.name)
        shares = (self.agent.reveal(self.name, commits), self.tenderee_share.hex())
        for role, actor, share in zip("IT", people, shares, strict=True):
            self.service.reveal(self.name, role, share, stage.now)
            stage.do(reveal, actor, it.project, draw=self.id, share=share)
        closing = self.service.close_reveals(self.name, stage.now)
        confirmed = self.agent.confirm_reveals(self.name, closing)
        document = self.service.confirm_reveals(self.name, closing, confirmed)
        stage.do(
            close_reveals,
            it.cast.clerk,
            it.project,
            draw=self.id,
            document=_object(document),
        )

    def throw(self) -> str:
        """Step 5: 24 witnessed dice digits (simulated here), typed by two roles; return them."""
        it, stage = self.it, self.it.stage
        stage.until(stage.now + 181 * SECOND)
        digits = "".join(str(secrets.randbelow(10)) for _ in range(24))
        papers = self.service.custody.papers(self.name)
        pair: JSON = [papers.header().hh.hex(), _object(papers.reveals())["closed"]]
        told: dict[str, JSON] = {
            "at": stamp(stage.now),
            "digits": digits,
            "draws": [pair],
            "kind": "dice",
            "session": "am",
            "witness": "模拟骰子 / simulated dice",
        }
        signatures = {
            "I": self.agent.type_dice([self.name], told),
            "T": sign(self.tenderee_key, seed.dice_statement(told)),
        }
        for actor, role in ((it.cast.inspector, "I"), (it.cast.owner, "T")):
            stage.do(
                throw_dice,
                actor,
                it.project,
                draw=self.id,
                ceremony=told,
                signature=signatures[role],
            )
        document: dict[str, JSON] = {**told, "signatures": signatures}
        self.agent.take_beacon(self.name, document)
        self.service.beacon(self.name, document)
        return digits

    def round(self) -> list[str]:
        """Steps 6 to 8: ask, two VRFs, select; return the masks that were drawn."""
        it = self.it
        told = self.service.draw(self.name, self._ask())
        places = [
            Place(stratum, leaf, self.seal(uid.encode()))
            for stratum, leaf, uid in self.service.panel(self.name)
        ]
        return it.stage.do(
            draw_round, it.cast.clerk, it.project, draw=self.id, told=told, places=places
        )

    def call(self, *outcomes: Contact) -> None:
        """Steps 9 and 10: contact those drawn (the rest confirm) and close the round."""
        it = self.it
        evidence = hashlib.sha256(b"telephone receipt, simulated").hexdigest()
        tries = [stamp(it.stage.now) + 300 * n for n in range(3)]
        rest = [*outcomes, *[Contact.CONFIRMED] * 20]
        for (_, leaf, _), outcome in zip(self.service.panel(self.name), rest, strict=False):
            self.service.contact(self.name, leaf, outcome, evidence, tries)
            it.stage.do(
                contact,
                it.cast.clerk,
                it.project,
                draw=self.id,
                mask=mask_of(bytes.fromhex(leaf)),
                outcome=str(outcome),
                evidence=evidence,
                attempts=tries,
            )
        told = self.service.close_round(self.name)
        signature = self.agent.confirm_round(self.name, told)
        closed = self.service.confirm_round(self.name, signature)
        it.stage.do(
            close_round,
            it.cast.clerk,
            it.project,
            draw=self.id,
            closing=str(closed["closing"]),
            signatures={"C": str(told["signature"]), "I": signature},
        )

    def recheck(self, bidders: frozenset[str]) -> int:
        """Check the seated blind against the bidders, after CLOSE; return how many must go."""
        it = self.it
        case, experts, rules = self._case(bidders), self._experts(), RuleSet()
        told = self.service.recheck(self.name, experts, case, rules, it.stage.now)
        self.seen = Seen({one.uid: one for one in experts}, case, rules)
        return it.stage.do(recheck, it.cast.clerk, it.project, draw=self.id, told=told)

    def finish(self) -> str:
        """Step 11: both sign the transcript's root; return it."""
        it = self.it
        told = self.service.finish(self.name)
        signature = self.agent.confirm_finish(self.name, told, self.seen)
        self.service.confirm_finish(self.name, signature)
        kept = _object(self.service.custody.papers(self.name).get(FINAL))
        return it.stage.do(
            finish,
            it.cast.clerk,
            it.project,
            draw=self.id,
            final=_object(kept["final"]),
            signatures=_object(kept["signatures"]),
        )

    def sitting(self) -> dict[str, str]:
        """Return mask → uid of those who sit, as only the draw service knows it."""
        papers = self.service.custody.papers(self.name)
        people = papers.pool().entries
        return {mask_of(leaf): people[leaf].u for leaf in papers.trial()[0].progress.seated}

    def opening(self, uid: str) -> Mapping[str, Any]:
        """Return an expert's own opening of its leaf."""
        return _object(self.service.custody.papers(self.name).pool().own(uid)["opening"])

    def bundle(self) -> bytes:
        """Return the bundle that anybody can check, for after the result."""
        return self.service.bundle(self.name)

    def _ask(self) -> Mapping[str, Any]:
        it = self.it
        request = self.service.request(self.name)
        answer = _object(self.agent.answer(self.name, request, self.seen))
        signature = str(answer["ask"])
        if request["k"] == 0:
            it.stage.do(ask, it.cast.inspector, it.project, draw=self.id, signature=signature)
        else:
            it.stage.do(
                replace_members,
                it.cast.inspector,
                it.project,
                draw=self.id,
                change=_object(request["change"]),
                signature=signature,
            )
        return answer

    def _experts(self) -> tuple[Expert, ...]:
        with self.it.stage.platform.read() as session:
            return registry(session)

    def _case(self, bidders: frozenset[str] = frozenset()) -> Case:
        return Case(
            at=self.filed_at,
            start=self.filed_at + 86_400,
            end=self.filed_at + 2 * 86_400,
            purchaser=self.it.cast.tenderee.uscc,
            agents=frozenset(),
            strata=STRATA,
            bidders=bidders,
        )

    def _plan(self) -> Plan:
        it = self.it
        with it.stage.platform.read() as session:
            taken = str(latest_snapshot(session).id)
        now = self.filed_at
        return Plan(
            draw=self.name,
            project=str(it.project),
            lot=str(it.section),
            purpose="evaluation",
            kind=Kind.EXPERT,
            strata=WANTED,
            caps={"o": 1},
            keys={
                "I": self.agent.custody.public(),
                "T": {"sign": signing_public(self.tenderee_key).hex()},
            },
            times=(now + 60, now + 120, now + 180),
            snapshot=taken,
            freshness="checkpoint",
            verifier="00" * 32,
            stand_in=True,
            reason="",
        )


def _object(value: object) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise TypeError("a document that is not an object")
    return value
