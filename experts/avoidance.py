"""Avoidance 回避: who may not be drawn, each by the first rule that names him (pure).

Facts that restrict act at once; facts that relax (a new registration, specialty or region, the end
of a job or of a suspension) wait out the cooling, so that nobody is made eligible overnight. Times
are unix seconds. Order and limits are data (RuleSet). 招标投标法 37, 实施条例 46; 政府采购法 12.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache

from experts.dossier import Expert
from experts.draw.encoding import H
from experts.draw.pool import Entry
from monitor.log.canonical import JSON, canonical

DAY = 86_400


class Rule(StrEnum):
    """Why a person may not be drawn, in the usual order of examination."""

    STATUS = "status"
    COOLING = "cooling"
    SPECIALTY = "specialty"
    REGION = "region"
    EMPLOYER_NOW = "employer_now"
    EMPLOYER_RECENT = "employer_recent"
    KINSHIP = "kinship"
    SHAREHOLDING = "shareholding"
    DECLARED = "declared"
    FREQUENCY = "frequency"
    PURCHASER_FREQUENCY = "purchaser_frequency"
    CALENDAR = "calendar"
    SUSPENSION = "suspension"
    OWN_UNIT = "own_unit"
    EARLIER_PART = "earlier_part"


@dataclass(frozen=True, slots=True)
class Case:
    """What a draw is for: whom to avoid, which specialties (code -> stratum), when and where.

    bidders are empty before CLOSE and re-checked blind after it; supervisors are the competent and
    supervising departments and the purchaser's own upper and lower units.
    """

    at: int
    start: int
    end: int
    purchaser: str
    agents: frozenset[str]
    strata: Mapping[str, int]
    regions: frozenset[str] = frozenset()
    bidders: frozenset[str] = frozenset()
    supervisors: frozenset[str] = frozenset()
    took_part: frozenset[str] = frozenset()

    @property
    def barred(self) -> frozenset[str]:
        """The organisations whose people must stand aside."""
        return _together(self.agents, self.bidders, self.purchaser)

    def value(self) -> dict[str, JSON]:
        """Return the case as canonical JSON, so that its hash can be told before its names."""
        sets = ("agents", "bidders", "regions", "supervisors", "took_part")
        listed: dict[str, JSON] = {name: sorted(getattr(self, name)) for name in sets}
        times = {"at": self.at, "end": self.end, "start": self.start}
        strata = sorted(self.strata.items())
        return {**listed, **times, "purchaser": self.purchaser, "strata": [list(s) for s in strata]}


@dataclass(frozen=True, slots=True)
class RuleSet:
    """The order of the rules and their limits; its hash stands in the header."""

    order: tuple[Rule, ...] = tuple(Rule)
    cooling: int = 7 * DAY
    employer_years: int = 3
    draws_in_30_days: int = 8
    draws_for_purchaser_in_180_days: int = 3

    def value(self) -> dict[str, JSON]:
        """Return the rule set as canonical JSON; times in seconds."""
        return {
            "cooling": self.cooling,
            "draws_for_purchaser_in_180_days": self.draws_for_purchaser_in_180_days,
            "draws_in_30_days": self.draws_in_30_days,
            "employer_years": self.employer_years,
            "order": [str(rule) for rule in self.order],
        }

    @property
    def digest(self) -> bytes:
        """The hash that the header names."""
        return H("rules", canonical(self.value()))


@dataclass(frozen=True, slots=True)
class Screening:
    """The outcome for a whole registry: eligible entries, and the first rule of each other."""

    eligible: tuple[Entry, ...]
    excluded: Mapping[str, Rule] = field(default_factory=dict)

    def counts(self) -> tuple[tuple[str, int], ...]:
        """Return (rule, number) in the order of Rule, for the header."""
        number = Counter(self.excluded.values())
        return tuple((str(rule), number[rule]) for rule in Rule if number[rule])


RECHECKED = (
    Rule.EMPLOYER_NOW,
    Rule.EMPLOYER_RECENT,
    Rule.KINSHIP,
    Rule.SHAREHOLDING,
    Rule.DECLARED,
    Rule.SUSPENSION,
    Rule.OWN_UNIT,
    Rule.EARLIER_PART,
)
"""The rules that bidders' names, once known, can make true of somebody already in the pool."""

Judge = Callable[[Expert, Case, RuleSet], bool]


