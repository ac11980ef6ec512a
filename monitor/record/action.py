"""`@action`: the only way to give the platform a verb.

Default deny: an action without roles, or without a row in disclosure.toml, does not import.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, TypeVar

from monitor.record.disclosure import TABLE, Audience
from monitor.record.moment import When
from monitor.role import Role

if TYPE_CHECKING:
    from monitor.record.act import Act

P = ParamSpec("P")
R = TypeVar("R")


class Visibility(StrEnum):
    """How an act stands in its project: numbered and public at once, secret, or a gathering one."""

    PUBLIC = "public"  # exclusive lock, a number in the open chain
    SECRET = "secret"  # shared lock, no number; gathered later  # noqa: S105
    CLOSING = "closing"  # exclusive lock, a number, gathers the secret acts before it


@dataclass(frozen=True, slots=True)
class Action(Generic[P, R]):
    """A declared verb: its name (noun.verb), the roles that may do it, its visibility, its code."""

    name: str
    by: frozenset[Role]
    visibility: Visibility
    standing: bool
    """Whether the actor's organisation must stand in that role in the very project."""
    run: Callable[Concatenate[Act, P], R]

    def __call__(self, act: Act, *args: P.args, **kwargs: P.kwargs) -> R:
        """Run inside another action's transaction (a composed act writes one record, its own)."""
        return self.run(act, *args, **kwargs)


ACTIONS: dict[str, Action[Any, Any]] = {}


class UndeclaredActionError(ImportError):
    """An action lacks roles or a disclosure row, or its name is taken."""


def action(
    name: str,
    *,
    by: tuple[Role, ...],
    visibility: Visibility = Visibility.PUBLIC,
    standing: bool = True,
) -> Callable[[Callable[Concatenate[Act, P], R]], Action[P, R]]:
    """Declare an action; raises UndeclaredActionError at import for what would open a hole."""
    if not by:
        raise UndeclaredActionError(f"{name}: no roles")
    if name not in TABLE:
        raise UndeclaredActionError(f"{name}: no row in disclosure.toml")
    at_once = TABLE[name].get(Audience.PUBLIC) is When.NOW
    if at_once == (visibility is Visibility.SECRET):
        raise UndeclaredActionError(f"{name}: numbered are just the acts that are public at once")
    if name in ACTIONS:
        raise UndeclaredActionError(f"{name}: declared twice")

    def declare(run: Callable[Concatenate[Act, P], R]) -> Action[P, R]:
        declared = Action(name, frozenset(by), visibility, standing, run)
        ACTIONS[name] = declared
        return declared

    return declare
