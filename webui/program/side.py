"""One side of draws as a program: what is its own of the agenda, done step by step.

Every step may be cut off at any point and done again: what is kept in the own folder comes before
what is told, and what was told already stands on the platform. So a step done twice is one step.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from experts.ceremony.mail.agenda import Todo, agenda
from experts.ceremony.mail.paper import Step
from experts.ceremony.mail.view import View
from experts.draw.encoding import DrawError
from monitor.log.canonical import JSON
from webui.program.client import Client, Refused

log = logging.getLogger("batong.program")
Handler = Callable[[View, Todo], None]


@dataclass(slots=True)
class Side:
    """What the three machines have in common."""

    client: Client
    role: ClassVar[str] = ""

    def handlers(self) -> Mapping[str, Handler]:
        """Return what this side does, by the agenda's name of the step."""
        raise NotImplementedError

    def catch_up(self, view: View) -> None:
        """Take into the own folder what stands on the platform since the last look."""

    def wait(self, view: View, todo: Todo) -> None:
        """Do what is to be done while others are waited for."""

    def tend(self, view: View) -> bool:
        """Do what is this side's own now; tell whether something was done."""
        try:
            return self._tend(view)
        except DrawError as fault:
            return self._trouble(view, fault)

    def _tend(self, view: View) -> bool:
        self.catch_up(view)
        done = False
        for todo in agenda(view):
            if todo.who == self.role:
                self.handlers()[todo.what](view, todo)
                log.info("%s %s %d", view.name, todo.what, todo.k)
                done = True
            else:
                self.wait(view, todo)
        return done

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

    def _trouble(self, view: View, fault: DrawError) -> bool:
        """Say once why this side cannot go on; a person has to look."""
        log.warning("%s: %s", view.name, fault)
        told = {"item": fault.item, "reason": fault.reason}
        mine = [one for one in view.parcels(Step.TROUBLE) if one["role"] == self.role]
        if not mine or mine[-1]["document"] != told:
            self.post(view, Step.TROUBLE, told, len(mine))
        return False
