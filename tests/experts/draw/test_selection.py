"""Selection: the first lawful panel, whatever the order of the list, and no cleverer one."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from experts.draw.selection import (
    Candidate,
    Infeasible,
    Look,
    Need,
    feasible,
    ordered,
    select,
    ticket,
)

SEED = hashlib.sha256(b"seed").digest()


def a_leaf(number: int) -> bytes:
    return hashlib.sha256(number.to_bytes(4, "big")).digest()


@st.composite
def pools(draw: st.DrawFn) -> list[Candidate]:
    size = draw(st.integers(1, 9))
    strata = st.frozensets(st.sampled_from([1, 2, 3]), min_size=1)
    group = st.sampled_from([b"a", b"b", b"c"])
    return [Candidate(a_leaf(n), draw(strata), draw(group)) for n in range(size)]


seats = st.lists(st.integers(0, 2), min_size=3, max_size=3).map(
    lambda counts: tuple(zip((1, 2, 3), counts, strict=True))
)
caps = st.one_of(st.none(), st.integers(1, 2).map(lambda limit: ("o", limit)))


def accepted(log: Sequence[Look]) -> list[tuple[int, bytes]]:
    return [(look.stratum, look.leaf) for look in log if look.verdict == "ACCEPT"]


def brute_force(seed: bytes, need: Need, pool: Sequence[Candidate]) -> list[tuple[int, bytes]]:
    """Try every panel in lexicographic order; the specification, slowly."""
    groups = {c.leaf: c.group for c in pool}
    lines = []
    for stratum, number in need.seats:
        line = [c.leaf for c in ordered(seed, stratum, pool) if stratum in c.strata]
        lines.append([[(stratum, leaf) for leaf in panel] for panel in combinations(line, number)])
    for panels in product(*lines):
        panel = [seat for part in panels for seat in part]
        leaves = [leaf for _, leaf in panel]
        count = Counter(groups[leaf] for leaf in leaves)
        capped = need.cap and any(
            number + need.seated.get(group, 0) > need.cap[1] for group, number in count.items()
        )
        barred = set(leaves) & (set(need.taken) | set(need.barred))
        if len(set(leaves)) == len(leaves) and not capped and not barred:
            return panel
    raise Infeasible


@settings(max_examples=250, deadline=None)
@given(
    pool=pools(), seats=seats, cap=caps, seed=st.binary(min_size=32, max_size=32), data=st.data()
)
def test_the_panel_is_the_first_of_all_lawful_ones_or_there_is_none(
    pool: list[Candidate],
    seats: tuple[tuple[int, int], ...],
    cap: tuple[str, int] | None,
    seed: bytes,
    data: st.DataObject,
) -> None:
    leaves = [c.leaf for c in pool]
    taken = data.draw(st.frozensets(st.sampled_from(leaves), max_size=2))
    barred = data.draw(st.frozensets(st.sampled_from(leaves), max_size=2))
    seated = {b"a": data.draw(st.integers(0, 1))}
    need = Need(seats, cap, taken, dict.fromkeys(barred, "kinship"), seated)
    try:
        expected = brute_force(seed, need, pool)
    except Infeasible:
        with pytest.raises(Infeasible):
            select(seed, need, pool)
        return
    log = select(seed, need, pool)
    assert accepted(log) == expected
    assert not {leaf for _, leaf in expected} & (taken | barred)


@settings(max_examples=60, deadline=None)
@given(pool=pools(), seats=seats, cap=caps, data=st.data())
def test_the_order_of_the_list_changes_nothing(
    pool: list[Candidate],
    seats: tuple[tuple[int, int], ...],
    cap: tuple[str, int] | None,
    data: st.DataObject,
) -> None:
    need = Need(seats, cap)
    if not feasible(need, pool):
        return
    assert select(SEED, need, data.draw(st.permutations(pool))) == select(SEED, need, pool)


def test_removing_one_who_was_not_looked_at_changes_nothing() -> None:
    pool = [Candidate(a_leaf(n), frozenset({1})) for n in range(50)]
    log = select(SEED, Need(((1, 5),)), pool)
    looked = {look.leaf for look in log}
    spared = next(c for c in pool if c.leaf not in looked)
    assert select(SEED, Need(((1, 5),)), [c for c in pool if c != spared]) == log


def test_more_seats_in_the_last_stratum_keep_the_earlier_picks() -> None:
    pool = [Candidate(a_leaf(n), frozenset({1, 2})) for n in range(30)]
    few = accepted(select(SEED, Need(((1, 3), (2, 2))), pool))
    assert accepted(select(SEED, Need(((1, 3), (2, 4))), pool))[:5] == few


def test_strata_seeds_and_rounds_give_different_orders() -> None:
    pool = [Candidate(a_leaf(n), frozenset({1, 2})) for n in range(20)]
    orders = [
        tuple(c.leaf for c in ordered(seed, stratum, pool))
        for seed, stratum in ((SEED, 1), (SEED, 2), (bytes(32), 1))
    ]
    assert len(set(orders)) == 3


def test_weight_one_is_unweighted_and_more_weight_is_never_worse() -> None:
    for n in range(20):
        assert ticket(SEED, 1, a_leaf(n), 1) == ticket(SEED, 1, a_leaf(n))
        assert ticket(SEED, 1, a_leaf(n), 16) <= ticket(SEED, 1, a_leaf(n))


def test_one_who_would_leave_a_later_seat_empty_is_passed_over_with_that_reason() -> None:
    only = Candidate(a_leaf(0), frozenset({1, 2}))
    pool = [only, *(Candidate(a_leaf(n), frozenset({1})) for n in range(1, 4))]
    for number in range(50):
        seed = hashlib.sha256(bytes([number])).digest()
        log = select(seed, Need(((1, 1), (2, 1))), pool)
        assert (2, only.leaf) in accepted(log)
        if log[0].leaf == only.leaf:
            assert log[0].verdict == "SKIP_INFEASIBLE"
            return
    pytest.fail("no seed put the only candidate of stratum 2 first")


def test_each_reason_is_logged_with_its_rule() -> None:
    pool = [
        Candidate(a_leaf(0), frozenset({1}), b"x"),
        Candidate(a_leaf(1), frozenset({1}), b"seated"),
        Candidate(a_leaf(2), frozenset({2}), b"y"),
        Candidate(a_leaf(3), frozenset({1}), b"z"),
        Candidate(a_leaf(4), frozenset({1}), b"w"),
    ]
    taken, barred = frozenset({a_leaf(3)}), {a_leaf(4): "employer_now"}
    need = Need(((1, 1),), ("o", 1), taken, barred, {b"seated": 1})
    expected = {
        a_leaf(0): "ACCEPT",
        a_leaf(1): "SKIP_CAP:o",
        a_leaf(2): "SKIP_STRATUM",
        a_leaf(3): "SKIP_TAKEN",
        a_leaf(4): "SKIP_BARRED:employer_now",
    }
    met: dict[bytes, str] = {}
    for number in range(60):
        log = select(hashlib.sha256(bytes([number])).digest(), need, pool)
        met |= {look.leaf: look.verdict for look in log}
    assert met == expected


def test_without_a_cap_an_employer_may_send_everybody() -> None:
    pool = [Candidate(a_leaf(n), frozenset({1}), b"one") for n in range(5)]
    assert len(accepted(select(SEED, Need(((1, 5),)), pool))) == 5
    with pytest.raises(Infeasible):
        select(SEED, Need(((1, 5),), ("o", 4)), pool)
    assert feasible(replace(Need(((1, 4),)), cap=("o", 4)), pool)
