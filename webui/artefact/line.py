"""A line of a verification: what was checked, and whether it holds."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How a check ended."""

    PASSED = "passed"
    FAILED = "failed"
    OPEN = "open"  # not checked here


WORDS = {
    State.PASSED: "通过 / passed",
    State.FAILED: "未通过 / FAILED",
    State.OPEN: "未核验 / not checked",
}


_LONGEST = 400


def _plain(text: str) -> str:
    """Show hostile text on one line, without a control character for the terminal."""
    return "".join(each if each.isprintable() else f"\\x{ord(each):02x}" for each in text)


@dataclass(frozen=True, slots=True)
class Line:
    """One check: its end, the item it is about, and what was found, Chinese first."""

    state: State
    item: str
    text: str

    def __str__(self) -> str:
        return f"{WORDS[self.state]}  {_plain(self.item)}: {_plain(self.text)[:_LONGEST]}"


def passed(item: str, text: str) -> Line:
    """Say that a check holds."""
    return Line(State.PASSED, item, text)


def failed(item: str, text: str) -> Line:
    """Say that a check does not hold."""
    return Line(State.FAILED, item, text)


def unchecked(item: str, text: str) -> Line:
    """Say what was not checked, and why."""
    return Line(State.OPEN, item, text)


def guarded(item: str, check: Callable[[], Iterable[Line]]) -> list[Line]:
    """Run a check of hostile bytes, on which a parser may raise anything; a fault is a failure."""
    lines: list[Line] = []
    try:
        for line in check():
            lines.append(line)  # noqa: PERF402 - those before a fault are kept
    except Exception as fault:
        told = str(fault) or type(fault).__name__
        lines.append(failed(item, f"无法通过 / does not hold: {told}"))
    return lines
