"""One trustee at work: looks what is asked of it, checks, answers, and says what it does."""

from __future__ import annotations

import base64
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bidding.envelope.document import EnvelopeError
from bidding.envelope.trustee.batch import Request
from monitor.clock import Clock
from webui.artefact.keys import KeysError
from webui.program.client import Client, Refused
from webui.program.trustee.bundle import read_bundle
from webui.program.trustee.memory import Memory

log = logging.getLogger("batong.trustee")
WAYS = "/api/v1/trustee"
ACTION = "opening.take_batch"
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
    doing: str = "none"
    _rests: dict[str, tuple[float, float]] = field(default_factory=dict)
    """What was refused: until when it rests, and how long the next time."""

    def look(self) -> bool:
        """Look once; tell whether anything is open. Raises Away, Refused, OSError, KeysError."""
        told = self.client.read(WAYS, {"X-Doing": self.doing})
        now = self.clock.now() if self.clock else datetime.fromisoformat(told["now"])
        mine = [ask for ask in told["asks"] if ask["seat"] not in ask["given"]]
        if not mine:
            self._say("none", "")
        for ask in mine:
            if ask["state"] == ASKED:
                self._try(ask, now)
            else:
                self._say("waiting", f"{ask['code']} {ask['kind']}: {ask['state']}")
        return bool(mine)

    def _try(self, ask: Mapping[str, Any], now: datetime) -> None:
        key = f"{ask['section']}.{ask['kind']}"
        until, pause = self._rests.get(key, (0.0, FIRST_REST))
        if time.monotonic() < until:
            return
        try:
            self._answer(ask, now)
            self._rests.pop(key, None)
        except (EnvelopeError, KeysError) as fault:
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
            trustee = self.memory.trustee()
            document = trustee.unlock(request, lambda said: bundle.witnessed(said, policy), now)
            self.memory.keep(section, kind, request.close.digest, document)
        self._say("answering", f"{ask['code']} {kind}: {len(request.items)}")
        inputs = {
            "section": section, "kind": kind, "document": base64.b64encode(document).decode(),
        }  # fmt: skip
        self.client.act(ACTION, inputs, str(ask["project"]))
        log.info("%s: %s %s 已答复 / answered", self.client.account, ask["code"], kind)

    def _require_confirmed(self, ask: Mapping[str, Any], request: Request) -> None:
        if self.confirm is None:
            return
        self._say("confirm", str(ask["code"]))
        if not self.confirm(
            f"{ask['code']} {ask['name']}：{ask['kind']}，{len(request.items)} 项，"
            f"CLOSE {request.close.digest[:16]}…，交出份额？ / give the shares?"
        ):
            raise Declined("本人未确认 / the person in charge said no")

    def _say(self, doing: str, why: str) -> None:
        """Say what it does: in its log where that changed, to the platform with the next look."""
        if doing != self.doing:
            log.info("%s: %s %s", self.client.account, doing, why)
        self.doing = doing
