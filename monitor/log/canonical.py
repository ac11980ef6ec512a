"""Canonical JSON: the bytes that are committed, signed and stored verbatim (RFC 8785 profile).

The profile is narrower than the RFC: keys are printable ASCII, numbers are integers within
±(2^53-1), and neither null nor the character U+0000 exists, so that a value has one encoding in
every language and in every browser, and a database can keep all of it.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

JSON: TypeAlias = "str | int | bool | Sequence[JSON] | Mapping[str, JSON]"

MAX_INTEGER = 2**53 - 1  # the largest integer that a browser keeps exact (RFC 8785 §3.2.2.3)
LONGEST_NAME = 64  # of a key, in what is said of a fault: its length is another's choice
MAX_DEPTH = 32  # far below any recursion limit, so that nesting is refused and never crashes


_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)


class NotCanonical(ValueError):
    """The value or the bytes are outside the canonical profile."""


def canonical(value: JSON) -> bytes:
    """Return the canonical bytes of a value (RFC 8785); raises NotCanonical naming the place."""
    if not _plain(value, MAX_DEPTH):
        _check(value, "$", MAX_DEPTH)
    return _ENCODER.encode(value).encode()


def parse(data: bytes) -> JSON:
    """Read canonical bytes; raises NotCanonical unless writing them again gives the same bytes."""
    try:
        value: JSON = json.loads(data.decode())
    except (ValueError, RecursionError) as error:
        raise NotCanonical("not UTF-8 JSON within the nesting limit") from error
    if canonical(value) != data:
        raise NotCanonical("the bytes are not the canonical form of their value")
    return value


def _plain(value: Any, depth: int) -> bool:
    """Say quickly that a value is within the profile; of all else `_check` says why it is not."""
    if depth == 0:
        return False
    kind = type(value)
    if kind is str:
        return "\0" not in value and bool(value.isascii() or _is_text(value))
    if kind is int:
        return -MAX_INTEGER <= int(value) <= MAX_INTEGER
    if kind is list or kind is tuple:
        return all(_plain(member, depth - 1) for member in value)
    if kind is not dict:
        return kind is bool
    names = all(type(key) is str and key.isascii() and key.isprintable() for key in value)
    return names and all(_plain(member, depth - 1) for member in value.values())


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _check(value: object, place: str, depth: int) -> None:
    if depth == 0:
        raise NotCanonical(f"{place}: nested deeper than {MAX_DEPTH}")
    if isinstance(value, str):
        _check_text(value, place)
    elif isinstance(value, int):
        _check_integer(value, place)
    elif isinstance(value, dict | list | tuple):
        for name, member in _members(value, place):
            _check(member, f"{place}{name}", depth - 1)
    else:
        raise NotCanonical(f"{place}: {type(value).__name__} has no canonical form")


def _check_text(value: str, place: str) -> None:
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise NotCanonical(f"{place}: a lone surrogate has no UTF-8 form") from error
    if "\0" in value:
        raise NotCanonical(f"{place}: the character U+0000 stands in no text")


def _check_integer(value: int, place: str) -> None:
    if abs(value) > MAX_INTEGER:
        raise NotCanonical(f"{place}: an integer beyond ±(2^53-1) must be written as a string")


def _members(
    value: dict[object, object] | list[object] | tuple[object, ...], place: str
) -> Iterator[tuple[str, object]]:
    if not isinstance(value, dict):
        yield from ((f"[{index}]", member) for index, member in enumerate(value))
        return
    for key, member in value.items():
        if not isinstance(key, str) or not (key.isascii() and key.isprintable()):
            raise NotCanonical(f"{place}: a key must be printable ASCII text")
        yield f".{key[:LONGEST_NAME]}", member
