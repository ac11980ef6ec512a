"""The tree against published vectors and pymerkle, and against altered proofs."""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pymerkle
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.log.tree import (
    EMPTY_ROOT,
    BadProof,
    BadTree,
    Frontier,
    consistency_path,
    consistency_proof,
    inclusion_path,
    inclusion_proof,
    leaf_hash,
    memory_reader,
    node_hash,
    root,
    root_from,
    verify_consistency,
    verify_inclusion,
)

VECTORS = json.loads(Path(__file__).with_name("vectors").joinpath("merkle.json").read_text())

# transparency-dev/merkle testonly/constants.go
LEAVES = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


HASHES = [leaf_hash(b"%d" % number) for number in range(300)]


@pytest.mark.parametrize("size", range(9))
def test_roots_equal_the_published_ones_by_every_way(size: int) -> None:
    leaves = [leaf_hash(bytes.fromhex(leaf)) for leaf in LEAVES[:size]]
    expected = bytes.fromhex(ROOTS[size])
    assert root(leaves) == expected
    assert Frontier().extend(leaves).root() == expected
    assert root_from(memory_reader(leaves), size) == expected


def _refused(check: Callable[..., None], *arguments: Any) -> bool:
    try:
        check(*arguments)
    except (BadProof, BadTree):
        return True
    return False


@pytest.mark.parametrize("case", VECTORS["inclusion"], ids=lambda case: case["file"])
def test_published_inclusion_cases(case: dict[str, Any]) -> None:
    path = [base64.b64decode(item) for item in case["proof"] or []]
    leaf, expected = base64.b64decode(case["leafHash"]), base64.b64decode(case["root"])
    arguments = (leaf, case["leafIdx"], case["treeSize"], path, expected)
    assert _refused(verify_inclusion, *arguments) == case["wantErr"]


@pytest.mark.parametrize("case", VECTORS["consistency"], ids=lambda case: case["file"])
def test_published_consistency_cases(case: dict[str, Any]) -> None:
    path = [base64.b64decode(item) for item in case["proof"] or []]
    roots = (base64.b64decode(case["root1"] or ""), base64.b64decode(case["root2"] or ""))
    # one case accepts equal roots of 12 bytes; here only 32-byte hashes are roots
    expected = case["wantErr"] or any(len(value) != 32 for value in roots)
    assert _refused(verify_consistency, case["size1"], case["size2"], path, *roots) == expected


def test_roots_and_paths_equal_those_of_pymerkle() -> None:
    tree = pymerkle.InmemoryTree(algorithm="sha256")
    entries = [b"%d" % number for number in range(300)]
    tree.append_entries(entries)
    for size in [1, 2, 3, 7, 8, 127, 128, 129, 255, 256, 257, 300]:
        assert root(HASHES[:size]) == tree.get_root(size)
        for index in {0, size // 2, size - 1}:
            foreign = tree.prove_inclusion(index + 1, size)
            # pymerkle's path carries the leaf itself among its siblings
            siblings = [value for value in foreign.path if value != HASHES[index]]
            assert inclusion_proof(HASHES, index, size) == siblings


def test_pymerkle_and_we_accept_the_same_history() -> None:
    tree = pymerkle.InmemoryTree(algorithm="sha256")
    tree.append_entries([b"%d" % number for number in range(300)])
    for old, new in [(1, 2), (6, 7), (128, 300), (129, 300), (255, 256), (299, 300)]:
        foreign = tree.prove_consistency(old, new)
        pymerkle.verify_consistency(tree.get_root(old), tree.get_root(new), foreign)
        path = consistency_proof(HASHES, old, new)
        verify_consistency(old, new, path, tree.get_root(old), tree.get_root(new))


SIZES = st.integers(1, 300)


@given(SIZES, st.data())
@settings(max_examples=100, deadline=None)
def test_every_honest_inclusion_proof_verifies_and_no_altered_one_does(
    size: int, data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, size - 1))
    path, expected = inclusion_proof(HASHES, index, size), root(HASHES[:size])
    verify_inclusion(HASHES[index], index, size, path, expected)
    attacks: list[tuple[Any, ...]] = [
        (HASHES[index], index, size, [*path, bytes(32)], expected),
        (HASHES[index], index, size, [bytes(32), *path], expected),
        (leaf_hash(b"forged"), index, size, path, expected),
        (HASHES[index], index, size, path, leaf_hash(b"forged")),
    ]
    if path:
        place = data.draw(st.integers(0, len(path) - 1))
        flipped = [*path]
        flipped[place] = bytes([path[place][0] ^ 1]) + path[place][1:]
        attacks += [
            (HASHES[index], index, size, flipped, expected),
            (HASHES[index], index, size, path[:place] + path[place + 1 :], expected),
            (HASHES[index], index ^ 1, size, path, expected),
        ]
    assert all(_refused(verify_inclusion, *attack) for attack in attacks)


