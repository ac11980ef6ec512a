"""Coverage: is some specialty, region or part of the register silently missing from a pool? (pure)

Pools coded wrong for years (Hartford, Kent County) looked random all the time; only counting the
people who could never be drawn shows it.
"""

from collections.abc import Sequence
from math import sqrt

from experts.avoidance import Case, Rule, RuleSet, Screening, strata_of
from experts.dossier import Expert

_ALARM_SIZE = 20
_ALARM_SIGMA = 4
_DECILES = 10


def coverage_alarm(
    experts: Sequence[Expert], screening: Screening, case: Case, rules: RuleSet
) -> tuple[str, ...]:
    """Name every specialty, region or uid decile that is silently missing from the pool.

    A group of 20 or more in scope with nobody eligible, or with a share more than 4 σ off the
    whole, blocks until explained (pools coded wrong for years: Hartford, Kent County).
    """
    chosen = {one.u for one in screening.eligible}
    aside = (Rule.SPECIALTY, Rule.REGION)
    scope = [e for e in experts if screening.excluded.get(e.uid) not in aside]
    share = len(chosen) / len(scope) if scope else 0.0
    groups = _coverage_groups(scope, case, rules)
    return tuple(name for name, uids in sorted(groups.items()) if _odd(uids, chosen, share))


def _coverage_groups(scope: Sequence[Expert], case: Case, rules: RuleSet) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for place, expert in enumerate(sorted(scope, key=lambda e: e.uid)):
        names = [f"region {expert.region.value}", f"decile {place * _DECILES // len(scope)}"]
        names += [f"stratum {code}" for code in strata_of(expert, case, rules)]
        for name in names:
            groups.setdefault(name, []).append(expert.uid)
    return groups


def _odd(uids: Sequence[str], chosen: set[str], share: float) -> bool:
    size, eligible = len(uids), sum(uid in chosen for uid in uids)
    if size < _ALARM_SIZE:
        return False
    sigma = sqrt(size * share * (1 - share))
    return eligible == 0 or abs(eligible - size * share) > _ALARM_SIGMA * sigma > 0