def excluded_by(expert: Expert, case: Case, rules: RuleSet) -> Rule | None:
    """Return the first rule that excludes this person, or None."""
    return next((rule for rule in rules.order if JUDGES[rule](expert, case, rules)), None)


def screen(experts: Iterable[Expert], case: Case, rules: RuleSet) -> Screening:
    """Judge a whole registry; each person is eligible or excluded by his first rule."""
    eligible, excluded = [], {}
    for expert in experts:
        rule = excluded_by(expert, case, rules)
        if rule is None:
            eligible.append(entry(expert, case, rules))
        else:
            excluded[expert.uid] = rule
    return Screening(tuple(eligible), excluded)


def entry(expert: Expert, case: Case, rules: RuleSet) -> Entry:
    """Return the record that goes into the hidden leaf: no more than this draw needs."""
    strata = sorted(strata_of(expert, case, rules))
    held = [f for f in expert.employers if f.bars(case.at, case.at, rules.cooling)]
    employer = max(held, key=lambda f: (f.start, f.value)).value if held else ""
    return Entry(expert.uid, expert.region.value, employer, tuple(strata), expert.weight)


def strata_of(expert: Expert, case: Case, rules: RuleSet) -> set[int]:
    """Return the strata of this case that a person's proven specialties belong to."""
    return {
        case.strata[fact.value]
        for fact in expert.specialties
        if fact.value in case.strata and fact.lets(case.at, rules.cooling)
    }


@lru_cache(maxsize=64)
def _together(agents: frozenset[str], bidders: frozenset[str], purchaser: str) -> frozenset[str]:
    """Put together once whom everybody of a register is judged against."""
    return agents | bidders | {purchaser}


def _employers(expert: Expert, since: int, case: Case, rules: RuleSet) -> set[str]:
    return {f.value for f in expert.employers if f.bars(since, case.at, rules.cooling)}


def _related(kind: Rule) -> Judge:
    def judge(expert: Expert, case: Case, rules: RuleSet) -> bool:
        if not expert.relations:
            return False
        barred = {f"{kind}:{organisation}" for organisation in case.barred}
        return any(
            f.value in barred and f.bars(case.at, case.at, rules.cooling) for f in expert.relations
        )

    return judge


def _employed_recently(expert: Expert, case: Case, rules: RuleSet) -> bool:
    since = case.at - rules.employer_years * 365 * DAY
    return bool(_employers(expert, since, case, rules) & case.barred)


def _served(expert: Expert, case: Case, days: int, purchaser: str | None) -> int:
    since = case.at - days * DAY
    return sum(at > since and purchaser in (None, org) for at, org in expert.served)


JUDGES: Mapping[Rule, Judge] = {
    Rule.STATUS: lambda e, c, r: not e.active.lets(c.at, 0),
    Rule.COOLING: lambda e, c, r: not e.active.lets(c.at, r.cooling),
    Rule.SPECIALTY: lambda e, c, r: not strata_of(e, c, r),
    Rule.REGION: lambda e, c, r: (
        bool(c.regions) and not (e.region.value in c.regions and e.region.lets(c.at, r.cooling))
    ),
    Rule.EMPLOYER_NOW: lambda e, c, r: bool(_employers(e, c.at, c, r) & c.barred),
    Rule.EMPLOYER_RECENT: _employed_recently,
    Rule.KINSHIP: _related(Rule.KINSHIP),
    Rule.SHAREHOLDING: _related(Rule.SHAREHOLDING),
    Rule.DECLARED: _related(Rule.DECLARED),
    Rule.FREQUENCY: lambda e, c, r: _served(e, c, 30, None) >= r.draws_in_30_days,
    Rule.PURCHASER_FREQUENCY: lambda e, c, r: (
        _served(e, c, 180, c.purchaser) >= r.draws_for_purchaser_in_180_days
    ),
    Rule.CALENDAR: lambda e, c, r: any(a < c.end and b > c.start for a, b in e.busy),
    Rule.SUSPENSION: lambda e, c, r: any(f.bars(c.at, c.at, r.cooling) for f in e.suspensions),
    Rule.OWN_UNIT: lambda e, c, r: bool(_employers(e, c.at, c, r) & c.supervisors),
    Rule.EARLIER_PART: lambda e, c, r: e.uid in c.took_part,
}
