"""The dossier of one person: registered facts over time, as the nightly snapshot holds them (pure).

Facts that relax and facts that restrict count differently; times are unix seconds.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from experts.draw.encoding import H
from experts.draw.pool import root
from monitor.log.canonical import JSON, canonical

_LISTS = ("employers", "relations", "specialties", "suspensions")


@dataclass(frozen=True, slots=True)
class Span:
    """A fact over time: value, start, end (None: still so), when start and end were recorded."""

    value: str
    start: int
    start_known: int
    end: int | None = None
    end_known: int | None = None

    def lets(self, at: int, cooling: int) -> bool:
        """Say whether a fact that relaxes counts: known through the cooling and not ended."""
        open_still = self.end is None or self.end > at
        return self.start <= at and self.start_known <= at - cooling and open_still

    def bars(self, since: int, at: int, cooling: int) -> bool:
        """Say whether a fact that restricts held after `since`; an end counts after the cooling."""
        if self.start > at:
            return False
        known = self.end_known is not None and self.end_known <= at - cooling
        return not known or self.end is None or self.end > since


@dataclass(frozen=True, slots=True)
class Expert:
    """The registered facts of one person (experts) or one agency, as the snapshot holds them.

    relations: Span.value "kinship:ORG", "shareholding:ORG" or "declared:ORG"; served: (when,
    purchaser); busy: (from, to).
    """

    uid: str
    active: Span
    region: Span
    specialties: tuple[Span, ...]
    employers: tuple[Span, ...] = ()
    relations: tuple[Span, ...] = ()
    suspensions: tuple[Span, ...] = ()
    served: tuple[tuple[int, str], ...] = ()
    busy: tuple[tuple[int, int], ...] = ()
    weight: int = 1


def registry_root(experts: Iterable[Expert]) -> bytes:
    """Return the Merkle root over all registered facts, countersigned nightly by the inspector."""
    return root(sorted(H("registry", _written(expert)) for expert in experts))


def _written(one: Expert) -> bytes:
    """Write fact_value canonically; what many share, such as a specialty, is written once."""
    parts = {name: _listed(getattr(one, name)) for name in _LISTS}
    parts |= {name: _listed((getattr(one, name),))[1:-1] for name in ("active", "region")}
    pairs = {name: [list(pair) for pair in getattr(one, name)] for name in ("busy", "served")}
    parts |= {name: canonical(told).decode() for name, told in pairs.items()}
    parts |= {"uid": canonical(one.uid).decode(), "weight": str(one.weight)}
    return ("{" + ",".join(f'"{name}":{parts[name]}' for name in sorted(parts)) + "}").encode()


@lru_cache(maxsize=1 << 16)
def _listed(facts: tuple[Span, ...]) -> str:
    return canonical([_span_value(fact) for fact in facts]).decode()


def fact_value(expert: Expert) -> dict[str, JSON]:
    """Return all facts of a person as canonical JSON."""
    return {
        **{name: [_span_value(fact) for fact in getattr(expert, name)] for name in _LISTS},
        "active": _span_value(expert.active),
        "busy": [list(pair) for pair in expert.busy],
        "region": _span_value(expert.region),
        "served": [list(pair) for pair in expert.served],
        "uid": expert.uid,
        "weight": expert.weight,
    }


def _span_value(fact: Span) -> dict[str, JSON]:
    value: dict[str, JSON] = {"known": fact.start_known, "start": fact.start, "value": fact.value}
    if fact.end is not None:
        value["end"] = fact.end
    if fact.end_known is not None:
        value["end_known"] = fact.end_known
    return value
