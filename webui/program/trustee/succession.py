"""A succession as it comes to a trustee's machine, and what of it the machine sees for itself.

That two persons of two bodies asked and confirmed, not both insiders and after the time of the last
call, which word the successor gave, whose key was dealt and who could know which seat's key: all of
it is read from this trade's public chain, whose end the pinned witnesses cosigned. What the chain
tells was written by the platform: that it is meant is for one's own person to ask and agree to.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from bidding.envelope.document import EnvelopeError
from bidding.envelope.roster import Authority, Device, Roster, Seat, read_roster
from bidding.envelope.trustee.keydeal import KeyDeal, read_deal
from bidding.envelope.trustee.successor import PATIENCE, Acceptance, read_acceptance
from monitor.log.checkpoint import Policy
from monitor.refusal import Invalid
from trading.notice.quorum import check_holders
from webui.program.trustee.bundle import (
    ISSUE,
    Chain,
    Unproven,
    facts_of,
    moment_of,
    proven,
    read_chain,
)

ASK, CONFIRM, TAKE = "succession.ask", "succession.confirm", "succession.take"
ENDS = ("succession.answer", "succession.withdraw")
DEAL = "key.deal"
INSIDERS = frozenset({"tenderee", "agency", "centre", "finance", "administrator"})
"""Roles by which a body is of those who may not confirm by themselves."""
Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Handed:
    """A piece handed on, as it travels."""

    id: str
    document: bytes


@dataclass(frozen=True, slots=True)
class Following:
    """One succession: the set of trustees, the dealt key, the successor's word, and the chain."""

    id: str
    project: str
    roster: Roster
    deal: KeyDeal
    acceptance: Acceptance
    challenge: bytes
    pieces: tuple[Handed, ...]
    chain: Chain
    proof: str

    def check(self, policy: Policy) -> tuple[Seat, ...]:
        """Return who holds seats as a successor; raises unless this succession is confirmed.

        Raises Unwitnessed, Unproven.
        """
        bodies = [b for b in proven(self.chain, self.proof, policy) if "done" in _outcome(b)]
        if any(body.get("project") != self.project for body in bodies):
            raise Unproven("chain: 属于别的项目 / of another trade")
        asked, confirmed = self._two(bodies)
        issued = [facts_of(body).get("trustees") for body in bodies if _is(body, ISSUE)]
        if self.roster.digest not in issued:
            raise Unproven("trustees: 不是招标文件公布的名单 / not the roster of the documents")
        dealt = [facts_of(body).get("digest") for body in bodies if _is(body, DEAL)]
        if self.deal.digest not in dealt:
            raise Unproven("deal: 不在公开记录中 / no such deal on record")
        _require_two_bodies(asked, confirmed)
        _require_outsider(bodies, asked, confirmed)
        _require_wait(asked, confirmed)
        self._require_quorum(bodies, _holder(asked))
        return tuple(_named(bodies, TAKE))

    def _two(self, bodies: list[Body]) -> tuple[Body, Body]:
        mine = [body for body in bodies if facts_of(body).get("succession") == self.id]
        if any(_is(body, *ENDS) for body in mine):
            raise Unproven("succession: 已终止 / it has ended")
        found = []
        for action in (ASK, CONFIRM):
            match = [body for body in mine if _is(body, action)]
            words = {facts_of(body).get("acceptance") for body in match}
            if len(match) != 1 or words != {self.acceptance.digest}:
                raise Unproven(f"{action}: 记录的不是这份接任书 / not of this acceptance")
            found.append(match[0])
        told = [b for b in bodies if facts_of(b).get("acceptance") == self.acceptance.digest]
        if told != found:
            raise Unproven("acceptance: 接任书被重复使用 / the word was used for another asking")
        facts = facts_of(found[0])
        if (facts.get("seat"), facts.get("lost")) != (self.deal.seat.index, self.acceptance.lost):
            raise Unproven("succession: 不是这个席位 / of another seat")
        if self.acceptance.lost != self.deal.device.recipient:
            raise Unproven("acceptance: 不是这把密钥 / of another key")
        return found[0], found[1]

    def _require_quorum(self, bodies: list[Body], successor: Seat) -> None:
        """Count whoever could know a seat's key: each that was ever confirmed, in place or not."""
        held = [*self.roster.seats, *_named(bodies, CONFIRM)]
        if any(s.authority == successor.authority and s.index != successor.index for s in held):
            raise Unproven("succession: 该单位另有席位 / this body holds or was given another seat")
        try:
            check_holders(
                self.roster.threshold, [(s.index, s.kind.value, s.authority) for s in held]
            )
        except Invalid as fault:
            raise Unproven(f"succession: {fault.message}") from fault


