"""Canonical bytes against the rfc8785 package, and against every other spelling."""

import enum
import json
import math
from typing import Any, cast

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.log.canonical import MAX_DEPTH, MAX_INTEGER, NotCanonical, canonical, parse

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
KEYS = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=8)
VALUES = st.recursive(
    st.booleans() | st.integers(-MAX_INTEGER, MAX_INTEGER) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=20,
)


@given(VALUES)
@settings(max_examples=300, deadline=None)
def test_the_bytes_equal_those_of_the_foreign_rfc8785_package(value: Any) -> None:
    assert canonical(value) == rfc8785.dumps(value)


@given(VALUES)
@settings(max_examples=200, deadline=None)
def test_parsing_gives_the_value_back(value: Any) -> None:
    assert parse(canonical(value)) == value


@given(st.binary(max_size=60) | TEXT.map(str.encode) | VALUES.map(lambda v: json.dumps(v).encode()))
@settings(max_examples=300, deadline=None)
def test_whatever_parses_is_already_canonical(data: bytes) -> None:
    try:
        value = parse(data)
    except NotCanonical:
        return
    assert canonical(value) == data


def test_a_record_is_written_readably_with_sorted_keys() -> None:
    body: dict[str, Any] = {"v": 1, "action": "bid.submit", "地".encode().hex(): ["甲", True, -5]}
    assert canonical(body).decode() == '{"action":"bid.submit","e59cb0":["甲",true,-5],"v":1}'


def test_enumerations_are_written_as_their_values() -> None:
    class Stage(enum.StrEnum):
        OPEN = "open"

    assert canonical([Stage.OPEN]) == b'["open"]'


@pytest.mark.parametrize(
    "value",
    [
        None,
        {"a": None},
        [None],
        1.0,
        math.nan,
        b"bytes",
        {"金": 1},
        {1: "a"},
        MAX_INTEGER + 1,
        -MAX_INTEGER - 1,
        "\ud800",
        {"a": ["ok", "\udfff"]},
        {"\ud800": 1},
        {1, 2},
        "合格\0",
        "ok\0",
        {"a": ["\0"]},
        {"a\0": 1},
        {"a\nb": 1},
    ],
)
def test_values_outside_the_profile_are_refused(value: Any) -> None:
    with pytest.raises(NotCanonical):
        canonical(value)


def test_the_refusal_names_the_place() -> None:
    with pytest.raises(NotCanonical, match=r"\$\.facts\[1\]\.price: float"):
        canonical({"facts": [1, {"price": cast(Any, 0.1)}]})


def test_nesting_is_refused_before_it_can_crash() -> None:
    value: list[Any] = []
    for _ in range(MAX_DEPTH):
        value = [value]
    with pytest.raises(NotCanonical, match="nested"):
        canonical(value)
    with pytest.raises(NotCanonical):
        parse(b"[" * 100_000)
    loop: list[Any] = []
    loop.append(loop)
    with pytest.raises(NotCanonical, match="nested"):
        canonical(loop)


@pytest.mark.parametrize(
    "data",
    [
        b'{"a":1,"a":1}',
        b'{"a":1,"a":2}',
        b'{"b":1,"a":1}',
        b'{"a": 1}',
        b' {"a":1}',
        b'{"a":1}\n',
        b'{"a":1.0}',
        b"1e2",
        b"-0",
        b"01",
        b"null",
        b"NaN",
        b"Infinity",
        b"9007199254740992",
        b"1" * 5000,
        b'"\\u0041"',
        b'"\\/"',
        b'"\\u001F"',
        b'"\\ud800"',
        b'"\xff"',
        b'"\xed\xa0\x80"',
        b"\xef\xbb\xbf1",
        '"é"'.encode("utf-16"),
        b"",
        b"[1,]",
        b"{}{}",
    ],
)
def test_bytes_that_are_not_their_own_canonical_form_are_refused(data: bytes) -> None:
    with pytest.raises(NotCanonical):
        parse(data)


def test_what_is_said_of_a_fault_holds_no_more_of_anothers_keys_than_a_person_reads() -> None:
    deep: Any = 1.5
    for _ in range(5):
        deep = {"k" * 60_000: deep}
    with pytest.raises(NotCanonical) as told:
        canonical(deep)
    assert len(str(told.value)) < 500
    with pytest.raises(NotCanonical) as told:
        parse(b'{"a\\u0000":1.5}')
    assert str(told.value).isprintable()
