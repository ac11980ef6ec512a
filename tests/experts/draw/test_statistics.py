"""Statistics catch gross errors only; fixed seeds, so that each outcome is always the same.

Pearson's statistic with the factor (N-1)/N, which corrects for a panel of fixed size; its quantile
by Wilson and Hilferty. Two wrong draws that it must catch are drawn beside the right one.
"""

import hashlib
from collections import Counter
from collections.abc import Callable
from itertools import combinations, islice, pairwise
from math import comb, sqrt

import pytest

from experts.draw.selection import Candidate, ordered, ticket
from tests.experts.draw import published

PEOPLE, SEATS, DRAWS = 40, 4, 1500
POOL = [Candidate(hashlib.sha256(bytes([n])).digest(), frozenset({1})) for n in range(PEOPLE)]
PLACES = {candidate.leaf: n for n, candidate in enumerate(POOL)}
Panel = Callable[[bytes], list[int]]


def ours(seed: bytes) -> list[int]:
    return [PLACES[c.leaf] for c in islice(ordered(seed, 1, POOL), SEATS)]


def byte_modulo_shuffle(seed: bytes) -> list[int]:
    """The mutant: a shuffle by one byte modulo what is left, skewed since 256 is no multiple."""
    line = list(range(PEOPLE))
    for at in range(SEATS):
        swap = at + seed[at] % (PEOPLE - at)
        line[at], line[swap] = line[swap], line[at]
    return line[:SEATS]


def last_is_never_drawn(seed: bytes) -> list[int]:
    """The mutant: an index one short."""
    return [n for n in (PLACES[c.leaf] for c in ordered(seed, 1, POOL)) if n < PEOPLE - 1][:SEATS]


def ticket_cut_to_a_byte(seed: bytes, line: list[Candidate] = POOL) -> list[int]:
    """The mutant that statistics do not catch: short tickets, so that the list's order decides."""
    cut = sorted(range(len(line)), key=lambda at: (ticket(seed, 1, line[at].leaf)[:1], at))
    return [PLACES[line[at].leaf] for at in cut[:SEATS]]


def by_rfc_3797(seed: bytes) -> list[int]:
    return [n - 1 for n in published.rfc3797(seed.hex(), PEOPLE, SEATS)]


def by_consistent_sampling(seed: bytes) -> list[int]:
    return [int(str(n)) for n in published.consistent(seed.hex(), range(PEOPLE), SEATS)]


def by_one_time_codes(seed: bytes) -> list[int]:
    labels = [str(n) for n in range(PEOPLE)]
    return [int(label) for _, label in published.elegy("1.2.3./", seed, labels)[:SEATS]]


def panels(draw: Panel, draws: int) -> list[list[int]]:
    return [draw(hashlib.sha256(n.to_bytes(4, "big")).digest()) for n in range(draws)]


def chi_square(draw: Panel, draws: int) -> float:
    counts = Counter(n for panel in panels(draw, draws) for n in panel)
    p = SEATS / PEOPLE
    spread = sum((counts[n] - draws * p) ** 2 for n in range(PEOPLE))
    return (PEOPLE - 1) / PEOPLE * spread / (draws * p * (1 - p))


def quantile(freedom: int, z: float) -> float:
    part = 2 / (9 * freedom)
    return float(freedom * (1 - part + z * sqrt(part)) ** 3)


LIMIT = quantile(PEOPLE - 1, 3.719)  # one in 10,000 above


def test_everybody_is_drawn_equally_often() -> None:
    assert quantile(PEOPLE - 1, -3.719) < chi_square(ours, DRAWS) < LIMIT


def test_every_pair_is_drawn_equally_often() -> None:
    pairs = Counter(
        pair for panel in panels(ours, DRAWS) for pair in combinations(sorted(panel), 2)
    )
    p = comb(SEATS, 2) / comb(PEOPLE, 2)
    spread = sum((pairs[pair] - DRAWS * p) ** 2 for pair in combinations(range(PEOPLE), 2))
    freedom = comb(PEOPLE, 2) - 1
    assert quantile(freedom, -3.719) < spread / (DRAWS * p * (1 - p)) < quantile(freedom, 3.719)


