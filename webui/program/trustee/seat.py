"""One trustee at work: looks what is asked of it, checks, answers, and says what it does.

It proves at once that it holds its key, whenever asked: that tells of no bid and gives no share.
"""

from __future__ import annotations

import base64
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from bidding.envelope.document import EnvelopeError
from bidding.envelope.trustee.batch import Request
from bidding.envelope.trustee.complaint import complain, complained, provable_unasked
from bidding.envelope.trustee.holder import Witnessed
from experts.draw.encoding import DrawError
from monitor.clock import Clock
from webui.artefact.keys import KeysError
from webui.program.client import Client, Refused
from webui.program.trustee.bundle import read_bundle
from webui.program.trustee.escrow import open_share
from webui.program.trustee.fellow import Agrees, Fellow, OtherSet, Unagreed
from webui.program.trustee.key import check_piece, hand_on
from webui.program.trustee.memory import Memory

log = logging.getLogger("batong.trustee")
WAYS = "/api/v1/trustee"
ACTION, PROVE, COMPLAIN = "opening.take_batch", "readiness.prove", "share.complain"
ASKED = "asked"
FIRST_REST, LONGEST_REST = 2.0, 120.0

Confirm = Callable[[str], bool]
"""Asks the person in charge; the words say what is about to be given."""


class Declined(EnvelopeError):
    """The person in charge does not want to give the shares now."""

    doing = "confirm"


