"""The header: nothing in it may be left open, and attempts leave no gap."""

from pathlib import Path
from typing import Any

import pytest

from experts.draw.encoding import DrawError
from experts.draw.header import check_chain, read_header, read_signed
from tests.experts.draw_world import World


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    value = World(tmp_path_factory.mktemp("header") / "w").file()
    assert isinstance(value, dict)
    return dict(value)


BENT: list[tuple[str, object]] = [
    ("v", "batong-draw/2"),
    ("suite", "sm3-ecvrf03"),
    ("kind", "friend"),
    ("beacon", {"kind": "none"}),
    ("stand_in", 1),
    ("caps", {"o": 1, "r": 1}),
    ("caps", {"u": 1}),
    ("caps", {"o": 0}),
    ("strata", []),
    ("strata", [[1, 0], [2, 2]]),
    ("strata", [[1, 1], [1, 2]]),
    ("strata", [[2**32, 1], [2, 2]]),
    ("members", [[1, 20]]),
    ("members", [[2, 20], [1, 20]]),
    ("members", [[1, 41], [2, 20]]),
    ("members", [[[], 20], [2, 20]]),
    ("excluded", [["status", 1]]),
    ("n", 39),
    ("n", True),
    ("t_reveal", 0),
    ("max_rounds", 0),
    ("max_weight", 17),
    ("contact", {"attempts": 0, "gap": 300}),
    ("elig_root", "00"),
    ("prev", "11" * 32),
    ("seq", 1),
    ("keys", {"C": {}}),
    ("registry", {"n": 40}),
    ("draw", 7),
]


@pytest.mark.parametrize(("key", "value"), BENT)
def test_a_header_that_breaks_a_rule_is_refused(
    signed: dict[str, Any], key: str, value: object
) -> None:
    assert read_header(signed["header"])
    with pytest.raises(DrawError):
        read_header({**signed["header"], key: value})


def test_every_field_is_needed_and_no_other_allowed(signed: dict[str, Any]) -> None:
    for key in signed["header"]:
        with pytest.raises(DrawError, match="header"):
            read_header({k: v for k, v in signed["header"].items() if k != key})
    with pytest.raises(DrawError, match="header"):
        read_header({**signed["header"], "note": ""})


def test_a_header_without_the_inspectors_signature_is_none(signed: dict[str, Any]) -> None:
    c = signed["signatures"]["C"]
    with pytest.raises(DrawError, match=r"signatures\.I"):
        read_signed({**signed, "signatures": {"C": c, "I": c}}, "header.json")


def test_a_gap_in_the_attempts_is_refused(signed: dict[str, Any], tmp_path: Path) -> None:
    first = read_header(signed["header"])
    later = {**signed["header"], "seq": 2, "prev": first.hh.hex()}
    later["supersedes"] = {"draw": "D-1", "reason": "x"}
    with pytest.raises(DrawError, match="gap"):
        check_chain([first, read_header(later)])
    other = {**later, "seq": 1, "supersedes": {"draw": "D-9", "reason": "x"}}
    with pytest.raises(DrawError, match="not the attempt before"):
        check_chain([first, read_header(other)])
    check_chain([first, read_header({**later, "seq": 1})])
