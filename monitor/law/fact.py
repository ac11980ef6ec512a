"""Facts: what the acts of a trade say to the law, each with the things that it was about.

Which things stands in the facts of the act: `concerns`, a list of "kind:id", or else its subject;
and a section, deposit, objection, question or complaint that a fact names by its id.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from monitor.law.duty import Fact
from monitor.record.moment import Done, acts

COMPLAINT = "complaint"
"""Whose duties are sealed until that very complaint ends, as all that is done of it is."""
KINDS = ("section", "deposit", "objection", "question", COMPLAINT)


def facts_of(session: Session, project: UUID) -> list[Fact]:
    """Return what was done in a project, in order, with the things that each act was about."""
    return facts_in(acts(session, project), project)


def facts_in(done: Iterable[Done], project: UUID) -> list[Fact]:
    """Return the facts that these acts of a project are; the watch's own cards are none."""
    bodies = [each.body for each in done if "duty." not in each.body["action"]]
    sections = {name for body in bodies for name in _named(body) if name.startswith("section:")}
    return [_fact(body, project, sections) for body in bodies]


def _named(body: dict[str, Any]) -> list[str]:
    facts = body["facts"]
    named = list(facts.get("concerns", [])) or [f"{_noun(body)}:{body['subject']}"]
    return [*named, *(f"{kind}:{facts[kind]}" for kind in KINDS if kind in facts)]


def _noun(body: dict[str, Any]) -> str:
    return str(body["action"]).partition(".")[0]


def _fact(body: dict[str, Any], project: UUID, sections: Iterable[str]) -> Fact:
    facts = body["facts"]
    if "stands_for" in facts:
        # Beside an act that could not name all it concerns: the act, for these things only.
        at = datetime.fromisoformat(facts["since"])
        return Fact(facts["stands_for"], at, frozenset(facts["concerns"]))
    named = {*_named(body), f"project:{project}"}
    if not any(name.startswith("section:") for name in named):
        # An act that names no section is about all of them, or about the undivided project.
        named.update(sections or {f"section:{project}"})
    return Fact(body["action"], datetime.fromisoformat(body["time"]), frozenset(named))
