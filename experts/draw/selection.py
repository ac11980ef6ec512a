"""Selection: the lexicographically first panel in stratum order, then ticket order.

A ticket is H("ticket", seed, u32 stratum, u32 j, leaf), the least over j < weight; the lowest win,
so neither the order of a list nor a modulo plays a part. At most one field is capped: with a
look-ahead by maximal flow the first feasible panel is found exactly (several crossing caps would
be NP-hard). Every leaf looked at is logged with the one reason why it was taken or passed over.
"""

import hashlib
import heapq
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import pairwise

from experts.draw.encoding import prefix, u32


class Verdict(StrEnum):
    """Why a leaf was taken or passed over; CAP and BARRED are followed by ":" and the rule."""

    ACCEPT = "ACCEPT"
    TAKEN = "SKIP_TAKEN"
    STRATUM = "SKIP_STRATUM"
    BARRED = "SKIP_BARRED"
    CAP = "SKIP_CAP"
    INFEASIBLE = "SKIP_INFEASIBLE"


class Infeasible(Exception):
    """No panel fills all seats and keeps the cap."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A leaf as selection sees it; `group` is the canonical value of the capped field."""

    leaf: bytes
    strata: frozenset[int]
    group: bytes = b""
    weight: int = 1


@dataclass(frozen=True, slots=True)
class Need:
    """What one round must fill, and what earlier rounds and re-checks forbid.

    seats: (stratum, seats) in processing order; cap: (field, most per value) or None;
    taken: accepted in any earlier round; barred: leaf -> rule; seated: members per group.
    """

    seats: tuple[tuple[int, int], ...]
    cap: tuple[str, int] | None = None
    taken: frozenset[bytes] = frozenset()
    barred: Mapping[bytes, str] = field(default_factory=dict)
    seated: Mapping[bytes, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Look:
    """One line of the verdict log."""

    stratum: int
    leaf: bytes
    verdict: str


def ticket(seed: bytes, stratum: int, leaf: bytes, weight: int = 1) -> bytes:
    """Return the 32-byte ticket of a leaf in a stratum: the least of `weight` hashes."""
    return min(_hashed(state, leaf) for state in (_state(seed, stratum, j) for j in range(weight)))


def ordered(seed: bytes, stratum: int, candidates: Iterable[Candidate]) -> Iterator[Candidate]:
    """Yield candidates by (ticket, leaf), as far as the caller asks."""
    found = {candidate.leaf: candidate for candidate in candidates}
    states, keys = [_state(seed, stratum, 0)], list[bytes]()
    first = states[0].copy
    for leaf, candidate in found.items():
        if candidate.weight == 1:
            state = first()
            state.update(leaf)
            keys.append(state.digest() + leaf)
            continue
        while len(states) < candidate.weight:
            states.append(_state(seed, stratum, len(states)))
        keys.append(min(_hashed(state, leaf) for state in states[: candidate.weight]) + leaf)
    heapq.heapify(keys)
    while keys:
        yield found[heapq.heappop(keys)[32:]]


def select(seed: bytes, need: Need, candidates: Iterable[Candidate]) -> tuple[Look, ...]:
    """Return the verdict log of a round, accepted leaves included; raises Infeasible."""
    pool = tuple(candidates)
    if not feasible(need, pool):
        raise Infeasible
    log, sure = list[Look](), ample(need, pool)
    for stratum, seats in need.seats:
        line = ordered(seed, stratum, pool) if seats else iter(())
        for candidate in line:
            if dict(need.seats)[stratum] == 0:
                break
            verdict = judge(need, candidate, stratum)
            if verdict is Verdict.ACCEPT:
                after = seat(need, candidate, stratum)
                if sure or feasible(after, pool):
                    need = after
                else:
                    verdict = Verdict.INFEASIBLE
            log.append(Look(stratum, candidate.leaf, named(verdict, need, candidate.leaf)))
    return tuple(log)


def named(verdict: Verdict, need: Need, leaf: bytes) -> str:
    """Return the verdict as it stands in the log, with its rule or field."""
    if verdict is Verdict.CAP and need.cap:
        return f"{verdict}:{need.cap[0]}"
    return f"{verdict}:{need.barred[leaf]}" if verdict is Verdict.BARRED else str(verdict)


def judge(need: Need, candidate: Candidate, stratum: int) -> Verdict:
    """Return the first reason against a candidate, or ACCEPT; without the look-ahead."""
    if candidate.leaf in need.taken:
        return Verdict.TAKEN
    if stratum not in candidate.strata:
        return Verdict.STRATUM
    if candidate.leaf in need.barred:
        return Verdict.BARRED
    return Verdict.ACCEPT if _room(need, candidate) > 0 else Verdict.CAP


def _room(need: Need, candidate: Candidate) -> int:
    """How many more of this candidate's group may sit."""
    if need.cap is None:
        return 1
    return need.cap[1] - need.seated.get(candidate.group, 0)


def seat(need: Need, candidate: Candidate, stratum: int) -> Need:
    """Return the need once this candidate has a seat in the stratum."""
    seats = tuple((code, n - (code == stratum)) for code, n in need.seats)
    seated = need.seated
    if need.cap is not None:  # groups are counted for the cap alone
        seated = Counter(seated)
        seated[candidate.group] += 1
    return replace(need, seats=seats, seated=seated, taken=need.taken | {candidate.leaf})


def feasible(need: Need, candidates: Iterable[Candidate]) -> bool:
    """Say whether all open seats can be filled within the cap."""
    free = [c for c in candidates if c.leaf not in need.taken and c.leaf not in need.barred]
    seats = _tight(need, free)
    if not seats:
        return True
    graph: dict[object, Counter[object]] = {"source": Counter(seats)}
    for candidate in free:
        _link(graph, candidate, seats, need)
    return _max_flow(graph) == sum(seats.values())


def ample(need: Need, candidates: Iterable[Candidate]) -> bool:
    """Say whether no choice can leave a seat empty, so that the look-ahead needs no repeating.

    A stratum is ample if its candidates are of as many groups with room as there are seats open in
    it and in all strata that share a group with it: each choice there takes one such seat and at
    most one such group, and no other choice takes either. So it stays to the end.
    """
    seats = {code: n for code, n in need.seats if n > 0}
    free = [c for c in candidates if c.leaf not in need.taken and c.leaf not in need.barred]
    groups, near = _groups(need, free, seats), _near(need, free, seats)
    return all(
        len(groups[code]) >= sum(seats[other] for other in near[code] | {code}) for code in seats
    )


def _near(
    need: Need, free: Iterable[Candidate], seats: Mapping[int, int]
) -> dict[int, frozenset[int]]:
    """Return which strata share a group with which."""
    if need.cap is None:
        together = {candidate.strata for candidate in free}
    else:
        sent: dict[bytes, frozenset[int]] = {}
        for c in free:
            sent[c.group] = sent.get(c.group, frozenset()) | c.strata
        together = set(sent.values())
    open_ones = frozenset(seats)
    return {
        code: frozenset().union(*(each & open_ones for each in together if code in each))
        for code in seats
    }


def _tight(need: Need, free: Iterable[Candidate]) -> dict[int, int]:
    """Leave out strata that can be filled last whatever the others take.

    With D seats open in all, a stratum of n seats with candidates in D groups that have room keeps
    n untouched groups after any D-n others are seated.
    """
    seats = {code: n for code, n in need.seats if n > 0}
    groups = _groups(need, free, seats)
    while loose := [code for code in seats if len(groups[code]) >= sum(seats.values())]:
        for code in loose:
            del seats[code]
    return seats


def _groups(
    need: Need, free: Iterable[Candidate], seats: Mapping[int, int]
) -> dict[int, set[bytes]]:
    groups: dict[int, set[bytes]] = {code: set() for code in seats}
    total, missing = sum(seats.values()), set(seats)
    for candidate in free:
        if not missing:
            break
        if _room(need, candidate) > 0:
            for code in candidate.strata & missing:
                groups[code].add(candidate.group if need.cap else candidate.leaf)
                if len(groups[code]) >= total:
                    missing = missing - {code}
    return groups


def _link(
    graph: dict[object, Counter[object]],
    candidate: Candidate,
    seats: Mapping[int, int],
    need: Need,
) -> None:
    """Add source → stratum → candidates alike → group → sink."""
    strata = candidate.strata.intersection(seats)
    group = ("group", candidate.group if need.cap else candidate.leaf)
    alike = ("alike", strata, group)
    for code in strata:
        graph.setdefault(code, Counter())[alike] = seats[code]
    graph.setdefault(alike, Counter())[group] += 1
    graph.setdefault(group, Counter())["sink"] = max(0, _room(need, candidate))


def _max_flow(graph: dict[object, Counter[object]]) -> int:
    """Return the greatest flow from source to sink, one unit a step (Ford-Fulkerson)."""
    flow = 0
    while path := _path(graph):
        for start, end in pairwise(path):
            graph[start][end] -= 1
            graph.setdefault(end, Counter())[start] += 1
        flow += 1
    return flow


def _path(graph: Mapping[object, Counter[object]]) -> list[object]:
    came: dict[object, object] = {"source": None}
    queue: list[object] = ["source"]
    for node in queue:
        for after, room in graph.get(node, Counter()).items():
            if room > 0 and after not in came:
                came[after] = node
                queue.append(after)
    path: list[object] = ["sink"] if "sink" in came else []
    while path and path[-1] != "source":
        path.append(came[path[-1]])
    return path[::-1]


def _state(seed: bytes, stratum: int, j: int) -> "hashlib._Hash":
    head = prefix("ticket") + u32(32) + seed + u32(4) + u32(stratum) + u32(4) + u32(j) + u32(32)
    return hashlib.sha256(head)


def _hashed(state: "hashlib._Hash", leaf: bytes) -> bytes:
    copied = state.copy()
    copied.update(leaf)
    return copied.digest()
