"""The blind re-check: bidders are secret before CLOSE, so avoidance is judged again after it.

The whole pool is judged, not only those seated, so that a linked round cannot seat another who
must stand aside. Only leaves and rules are told; the bidders behind the hash after the opening.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from experts.avoidance import RECHECKED, Case, Rule, RuleSet, excluded_by
from experts.dossier import Expert, registry_root
from experts.draw.encoding import DrawError, H, mapping, require, rows
from experts.draw.pool import Pool
from monitor.log.canonical import JSON, canonical


@dataclass(frozen=True, slots=True)
class Seen:
    """The inspector's own facts at a re-check, bidders included."""

    experts: Mapping[str, Expert]
    case: Case
    rules: RuleSet


def blind_recheck(
    hidden: Pool, experts: Mapping[str, Expert], case: Case, rules: RuleSet, at: int
) -> dict[str, JSON]:
    """Return when, a hash of the facts, and [leaf, rule] for all barred; `at` unix seconds."""
    narrow = replace(rules, order=tuple(rule for rule in rules.order if rule in RECHECKED))
    barred = list[JSON]()
    for leaf, entry in hidden.entries.items():
        known = experts.get(entry.u)
        rule = excluded_by(known, case, narrow) if known else Rule.STATUS
        if rule is not None:
            barred.append([leaf.hex(), str(rule)])
    facts = H("recheck", canonical(case.value()), registry_root(experts.values()))
    return {"at": at, "barred": barred, "facts": facts.hex()}


def check_rechecks(hidden: Pool, change: object, seen: Seen | None) -> None:
    """Recompute each re-check of the pool; without own facts none is accepted. Raises DrawError."""
    told = mapping(change, "rechecks vacated", "change")["rechecks"]
    for recheck in rows(told, "recheck"):
        at = mapping(recheck, "at barred facts", "recheck")["at"]
        if seen is None or not isinstance(at, int):
            raise DrawError("recheck", "I have no facts to repeat it with / 无从复核")
        mine = blind_recheck(hidden, seen.experts, seen.case, seen.rules, at)
        require(recheck == mine, "recheck", "is not what I find / 复核结果不符")
