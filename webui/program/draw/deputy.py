"""The deputy of the inspector's agent: takes its part before the header is out, and after a loss.

Before: under keys of its own. After: with the lost machine's VRF key, put together again of what
its holders handed on, for that one draw. The key, and that which opens the pieces, leave this
folder when the draw is over, or goes on without this machine.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from experts.ceremony.mail.agenda import Todo, is_dead
from experts.ceremony.mail.paper import Step
from experts.ceremony.mail.view import View
from experts.custody import REBUILT, Papers
from experts.draw.curve import vrf
from experts.draw.encoding import DrawError, mapping, whole
from experts.draw.header import CENTRE, INSPECTOR, Header, read_signed
from experts.escrow.key import (
    PIECE_BYTES,
    Deal,
    Handed,
    asked_statement,
    read_deal,
    read_handed,
    rebuilt,
    successor_alpha,
)
from experts.escrow.resumption import SENT, resume
from webui.program import mail
from webui.program.client import Refused
from webui.program.draw.inspector import AT, Agent
from webui.program.draw.side import FAULTS, log

UNATTENDED = (
    "备用端程序自动申请，无人给出理由 / "
    "asked by the deputy's program by itself: nobody gave a reason"
)


@dataclass(slots=True)
class Deputy(Agent):
    """The machine that answers where the inspector's own is away; its keys are its own.

    reason: what its person gives as the reason for asking for a lost key, on record.
    """

    reason: str = UNATTENDED
    seldom: ClassVar[int] = 1

    def attend(self) -> None:
        """Take over the draws in which the agent has been waited for long enough."""
        for each in self.client.read("/api/v1/draws/vacant")["vacant"]:
            try:
                self.client.act("draw.take_over", {"request": each["request"]}, each["project"])
            except Refused as refused:
                log.warning("%s: %s", each["request"], refused)
        told = self.client.read("/api/v1/draws/lost")
        for each in told["lost"]:
            try:
                self._recover(each)
            except (Refused, *FAULTS) as fault:
                log.warning("%s: %s", each["request"], fault)
        self._forget_all_but({str(each["name"]) for each in told["lost"]} | set(told["used"]))

    def catch_up(self, view: View) -> None:
        """Take the draw in that a lost machine left; forget its key once the draw is over."""
        papers = self._papers(view)
        if _is_over(view):
            Agent.catch_up(self, view)
            forget(papers)
            return
        if view.step("succession", INSPECTOR) and not papers.has(SENT):
            if view.parcel(Step.HANDOVER, CENTRE) is None:
                return
            told = dict(Agent._opened(self, view, Step.HANDOVER, 0))
            papers.replace(AT, {"at": whole(told.pop("at", None), "handover at")})
            resume(self.agent, view, told)
        Agent.catch_up(self, view)

    def _confirm_finish(self, view: View, todo: Todo) -> None:
        Agent._confirm_finish(self, view, todo)
        forget(self._papers(view))

    def _opened(self, view: View, step: Step, k: int) -> Mapping[str, Any]:
        """Return what was sealed to this machine, or before to the lost one and then again."""
        papers = self._papers(view)
        kept = mapping(papers.get(SENT), "sent", SENT)["sent"] if papers.has(SENT) else {}
        name = f"{step.value}-{k}"
        if isinstance(kept, dict) and name in kept:
            return dict(kept[name])
        return Agent._opened(self, view, step, k)

    def _recover(self, told: Mapping[str, Any]) -> None:
        """Ask for a lost machine's key; once two pieces fit, put it together and succeed."""
        header = read_signed(told["signed"], "header")
        papers = self.agent.custody.papers(str(told["name"]))
        if told["asked"] is None:
            self._ask_key(header, papers, told)
            return
        deal = read_deal(told["deal"], header.key(INSPECTOR))
        found = [self._piece(header, papers, deal, told, one) for one in told["pieces"]]
        key = rebuilt(deal, [one for one in found if one is not None])
        if key is None or deal.vrf != header.key(INSPECTOR, "vrf"):
            return
        papers.keep(REBUILT, key.to_bytes(PIECE_BYTES, "big"))
        heir = bytes.fromhex(str(self.agent.custody.public()["sign"]))
        proof = vrf.prove_shared(key, successor_alpha(header.hh, heir)).hex()
        try:
            self._act(told, "draw.succeed", proof=proof)
        except Refused as refused:
            if refused.code != "conflict":
                papers.drop(REBUILT)
            raise

    def _forget_all_but(self, names: set[str]) -> None:
        """A machine that came back, or a draw that ended without this one, leaves no key here."""
        custody = self.agent.custody
        for name in set(custody.draws()) - names:
            forget(custody.papers(name))

    def _ask_key(self, header: Header, papers: Papers, told: Mapping[str, Any]) -> None:
        recipient = mail.recipient(papers)
        signature = self.agent.custody.sign(asked_statement(header.hh, recipient))
        asked = {"recipient": recipient, "signature": signature, "reason": self.reason}
        self._act(told, "draw.ask_key", **asked)
        log.info("%s: 已申请恢复监督端密钥 / the lost agent's key is asked for", told["name"])

    def _piece(
        self, header: Header, papers: Papers, deal: Deal, told: Mapping[str, Any], one: Any
    ) -> Handed | None:
        """Return a piece that fits; of any other it is said, and where it can be proven, why."""
        x = whole(one["x"], "piece")
        try:
            letter = mail.unseal_bytes(one["sealed"], mail.own_key(papers), f"key holder {x}")
            found = read_handed(letter, header.hh, deal, x)
        except DrawError as fault:
            log.warning("%s", fault)
            self._act(told, "draw.report_shut_piece", x=x)
            return None
        if not deal.fits(x, found.piece):
            proof = {"piece": found.piece.hex(), "signature": found.signature}
            self._act(told, "draw.prove_false_piece", x=x, **proof)
            return None
        return found

    def _act(self, told: Mapping[str, Any], action: str, **inputs: Any) -> None:
        self.client.act(action, {"draw": told["draw"], **inputs}, str(told["project"]))


def forget(papers: Papers) -> None:
    """Destroy a lost machine's key, put together for one draw, and what opens its pieces."""
    for name in (REBUILT, mail.KEY):
        if papers.has(name):
            papers.drop(name)


def _is_over(view: View) -> bool:
    """Tell whether nothing more is to be proven or signed in a draw."""
    if view.state in ("finished", "withdrawn"):
        return True
    if view.state != "cancelled":
        return False
    return view.step("final") is not None or view.step("open") is None or is_dead(view)