def test_a_shuffle_by_one_byte_modulo_is_caught() -> None:
    assert chi_square(byte_modulo_shuffle, 20_000) > LIMIT


def test_a_place_that_is_never_drawn_is_caught_by_its_own_binomial() -> None:
    counts = Counter(n for panel in panels(last_is_never_drawn, DRAWS) for n in panel)
    never = (1 - SEATS / PEOPLE) ** DRAWS
    assert counts[PEOPLE - 1] == 0
    assert never * PEOPLE < 1e-4
    assert min(Counter(n for panel in panels(ours, DRAWS) for n in panel).values()) > 0


def test_a_weight_of_three_is_drawn_first_three_times_as_often() -> None:
    pool = [Candidate(c.leaf, c.strata, weight=3 if n == 0 else 1) for n, c in enumerate(POOL[:10])]
    seeds = (hashlib.sha256(b"w" + n.to_bytes(4, "big")).digest() for n in range(3000))
    first = sum(next(ordered(seed, 1, pool)).leaf == pool[0].leaf for seed in seeds)
    p = 3 / 12
    assert abs(first - 3000 * p) < 3.9 * sqrt(3000 * p * (1 - p))


@pytest.mark.parametrize("honest", [by_rfc_3797, by_consistent_sampling, by_one_time_codes])
def test_the_measure_finds_published_methods_honest_too(honest: Panel) -> None:
    assert quantile(PEOPLE - 1, -3.719) < chi_square(honest, 500) < LIMIT


def test_the_rank_of_one_person_is_uniform_and_so_is_the_ticket() -> None:
    seeds = [hashlib.sha256(b"r" + n.to_bytes(4, "big")).digest() for n in range(800)]
    ranks = Counter(
        next(at for at, c in enumerate(ordered(seed, 1, POOL)) if c == POOL[7]) for seed in seeds
    )
    spread = sum((ranks[at] - 20) ** 2 / 20 for at in range(PEOPLE))
    assert quantile(PEOPLE - 1, -3.719) < spread < LIMIT
    line = sorted(int.from_bytes(ticket(seed, 1, POOL[7].leaf), "big") / 2**256 for seed in seeds)
    apart = max(abs(value - (at + 0.5) / len(line)) for at, value in enumerate(line))
    assert apart < 2.225 / sqrt(len(line))  # Kolmogorov and Smirnov, one in 10,000


def test_two_draws_in_a_row_share_as_many_as_chance_would() -> None:
    shared = sum(len(set(a) & set(b)) for a, b in pairwise(panels(ours, DRAWS)))
    mean = SEATS * SEATS / PEOPLE
    variance = mean * (1 - SEATS / PEOPLE) * (PEOPLE - SEATS) / (PEOPLE - 1)
    pairs = DRAWS - 1
    assert abs(shared - pairs * mean) < 3.9 * sqrt(pairs * variance)


def test_the_first_of_one_stratum_tells_nothing_of_the_first_of_another() -> None:
    seeds = (hashlib.sha256(b"s" + n.to_bytes(4, "big")).digest() for n in range(1600))
    both = Counter(
        (
            PLACES[next(ordered(seed, 1, POOL[:8])).leaf],
            PLACES[next(ordered(seed, 2, POOL[:8])).leaf],
        )
        for seed in seeds
    )
    spread = sum((both[a, b] - 25) ** 2 / 25 for a in range(8) for b in range(8))
    assert quantile(63, -3.719) < spread < quantile(63, 3.719)


def test_a_ticket_cut_short_passes_the_statistics_and_falls_by_the_order_of_the_list() -> None:
    assert chi_square(ticket_cut_to_a_byte, 500) < LIMIT
    seeds = [hashlib.sha256(b"c" + bytes([n])).digest() for n in range(40)]
    turned = POOL[::-1]
    assert any(ticket_cut_to_a_byte(s) != ticket_cut_to_a_byte(s, turned) for s in seeds)
    for seed in seeds:
        assert [c.leaf for c in ordered(seed, 1, turned)] == [
            c.leaf for c in ordered(seed, 1, POOL)
        ]
