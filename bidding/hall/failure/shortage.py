"""Fewer than the law asks for are left once the bids were opened: what the written rule says then.

The number of bidders is judged at CLOSE (招标投标法实施条例 44). Where bids stayed shut after it,
works go on with the others and the committee judges the competition (电子招标投标办法 31), while
procurement is annulled (政府采购法 36). Which it is stands in rules.toml, not here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from bidding.hall.stage import step
from bidding.opened import opened_bids
from monitor.law.limit import holds
from monitor.law.rule import Enforcement, Rule, load
from monitor.record.act import Act
from monitor.refusal import WrongStage
from trading.notice.moment import required_project
from trading.registration.project import found_project, rules_for


@dataclass(frozen=True, slots=True)
class Shortage:
    """How many bids were opened, fewer than the rule asks for."""

    opened: int
    rule: Rule

    @property
    def ends(self) -> bool:
        """Tell whether the tender is over by it; else it goes on, and people judge."""
        return self.rule.enforcement is Enforcement.BLOCK


def note_shortage(act: Act, opened: int) -> None:
    """Put in the record of REVEAL that few are left, by which rule, and what follows."""
    found = _judged(act.session, required_project(act.project), opened, act.now)
    if found is None:
        return
    act.used_rule(found.rule.id, load().version)
    act.note(fewer_than=found.rule.number, then="annulled" if found.ends else "goes on")


def shortage(session: Session, project: UUID, section: UUID) -> Shortage | None:
    """Return that too few were opened; None before REVEAL, and where there were enough."""
    shown = step(session, project, section, "opening.reveal")
    if shown is None:
        return None
    return _judged(session, project, len(opened_bids(session, project, section)), shown.at)


def require_competition(session: Session, project: UUID, section: UUID) -> None:
    """Raise WrongStage where too few were opened for anything to be evaluated."""
    found = shortage(session, project, section)
    if found is not None and found.ends:
        raise WrongStage(f"{found.rule.zh} / {found.rule.en}", rule=found.rule.id)


def _judged(session: Session, project: UUID, opened: int, at: datetime) -> Shortage | None:
    rule = next(iter(rules_for(found_project(session, project), at).measuring("opened")), None)
    return None if rule is None or holds(rule, opened) else Shortage(opened, rule)
