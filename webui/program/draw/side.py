"""One side of draws as a program: what is its own of the agenda, done step by step.

Every step may be cut off at any point and done again: what is kept in the own folder comes before
what is told, and what was told already stands on the platform. So a step done twice is one step.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from experts.ceremony.mail.agenda import Todo, agenda
from experts.ceremony.mail.paper import Step
from experts.ceremony.mail.view import View
from experts.draw.encoding import DrawError
from monitor.log.canonical import JSON
from webui.program.client import UNAUTHORIZED, Client, Refused

log = logging.getLogger("batong.program")
Handler = Callable[[View, Todo], None]
FAULTS = (LookupError, TypeError, ValueError)
"""What another side's paper may do to this one: DrawError is a ValueError, and the usual one."""


@dataclass(slots=True)
class Side:
    """What the three machines have in common."""

    client: Client
    _given_up: dict[tuple[str, Todo], tuple[object, ...]] = field(
        default_factory=dict, init=False, kw_only=True
    )
    """What went wrong and is not tried again until something changes, and how things stood."""
    role: ClassVar[str] = ""
    seldom: ClassVar[int] = 20
    """Looks at draws for one at what else is a machine's own."""

    def handlers(self) -> Mapping[str, Handler]:
        """Return what this side does, by the agenda's name of the step."""
        return {}

    def catch_up(self, view: View) -> None:
        """Take into the own folder what stands on the platform since the last look."""

    def wait(self, view: View, todo: Todo) -> None:
        """Do what is to be done while others are waited for."""

    def attend(self) -> None:
        """Do what is this side's own beside draws, now and then. Raises Away, Refused."""

    def tend(self, view: View) -> bool:
        """Do what is this side's own now; tell whether something was done. Raises Away."""
        try:
            self.catch_up(view)
        except FAULTS as fault:
            self._trouble(view, fault)
            return False
        done = [self._tried(view, todo) for todo in agenda(view)]
        return any(done)

    def _tried(self, view: View, todo: Todo) -> bool:
        """Do one thing; what failed is not tried again while all stands as it stood."""
        key, stands = (view.request, todo), _stands(view)
        if self._given_up.get(key) == stands:
            return False
        try:
            return self._did(view, todo)
        except Refused as refused:
            if refused.status == UNAUTHORIZED:
                raise
            self._given_up[key] = stands
            if refused.code != "conflict":
                self._trouble(view, DrawError(todo.what, str(refused)))
        except FAULTS as fault:
            self._given_up[key] = stands
            self._trouble(view, fault)
        return False

    def _did(self, view: View, todo: Todo) -> bool:
        if todo.who != self.role:
            self.wait(view, todo)
            return False
        self.handlers()[todo.what](view, todo)
        log.info("%s %s %d", view.name, todo.what, todo.k)
        return True

    def act(self, view: View, action: str, **inputs: Any) -> Any:
        """Act in the draw's project; raises Refused, Away."""
        return self.client.act(action, inputs, view.project)

    def step(self, view: View, action: str, **inputs: Any) -> Any:
        """Act on the draw itself."""
        return self.act(view, action, draw=view.draw, **inputs)

    def post(self, view: View, step: Step, document: Mapping[str, JSON], k: int = 0) -> None:
        """Post a parcel; one that stands there already is this very one, sent before a kill."""
        told = {"request": view.request, "step": step.value, "k": k, "document": document}
        try:
            self.act(view, "draw.post", **told)
        except Refused as refused:
            if refused.code != "conflict":
                raise

    def sealed(self, view: View, step: Step, k: int) -> object:
        """Return what the other machine sealed to this one; raises Away, Refused."""
        told = self.client.read(f"/api/v1/draws/{view.request}/parcels/{step.value}/{k}")
        return told["document"].get("sealed")

    def _trouble(self, view: View, fault: Exception) -> None:
        """Say once why this side cannot go on; a person has to look."""
        log.warning("%s: %s: %s", view.name, type(fault).__name__, fault)
        told = {"item": "paper", "reason": "is malformed / 文书格式有误"}
        if isinstance(fault, DrawError):
            told = {"item": fault.item, "reason": fault.reason}
        mine = [one for one in view.parcels(Step.TROUBLE) if one["role"] == self.role]
        if mine and mine[-1]["document"] == told:
            return
        try:
            self.post(view, Step.TROUBLE, told, len(mine))
        except Refused as refused:
            log.warning("%s: %s", view.name, refused)


def _stands(view: View) -> tuple[object, ...]:
    """Return how a draw stands, but for what is only said of it."""
    said = len(view.value["parcels"]) - len(view.parcels(Step.TROUBLE))
    seats = tuple(seat["state"] for seat in view.seats())
    moments, answers = tuple(view.value["moments"]), len(view.value["answers"])
    minute = view.now // 60
    return view.state, said, len(view.value["steps"]), seats, moments, answers, minute
