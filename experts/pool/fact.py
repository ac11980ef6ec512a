"""Facts of the pool as they travel: what `dossier.fact_value` wrote is read again (pure)."""

from __future__ import annotations

from collections.abc import Mapping

from experts.dossier import Expert, Span
from experts.draw.encoding import mapping, require, rows, text, whole

_FIELDS = "active busy employers region relations served specialties suspensions uid weight"
_ENDS = ("end", "end_known")


def read_expert(value: object) -> Expert:
    """Return the facts of one person; raises DrawError naming the field."""
    fields = mapping(value, _FIELDS, "registry")
    return Expert(
        uid=text(fields["uid"], "registry.uid"),
        active=_span(fields["active"]),
        region=_span(fields["region"]),
        specialties=_spans(fields["specialties"]),
        employers=_spans(fields["employers"]),
        relations=_spans(fields["relations"]),
        suspensions=_spans(fields["suspensions"]),
        served=tuple(
            (whole(at, "registry.served"), text(org, "registry.served"))
            for at, org in map(_pair, rows(fields["served"], "registry.served"))
        ),
        busy=tuple(
            (whole(start, "registry.busy"), whole(end, "registry.busy"))
            for start, end in map(_pair, rows(fields["busy"], "registry.busy"))
        ),
        weight=whole(fields["weight"], "registry.weight"),
    )


def _spans(value: object) -> tuple[Span, ...]:
    return tuple(_span(fact) for fact in rows(value, "registry"))


def _span(value: object) -> Span:
    told = {name for name in _ENDS if isinstance(value, Mapping) and name in value}
    fact = mapping(value, " ".join(("known", "start", "value", *told)), "registry")
    ends = {name: whole(fact[name], "registry") for name in told}
    start, known = whole(fact["start"], "registry"), whole(fact["known"], "registry")
    return Span(text(fact["value"], "registry"), start, known, **ends)


def _pair(value: object) -> tuple[object, object]:
    pair = rows(value, "registry")
    require(len(pair) == 2, "registry", "must be a pair")
    return pair[0], pair[1]