@given(SIZES, SIZES, st.data())
@settings(max_examples=100, deadline=None)
def test_every_honest_consistency_proof_verifies_and_no_altered_one_does(
    one: int, other: int, data: st.DataObject
) -> None:
    old, new = sorted([one, other])
    path = consistency_proof(HASHES, old, new)
    old_root, new_root = root(HASHES[:old]), root(HASHES[:new])
    verify_consistency(old, new, path, old_root, new_root)
    attacks: list[tuple[Any, ...]] = [
        (old, new, [*path, bytes(32)], old_root, new_root),
        (old, new, path, leaf_hash(b"forged"), new_root),
        (old, new, path, old_root, leaf_hash(b"forged")),
        (0, new, path, EMPTY_ROOT, new_root),
        (new + 1, new, path, old_root, new_root),
    ]
    if path:
        place = data.draw(st.integers(0, len(path) - 1))
        flipped = [*path]
        flipped[place] = bytes([path[place][0] ^ 1]) + path[place][1:]
        attacks.append((old, new, flipped, old_root, new_root))
        attacks.append((old, new, path[:-1], old_root, new_root))
    assert all(_refused(verify_consistency, *attack) for attack in attacks)


def test_a_rewritten_history_has_no_consistency_proof() -> None:
    rewritten = [*HASHES[:5], leaf_hash(b"rewritten"), *HASHES[6:]]
    path = consistency_proof(rewritten, 100, 300)
    with pytest.raises(BadProof):
        verify_consistency(100, 300, path, root(HASHES[:100]), root(rewritten))


@given(st.lists(st.integers(0, 40), max_size=6))
@settings(max_examples=50, deadline=None)
def test_a_frontier_grown_in_any_steps_has_the_root_of_all(steps: list[int]) -> None:
    frontier, size = Frontier(), 0
    for step in steps:
        frontier = frontier.extend(HASHES[size : size + step])
        size += step
        assert frontier.root() == root(HASHES[:size])
        assert Frontier.from_bytes(frontier.to_bytes()) == frontier
    assert frontier.size == size


@pytest.mark.parametrize(
    "data",
    [
        b"",
        bytes(7),
        (1).to_bytes(8),
        (1).to_bytes(8) + bytes(31),
        (1).to_bytes(8) + bytes(64),
        (3).to_bytes(8) + bytes(32),
        bytes(40),
    ],
)
def test_a_damaged_frontier_is_refused(data: bytes) -> None:
    with pytest.raises(BadTree):
        Frontier.from_bytes(data)


def test_hashes_of_another_length_are_refused_everywhere() -> None:
    calls: list[Callable[[], object]] = [
        lambda: root([bytes(31)]),
        lambda: Frontier().append(bytes(33)),
        lambda: memory_reader([b""]),
        lambda: verify_inclusion(bytes(31), 0, 1, [], bytes(31)),
        lambda: verify_consistency(1, 1, [], bytes(31), bytes(31)),
    ]
    for call in calls:
        with pytest.raises(BadTree, match="32"):
            call()


@pytest.mark.parametrize(("index", "size"), [(0, 0), (1, 1), (-1, 5), (5, 5), (300, 300)])
def test_no_inclusion_proof_is_built_for_a_leaf_that_is_not_there(index: int, size: int) -> None:
    with pytest.raises(BadTree):
        inclusion_proof(HASHES, index, size)


def test_a_proof_in_a_million_leaves_reads_a_few_perfect_subtrees() -> None:
    read: list[tuple[int, int]] = []

    def reader(level: int, index: int) -> bytes:
        read.append((level, index))
        assert (index + 1) << level <= 1_000_000
        return leaf_hash(b"%d/%d" % (level, index))

    path = inclusion_path(reader, 500_000, 1_000_000)
    assert len(path) == 20
    assert len(read) < 40
    read.clear()
    assert consistency_path(reader, 999_424, 1_000_000)
    assert len(read) < 40


def test_a_leaf_cannot_pass_for_a_node() -> None:
    left, right = HASHES[:2]
    assert leaf_hash(left + right) != node_hash(left, right)