@dataclass(slots=True)
class Seat:
    """One account with one folder. `clock` is this machine's own; None takes a demo's time."""

    client: Client
    memory: Memory
    clock: Clock | None
    confirm: Confirm | None = None
    agrees: Agrees | None = None
    """Who answers for what its person has agreed to; None for the folder's own list."""
    doing: str = "none"
    _rests: dict[str, tuple[float, float]] = field(default_factory=dict)
    """What was refused: until when it rests, and how long the next time."""
    _waits: dict[str, tuple[str, str]] = field(default_factory=dict)
    """What its person has to agree to, or cannot be dealt here: what it says until then."""
    _checked: set[str] = field(default_factory=set)
    """The keys of fellows whose pieces were looked at."""

    def look(self) -> bool:
        """Look once; tell whether anything is open. Raises Away, Refused, OSError, KeysError."""
        told = self.client.read(WAYS, {"X-Doing": self.doing})
        now = self.clock.now() if self.clock else datetime.fromisoformat(told["now"])
        for test in told.get("tests", ()):
            self._try(f"test {test['id']}", partial(self._prove, test))
        self._draws(told, now)
        mine = [ask for ask in told["asks"] if ask["seat"] not in ask["given"]]
        if not mine:
            self._say("none", "")
        for ask in mine:
            if ask["state"] == ASKED:
                self._try(f"{ask['section']}.{ask['kind']}", partial(self._answer, ask, now))
            else:
                self._say("waiting", f"{ask['code']} {ask['kind']}: {ask['state']}")
        busy = self._fellows(told)
        if self._waits and not mine:
            self._say(*next(iter(self._waits.values())))
        return bool(mine or busy or told.get("escrows") or told.get("vrf_keys"))

    def _draws(self, told: Mapping[str, Any], now: datetime) -> None:
        """Open shares of draws, look at pieces of VRF keys, hand those of a lost machine on."""
        for share in told.get("escrows", ()):
            key = f"{share['draw']} {share['role']}"
            self._try(key, partial(self._open_share, share, now))
        for piece in told.get("vrf_pieces", ()):
            work = partial(check_piece, self.client, self.memory.trustee(), piece)
            self._try(f"vrf piece {piece['deal']}", work)
        for key in told.get("vrf_keys", ()):
            self._try(f"vrf key {key['draw']}", partial(self._hand_on, key, now))

    def _fellows(self, told: Mapping[str, Any]) -> bool:
        """Deal the key, check those of fellows, go on with successions; tell whether one is."""
        fellow = Fellow(self.client, self.memory, self.agrees or self.memory.agrees)
        for one in told.get("keys", ()):
            self._try(f"key {one['project']}", partial(fellow.deal, one))
        for one in told.get("dealt", ()):
            if one["id"] not in self._checked:
                self._try(f"piece {one['id']}", partial(self._check_piece, fellow, one))
        self._waits = {key: why for key, why in self._waits.items() if key in _named(told)}
        steps = {"call": fellow.call, "hand": fellow.hand, "take": fellow.take}
        if "named" in told:
            self.memory.let_go(told["named"])
        wanted = told.get("successions", ())
        for one in wanted:
            self._try(f"{one['step']} {one['id']}", partial(steps[one["step"]], one))
        return bool(wanted)

    def _check_piece(self, fellow: Fellow, one: Mapping[str, Any]) -> None:
        fellow.check(one)
        self._checked.add(str(one["id"]))

    def _try(self, key: str, work: Callable[[], None]) -> None:
        until, pause = self._rests.get(key, (0.0, FIRST_REST))
        if time.monotonic() < until:
            return
        try:
            work()
            self._rests.pop(key, None)
            self._waits.pop(key, None)
        except (Unagreed, OtherSet) as fault:
            self._waits[key] = fault.doing, f"{key}: {fault}"
        except (EnvelopeError, KeysError, DrawError) as fault:
            self._say(getattr(fault, "doing", "refused"), f"{key}: {fault}")
        except Refused as refused:
            self._say("said_no", f"{key}: {refused}")
        else:
            return
        pause = LONGEST_REST if self.doing == Declined.doing else pause
        self._rests[key] = time.monotonic() + pause, min(pause * 2, LONGEST_REST)

    def _answer(self, ask: Mapping[str, Any], now: datetime) -> None:
        section, kind = str(ask["section"]), str(ask["kind"])
        policy = self.memory.policy()
        bundle = read_bundle(self.client.read(f"{WAYS}/{ask['project']}/{section}/{kind}"))
        bundle.check(policy)
        request = bundle.request
        document = self.memory.answered(section, kind, request.close.digest)
        if document is None:
            self._require_confirmed(ask, request)
            trustee = self.memory.holding(request)
            document = trustee.unlock(request, lambda said: bundle.witnessed(said, policy), now)
            self.memory.keep(section, kind, request.close.digest, document)
        self._say("answering", f"{ask['code']} {kind}: {len(request.items)}")
        self._complain(ask, request, document, lambda said: bundle.witnessed(said, policy))
        inputs = {
            "section": section, "kind": kind, "document": base64.b64encode(document).decode(),
        }  # fmt: skip
        self.client.act(ACTION, inputs, str(ask["project"]))
        log.info("%s: %s %s 已答复 / answered", self.client.account, ask["code"], kind)

    def _complain(
        self, ask: Mapping[str, Any], request: Request, batch: bytes, witnessed: Witnessed
    ) -> None:
        """Prove of each share that is none that its dealer made it so; before the batch is given.

        A complaint that cannot be made, or is not taken, keeps no share back. What might tell more
        than this share waits for the trustee's own person.
        """
        unasked = provable_unasked(batch, request, self.memory.holding(request))
        for subject in complained(batch):
            if subject not in unasked:
                log.warning(
                    "%s: %s 份额无法打开，请本人核对后执行 trustee complain / "
                    "does not open: its proof is for the person to give",
                    self.client.account, subject,
                )  # fmt: skip
        for subject in unasked:
            try:
                document = complain(self.memory.holding(request), request, subject, witnessed)
                inputs = {
                    "section": str(ask["section"]), "kind": str(ask["kind"]),
                    "document": base64.b64encode(document).decode(),
                }  # fmt: skip
                self.client.act(COMPLAIN, inputs, str(ask["project"]))
                log.info("%s: %s 份额有误，已投诉 / complained of", self.client.account, subject)
            except (EnvelopeError, Refused) as fault:
                log.warning("%s: %s: %s", self.client.account, subject, fault)

    def _prove(self, test: Mapping[str, Any]) -> None:
        """Answer a test of a key of this machine; a standby key's own answers its own."""
        machines = {each.device.recipient: each for each in self.memory.machines()}
        trustee = machines.get(str(test["recipient"]))
        if trustee is None:
            return
        document = trustee.answer(base64.b64decode(test["challenge"]))
        inputs = {"test": test["id"], "document": base64.b64encode(document).decode()}
        self.client.act(PROVE, inputs, str(test["project"]))
        log.info("%s: 密钥试验已应答 / the test of the key is answered", self.client.account)

    def _open_share(self, share: Mapping[str, Any], now: datetime) -> None:
        """Open one's piece of a share of a draw, whose own side did not bring it."""
        self._require_yes(
            str(share["draw"]),
            f"抽取 {share['draw']}：{share['role']} 方份额逾期未公开，开启？ / open the share?",
        )
        open_share(self.client, self.memory.trustee(), share, now)

    def _hand_on(self, key: Mapping[str, Any], now: datetime) -> None:
        """Hand one's piece of a lost agent's key on to its deputy, for this one draw."""
        self._require_yes(
            str(key["draw"]),
            f"抽取 {key['draw']}：监督端失联，向其备用端交付密钥分片？ / hand on the piece?",
        )
        hand_on(self.client, self.memory.trustee(), key, now)

    def _require_confirmed(self, ask: Mapping[str, Any], request: Request) -> None:
        self._require_yes(
            str(ask["code"]),
            f"{ask['code']} {ask['name']}：{ask['kind']}，{len(request.items)} 项，"
            f"CLOSE {request.close.digest[:16]}…，交出份额？ / give the shares?",
        )

    def _require_yes(self, of: str, question: str) -> None:
        """Ask the person in charge, where there is one; raises Declined."""
        if self.confirm is None:
            return
        self._say("confirm", of)
        if not self.confirm(question):
            raise Declined("本人未确认 / the person in charge said no")

    def _say(self, doing: str, why: str) -> None:
        """Say what it does: in its log where that changed, to the platform with the next look."""
        if doing != self.doing:
            log.info("%s: %s %s", self.client.account, doing, why)
        self.doing = doing


def _named(told: Mapping[str, Any]) -> set[str]:
    """Return under which names keys and steps are tried."""
    keys = {f"key {one['project']}" for one in told.get("keys", ())}
    return keys | {f"{one['step']} {one['id']}" for one in told.get("successions", ())}
