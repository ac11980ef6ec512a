"""The draw service: its state, and what its steps share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from experts.ceremony.mail.agenda import EXPERTS, Todo
from experts.ceremony.mail.paper import Step
from experts.ceremony.mail.view import View
from experts.custody import Papers
from experts.draw.header import CENTRE, INSPECTOR
from experts.draw.service import DrawService
from experts.draw.transcript import HEADER
from monitor.log.canonical import JSON
from webui.program import mail
from webui.program.draw.centre import ending, filing, handover, panel, share
from webui.program.draw.centre.notifier import Notifier
from webui.program.draw.side import Handler, Side


@dataclass(slots=True)
class Centre(Side):
    """The centre's side of every draw; never a step without the inspector's agent."""

    service: DrawService
    notifier: Notifier
    stand_in: bool
    role: ClassVar[str] = CENTRE

    def handlers(self) -> Mapping[str, Handler]:
        """Return what the draw service does."""
        steps = {**filing.STEPS, **share.STEPS, **panel.STEPS, **ending.STEPS, **handover.STEPS}
        return {name: partial(step, self) for name, step in steps.items()}

    def catch_up(self, view: View) -> None:
        """Take in what the others published, and finish what a kill left half done."""
        papers = self.papers(view)
        if not papers.has(HEADER):
            return
        self.service.settle(view.name)
        share.take_in(self, view)
        handover.take_in(self, view)
        if view.state == "finished" and papers.has(mail.KEY):
            papers.drop(mail.KEY)

    def wait(self, view: View, todo: Todo) -> None:
        """Call again whom nobody answers for, and in the end write down that nobody did."""
        if (todo.who, todo.what) == (EXPERTS, "answer"):
            panel.call_again(self, view, todo)

    def papers(self, view: View) -> Papers:
        """Return the papers of a draw in the own folder."""
        return self.service.custody.papers(view.name)

    def send(self, view: View, step: Step, value: JSON, k: int = 0, **open_: JSON) -> None:
        """Post a value sealed to the inspector's machine; `open_` stands beside it."""
        told = view.hello(INSPECTOR) or {}
        sealed = mail.seal(value, str(told.get("recipient")))
        self.post(view, step, {**open_, "sealed": sealed}, k)

    def opened(self, view: View, step: Step, k: int) -> Mapping[str, Any]:
        """Return what the inspector's machine sealed to this one; raises DrawError."""
        sealed = self.sealed(view, step, k)
        return mail.unseal(sealed, mail.own_key(self.papers(view)), step.value)

    def signature(self, view: View, step: Step, k: int = 0) -> str:
        """Return the inspector's signature under a paper."""
        return str((view.parcel(step, INSPECTOR, k) or {}).get("signature"))
