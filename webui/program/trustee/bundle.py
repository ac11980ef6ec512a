"""What comes with a request: CLOSE with its proof, and the whole public chain before it.

A trustee takes nothing of it on trust. The checkpoint must bear the cosignatures that its own
pinned keys demand; the chain is followed back from CLOSE by its hashes, so that no record of it can
be left out, and the deadline is read from that chain.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bidding.envelope.bid.object import CAPSULE
from bidding.envelope.document import EnvelopeError
from bidding.envelope.trustee.batch import Request
from bidding.envelope.trustee.close import Close
from bidding.envelope.trustee.request import read_request
from monitor.log.canonical import NotCanonical, parse
from monitor.log.checkpoint import NotWitnessed, Policy
from monitor.log.commitment import commit
from monitor.log.note import NoteError
from monitor.log.proof import LogProof

CLOSE, ISSUE, MOVE = "opening.close", "document.issue", "clarification.issue"
LOSE = "object.lose"
Chain = tuple[tuple[bytes, bytes], ...]
"""Public records from the first on, as (salt, body)."""


class Unproven(EnvelopeError):
    """Something about CLOSE does not hold: nothing is given."""

    doing = "refused"


class Unwitnessed(Unproven):
    """CLOSE is in no checkpoint that the pinned witnesses cosigned: wait."""

    doing = "unwitnessed"


class Early(Unproven):
    """By the public record the deadline has not passed at CLOSE."""

    doing = "early"


@dataclass(frozen=True, slots=True)
class Bundle:
    """A request, the public chain up to and with CLOSE as (salt, body), the proof of its end.

    Where a capsule is lost, the chain goes on to the public act that says so.
    """

    request: Request
    chain: Chain
    proof: str

    def check(self, policy: Policy) -> None:
        """Raise Unwitnessed, Early, Unproven unless this very CLOSE is proven by those keys."""
        bodies = proven(self.chain, self.proof, policy)
        before, closing, after = _parted(bodies, self.request.close.lot)
        _check_statement(closing, self.request.close)
        _check_terms([*before, closing], self.request)
        _check_losses(after, self.request)

    def witnessed(self, statement: Close, policy: Policy) -> None:
        """Raise unless the statement is the one that this bundle proves."""
        self.check(policy)
        if statement != self.request.close:
            raise Unproven("close: 不是所核验的 CLOSE / not the CLOSE that was proven")


def read_bundle(told: Mapping[str, Any]) -> Bundle:
    """Read a bundle as it travels; raises Unproven, Unwitnessed where it has no proof yet."""
    try:
        request = read_request(str(told["request"]).encode())
    except (EnvelopeError, KeyError, TypeError) as fault:
        raise Unproven(f"bundle: {fault}") from fault
    return Bundle(request, *read_chain(told))


def read_chain(told: Mapping[str, Any]) -> tuple[Chain, str]:
    """Read the public chain and the proof of its end; raises Unproven, Unwitnessed without one."""
    try:
        chain = tuple(
            (bytes.fromhex(each["salt"]), base64.b64decode(each["body"], validate=True))
            for each in told["chain"]
        )
        proof = told["proof"]
    except (KeyError, TypeError, ValueError, binascii.Error) as fault:
        raise Unproven(f"bundle: {fault}") from fault
    if not proof:
        raise Unwitnessed("close: 尚未入册 / is not in the log yet")
    return chain, str(proof)


def proven(chain: Chain, proof: str, policy: Policy) -> list[Mapping[str, Any]]:
    """Return the bodies of a chain whose end those keys have witnessed.

    Raises Unwitnessed, Unproven.
    """
    bodies = _linked(chain)
    if not bodies:
        raise Unproven("chain: 空 / is empty")
    if policy.quorum < 1:
        raise Unproven("keys.txt: 未要求见证 / asks for no witness")
    try:
        LogProof.parse(proof).verify(commit(*chain[-1]), policy)
    except NotWitnessed as missing:
        raise Unwitnessed(f"close: {missing}") from missing
    except (NoteError, ValueError) as fault:
        raise Unproven(f"close: {fault}") from fault
    return bodies


def _linked(chain: Chain) -> list[Mapping[str, Any]]:
    """Return the bodies; raises Unproven unless each follows the one before, from the first on."""
    bodies, before = [], ""
    for number, (salt, data) in enumerate(chain, 1):
        body = _body(data)
        if (body.get("seq"), body.get("prev")) != (number, before):
            raise Unproven(f"chain: 第 {number} 条不相接 / record {number} does not follow")
        before = commit(salt, data).hex()
        bodies.append(body)
    return bodies


def _body(data: bytes) -> Mapping[str, Any]:
    try:
        body = parse(data)
    except NotCanonical as fault:
        raise Unproven(f"chain: {fault}") from fault
    if not isinstance(body, dict):
        raise Unproven("chain: 记录应为对象 / a record must be an object")
    return body


def _parted(
    bodies: list[Mapping[str, Any]], section: str
) -> tuple[list[Mapping[str, Any]], Mapping[str, Any], list[Mapping[str, Any]]]:
    """Part the chain at the CLOSE of a section; raises Unproven where there is none."""
    for place, body in enumerate(bodies):
        done = (body.get("action"), body.get("outcome")) == (CLOSE, {"done": True})
        if done and facts_of(body).get("section") == section:
            return bodies[:place], body, bodies[place + 1 :]
    raise Unproven("close: 公开记录中没有本标段的 CLOSE / no CLOSE of this section in the chain")


def _check_losses(after: list[Mapping[str, Any]], request: Request) -> None:
    """Raise Unproven unless each capsule that is left out was said in public to be lost.

    Otherwise whoever sends the request could choose which bids are opened.
    """
    told = {
        facts_of(body).get("bid")
        for body in after
        if (body.get("action"), body.get("outcome")) == (LOSE, {"done": True})
        for facts in [facts_of(body)]
        if (facts.get("section"), facts.get("object")) == (request.close.lot, CAPSULE)
    }
    if request.lost - told:
        raise Unproven("items: 缺少封装件而未公告 / a capsule left out that no record calls lost")


def _check_statement(body: Mapping[str, Any], statement: Close) -> None:
    facts = facts_of(body)
    said = (body.get("action"), body.get("project"), body.get("outcome"))
    if said != (CLOSE, statement.tender, {"done": True}):
        raise Unproven("close: 末条不是本项目的 CLOSE / the last record is not this CLOSE")
    if (facts.get("section"), facts.get("close")) != (statement.lot, statement.digest):
        raise Unproven("close: 记录的是另一次 CLOSE / the record is of another CLOSE")


def _check_terms(bodies: list[Mapping[str, Any]], request: Request) -> None:
    issued = [facts_of(body) for body in bodies if body.get("action") == ISSUE]
    if request.roster.digest not in [facts.get("trustees") for facts in issued]:
        raise Unproven("trustees: 不是招标文件公布的名单 / not the roster of the documents")
    moved = [facts_of(body) for body in bodies if body.get("action") == MOVE]
    told = [facts.get("deadline") for facts in issued]
    told += [facts.get("deadline_after") for facts in moved]
    deadline = max(map(moment_of, told))
    if not deadline < min(moment_of(bodies[-1].get("time")), request.close.closed_at):
        raise Early(f"close: 截止时间为 {deadline}，未到 / the deadline had not passed")


def facts_of(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the facts of a record."""
    facts = body.get("facts")
    return facts if isinstance(facts, dict) else {}


def moment_of(told: object) -> datetime:
    """Return a moment as a record tells it; raises Unproven."""
    try:
        return datetime.fromisoformat(str(told))
    except ValueError as fault:
        raise Unproven(f"chain: 时间有误 / {fault}") from fault