def read_following(told: Mapping[str, Any]) -> Following:
    """Read a succession as it travels; raises Unproven, Unwitnessed where it has no proof yet."""
    try:
        project, roster = str(told["project"]), read_roster(str(told["trustees"]).encode())
        deal = read_deal(base64.b64decode(told["deal"], validate=True), roster, project)
        acceptance = read_acceptance(base64.b64decode(told["acceptance"], validate=True))
        pieces = tuple(
            Handed(str(each["id"]), base64.b64decode(each["document"], validate=True))
            for each in told["pieces"]
        )
        challenge = base64.b64decode(told["challenge"], validate=True)
        name = str(told["id"])
    except (EnvelopeError, KeyError, TypeError, ValueError) as fault:
        raise Unproven(f"succession: {fault}") from fault
    if (acceptance.tender, acceptance.seat) != (project, deal.seat.index):
        raise Unproven("acceptance: 属于别处 / of elsewhere")
    chain, proof = read_chain(told)
    return Following(name, project, roster, deal, acceptance, challenge, pieces, chain, proof)


def _require_two_bodies(asked: Body, confirmed: Body) -> None:
    one, other = (dict(body.get("actor") or {}) for body in (asked, confirmed))
    if one.get("id") == other.get("id") or one.get("org") == other.get("org"):
        raise Unproven("succession: 未经两个单位的两人确认 / not by two persons of two bodies")


def _require_outsider(bodies: list[Body], asked: Body, confirmed: Body) -> None:
    """Refuse two who, by what they ever did in this trade, are of tenderee, agency and centre."""
    actors = [dict(body.get("actor") or {}) for body in bodies]
    insiders = {actor.get("org") for actor in actors if actor.get("role") in INSIDERS}
    if all(dict(body.get("actor") or {}).get("org") in insiders for body in (asked, confirmed)):
        raise Unproven("succession: 招标人、代理、中心自行确认 / by insiders alone")


def _require_wait(asked: Body, confirmed: Body) -> None:
    """Refuse one confirmed before the lost machine could answer, unless a trustee asked for it."""
    own = dict(asked.get("actor") or {}).get("role") == "trustee"
    if own and facts_of(asked).get("cause") == "withdraws":
        return
    if moment_of(confirmed.get("time")) < moment_of(asked.get("time")) + PATIENCE:
        raise Unproven("succession: 未等满呼叫时间 / confirmed before it could answer")


def _named(bodies: list[Body], action: str) -> Iterable[Seat]:
    """Give the seats of successors that this was done for by the record; raises Unproven."""
    asked = {facts_of(b).get("succession"): b for b in bodies if _is(b, ASK)}
    for body in bodies:
        if _is(body, action):
            found = asked.get(facts_of(body).get("succession"))
            if found is None:
                raise Unproven(f"{action}: 无人提出 / of a succession that nobody asked for")
            yield _holder(found)


def _holder(asked: Body) -> Seat:
    facts = facts_of(asked)
    try:
        device = Device(str(facts["lost"]), str(facts["signer"]))
        kind = Authority(str(facts["kind"]))
        body, name = str(facts["authority"]), str(facts["name"])
        return Seat(int(facts["seat"]), kind, body, name, (device,))
    except (KeyError, ValueError) as fault:
        raise Unproven(f"succession: {fault}") from fault


def _is(body: Body, *actions: str) -> bool:
    return body.get("action") in actions


def _outcome(body: Body) -> Body:
    found = body.get("outcome")
    return found if isinstance(found, dict) else {}
