"""An opening told again from its records alone, by name of the act that did each thing (pure).

Whoever reads it gets what their own records hold: there is no state beside them, and each part
names the record by which it can be checked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from monitor.record.disclosure import Disclosed
from trading.award.objection import Kind

Told = dict[str, Any]
NOUNS = frozenset({"opening", "object", "share"})
QUESTIONS = ("objection.file", "objection.answer")
PAUSE, RESUME, EXTEND = "opening.pause", "opening.resume", "opening.extend"
LISTS = {
    "seals": "opening.check_seal",
    "releases": "opening.release",
    "shares": "opening.take_batch",
    "complaints": "share.complain",
    "damaged": "object.ask",
    "brought": "object.resend",
    "lost": "object.lose",
    "causes": "opening.confirm_cause",
    "present": "opening.check_in",
    "extensions": EXTEND,
    "asked": "opening.ask",
    "replied": "opening.reply",
    "attached": "opening.attach",
}
"""What may happen several times in an opening, and by which act."""
STEPS = {
    "close": "opening.close",
    "fail": "opening.fail",
    "lapse": "opening.lapse_seals",
    "unlock": "opening.unlock",
    "reveal": "opening.reveal",
    "end": "opening.end",
}
"""What happens once."""
ORDER = ("fail", "end", "reveal", "unlock", "close")


def of_opening(records: Iterable[Disclosed], section: str) -> list[Disclosed]:
    """Return the records of one section's opening, done ones, in order of time."""
    asked: set[str] = set()
    found = []
    for record in records:
        body = record.facts
        if "done" in body["outcome"] and _belongs(body, section, asked):
            found.append(record)
    return found


def _belongs(body: Mapping[str, Any], section: str, asked: set[str]) -> bool:
    """Tell whether an act is of this opening; `asked` are the objections to it so far."""
    facts = body["facts"]
    if body["action"].partition(".")[0] in NOUNS:
        return bool(facts.get("section") == section)
    if body["action"] not in QUESTIONS:
        return False
    # One that names no section is about the opening of all of them.
    if facts.get("kind") == Kind.OPENING and facts.get("section", section) == section:
        asked.add(facts["objection"])
    return facts["objection"] in asked


def transcript(records: Sequence[Disclosed]) -> Told:
    """Return the state of an opening as these records of it tell."""
    bodies = [record.facts for record in records]
    told: Told = {name: _first(bodies, action) for name, action in STEPS.items()}
    told |= often(records)
    told["pauses"] = _pauses(bodies)
    told["state"] = next((name for name in ORDER if told[name]), "before")
    return told


def often(records: Sequence[Disclosed]) -> Told:
    """Return what may happen several times, as these records of an opening tell it."""
    bodies = [record.facts for record in records]
    told: Told = {name: _every(bodies, action) for name, action in LISTS.items()}
    return told | {"questions": _every(bodies, *QUESTIONS)}


def _first(bodies: Sequence[Mapping[str, Any]], action: str) -> Told | None:
    return next(iter(_every(bodies, action)), None)


def _every(bodies: Sequence[Mapping[str, Any]], *actions: str) -> list[Told]:
    return [_told(body) for body in bodies if body["action"] in actions]


def _told(body: Mapping[str, Any]) -> Told:
    """Return what an act says, with its record and its moment."""
    about = {"record": body["id"], "at": body["time"], "action": body["action"]}
    return {**about, "subject": body.get("subject", ""), "facts": body["facts"]}


def _pauses(bodies: Sequence[Mapping[str, Any]]) -> list[Told]:
    """Return the pauses, each with what ended it; None where it stands."""
    found: list[Told] = []
    for told in _every(bodies, PAUSE, RESUME):
        if told["action"] == PAUSE:
            found.append({"begun": told, "ended": None})
        elif found:
            found[-1]["ended"] = told
    return found
