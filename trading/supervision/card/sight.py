"""What the monitoring points are judged by: the acts and duties that an inspector may see now.

Nothing else is looked at, so a result can tell nobody more than the record tells them: before CLOSE
no point knows of bids or deposits (招标投标法 22). Pure but for `sight`, which reads.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from monitor.law.duty import State, Trade
from monitor.law.rule import Rule, load
from monitor.law.watch import OPENED, duties, is_card
from monitor.law.workday import local_date
from monitor.record.disclosure import Audience, Viewer, timeline
from trading.registration.project import found_project, trade_of

INSPECTOR = Viewer(Audience.INSPECTOR)


@dataclass(frozen=True, slots=True)
class Seen:
    """An act on record; `refused` is the refusal's code, empty for one that was done."""

    record: str
    action: str
    at: datetime
    facts: Mapping[str, Any]
    subject: str = ""
    actor: str = ""
    rules: frozenset[str] = frozenset()
    refused: str = ""

    def moment(self, name: str) -> datetime:
        """Return a moment of its facts; "time" is when it was done."""
        return self.at if name == "time" else datetime.fromisoformat(str(self.facts[name]))

    @property
    def section(self) -> str:
        """The section that it names, or empty."""
        return str(self.facts.get("section", ""))


@dataclass(frozen=True, slots=True)
class Owed:
    """A duty as recorded; `records` are its cards."""

    rule: str
    state: State
    records: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sight:
    """All that a check may look at."""

    trade: Trade
    acts: tuple[Seen, ...]
    duties: tuple[Owed, ...] = ()

    def done(self, *actions: str) -> Iterator[Seen]:
        """Give the acts of these names that were done, in order."""
        return (act for act in self.acts if act.action in actions and not act.refused)

    def refused(self, action: str) -> Iterator[Seen]:
        """Give the refused attempts at an act."""
        return (act for act in self.acts if act.action == action and act.refused)

    def bound(self, rules: tuple[str, ...], at: datetime) -> list[Rule]:
        """Return those of the rules that bind this trade for a fact of that moment."""
        known = load().applying(
            self.trade.category, local_date(at),
            must_tender=self.trade.must_tender, region=self.trade.region,
        )  # fmt: skip
        return [rule for rule in known if rule.id in rules]


def sight(session: Session, project: UUID) -> Sight:
    """Return what an inspector may see of a trade now, for the checks; raises NotFound."""
    trade = trade_of(found_project(session, project))
    bodies = [each.facts for each in timeline(session, project, INSPECTOR)]
    cards: dict[str, list[str]] = {}
    for body in bodies:
        if is_card(body["action"]) and "done" in body["outcome"]:
            cards.setdefault(str(body["subject"]), []).append(str(body["id"]))
    opened = {str(body["subject"]) for body in bodies if body["action"] in OPENED}
    owed = tuple(
        Owed(row.rule, State(row.state), tuple(cards[str(row.id)]))
        for row in duties(session, project)
        if str(row.id) in opened & set(cards)
    )
    return Sight(trade, tuple(map(_seen, bodies)), owed)


def _seen(body: dict[str, Any]) -> Seen:
    outcome = body["outcome"]
    rules = body["rules"] if "done" in outcome else {str(outcome.get("rule", "")): ""}
    return Seen(
        str(body["id"]), str(body["action"]), datetime.fromisoformat(body["time"]), body["facts"],
        str(body["subject"]), str(body["actor"]["id"]), frozenset(rules),
        str(outcome.get("refused", "")),
    )  # fmt: skip
