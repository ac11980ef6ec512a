"""The trail: which records were made while one request was served."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Step:
    """A record that was made: of which action, and whether the action was refused."""

    record: UUID
    action: str
    refused: bool


_trail: ContextVar[list[Step] | None] = ContextVar("trail", default=None)


def follow() -> list[Step]:
    """Begin a new trail in this context; every record made from now on is added to it."""
    steps: list[Step] = []
    _trail.set(steps)
    return steps


def leave(step: Step) -> None:
    """Add a record that is committed; nothing is kept where nobody follows."""
    steps = _trail.get()
    if steps is not None:
        steps.append(step)
