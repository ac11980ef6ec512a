"""The hidden pool: what an opening shows, what it keeps, and what it refuses."""

import pytest

from experts.draw.encoding import DrawError
from experts.draw.pool import Entry, Pool, read_opening, root
from monitor.log import tree

KEY = bytes(range(32))
PEOPLE = [Entry(f"E{n:04d}", "330100", f"org{n % 3}", (1 + n % 2,)) for n in range(9)]


def a_pool(key: bytes | None = KEY) -> Pool:
    return Pool.build(key, PEOPLE)


def test_an_opening_shows_the_chosen_field_and_nothing_of_the_others() -> None:
    pool = a_pool()
    leaf = pool.leaves[0]
    shown = pool.open(leaf, ["o"])
    assert read_opening(shown, "x").values == {"o": pool.entries[leaf].o}
    assert pool.entries[leaf].u not in str(shown)


def test_the_person_is_never_opened_of_a_hidden_pool_but_always_of_agencies() -> None:
    with pytest.raises(DrawError, match="never opened"):
        a_pool().open(a_pool().leaves[0], ["u"])
    agencies = a_pool(None)
    assert "u" in read_opening(agencies.open(agencies.leaves[0], ["u"]), "x").values


def test_a_lie_in_an_opened_value_or_salt_does_not_make_the_leaf() -> None:
    pool = a_pool()
    for part, lie in (("value", "org9"), ("salt", "00" * 32)):
        shown = pool.open(pool.leaves[0], ["o"])
        bent = {**shown, "open": {"o": {**shown["open"]["o"], part: lie}}}  # type: ignore[call-overload,dict-item,index]
        with pytest.raises(DrawError, match="does not make the leaf"):
            read_opening(bent, "x")


def test_a_field_cannot_be_left_out_nor_told_twice() -> None:
    shown = a_pool().open(a_pool().leaves[0], ["o"])
    with pytest.raises(DrawError, match="exactly once"):
        read_opening({**shown, "open": {}}, "x")


def test_leaves_of_two_draws_cannot_be_linked() -> None:
    assert not set(a_pool().leaves) & set(a_pool(bytes(32)).leaves)


def test_one_person_cannot_hold_two_tickets() -> None:
    twin = Entry("E0000", "330200", "org7", (1,))
    with pytest.raises(DrawError, match="two leaves"):
        Pool.build(KEY, [*PEOPLE, twin])


def test_a_repeated_or_disordered_leaf_has_no_root() -> None:
    leaves = a_pool().leaves
    for bent in ([leaves[0], *leaves], leaves[::-1], []):
        with pytest.raises(DrawError, match="leaves"):
            root(bent)


def test_a_person_can_prove_that_he_was_in_the_pool() -> None:
    own = a_pool().own("E0003")
    told = read_opening(own["opening"], "own")
    assert told.values["u"] == "E0003"
    path = [bytes.fromhex(str(step)) for step in own["path"]]  # type: ignore[union-attr]
    at, size = int(str(own["index"])), int(str(own["size"]))
    tree.verify_inclusion(tree.leaf_hash(told.leaf), at, size, path, root(a_pool().leaves))
    with pytest.raises(DrawError, match="no such person"):
        a_pool().own("E9999")
