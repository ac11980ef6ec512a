"""The blind re-check: bidders are secret before CLOSE, so avoidance is judged again after it.

The whole pool is judged, not only those seated, so that a linked round cannot seat another who
must stand aside. Only leaves and rules are told; the bidders behind the hash after the opening.
"""

from collections.abc import Mapping
from dataclasses import replace

from experts.avoidance import RECHECKED, Case, Expert, Rule, RuleSet, excluded_by, registry_root
from experts.draw.encoding import H
from experts.draw.pool import Pool
from monitor.log.canonical import JSON, canonical


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
