"""`/promises`: by when each step is promised, beside the law's limit; for everybody to read."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, render_template

from monitor.law.escalation import load as load_plan
from monitor.law.rule import Rule
from monitor.role import Role
from trading.desk.docket import OVER, docket
from trading.supervision.promise import PromisedLimit, promisable, promises, set_limit
from webui.page.language import tongue
from webui.page.view import source
from webui.page.wearer import wearer

pages = Blueprint("promise", __name__)


@dataclass(frozen=True, slots=True)
class Step:
    """A step with its limits, in the rule's unit; `set_by` is None where the promise is shipped."""

    rule: Rule
    promised: int | None
    set_by: PromisedLimit | None

    @property
    def name(self) -> str:
        """What is owed, in the reader's language."""
        return tongue(self.rule.zh, self.rule.en)


@pages.get("/promises")
def listed() -> str:
    """Show every step; whoever promises finds here where."""
    who, here = wearer(), source()
    role = who.role if who else None
    with here.platform.read() as session:
        found = promises(session)
        mine = docket(session, who.actor, here.now) if who and role is Role.TENDEREE else []
    last = {row.rule: row for row in found.rows}
    steps = [
        Step(rule, found.number(rule, None, here.now), last.get(rule.id)) for rule in promisable()
    ]
    return render_template(
        "office/wall/promises.html", steps=steps, now=here.now, sets=role in set_limit.by,
        trades=[each for each in mine if each.stage not in OVER],
        report_after=load_plan().report,
    )  # fmt: skip
