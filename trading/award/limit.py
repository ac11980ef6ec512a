"""The limits of law between two acts of this project, asked and remembered in one line."""

from __future__ import annotations

from datetime import datetime

from monitor.law.limit import gate
from monitor.law.rule import Rules
from monitor.record.act import Act
from trading.registration.project import found_project, rules_for


def limits(act: Act, from_action: str, to_action: str) -> Rules:
    """Return the rules between two acts that bind this project; the record remembers them."""
    project = found_project(act.session, act.project)
    bound = rules_for(project, act.now).between(from_action, to_action)
    for rule in bound:
        act.used_rule(rule.id, bound.version)
    return bound


def obey(act: Act, from_action: str, started: datetime, to_action: str) -> None:
    """Refuse the act where a rule bars it now; raises TooEarly or TooLate."""
    for rule in limits(act, from_action, to_action):
        gate(rule, started, act.now)
