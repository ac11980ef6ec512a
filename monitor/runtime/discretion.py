"""What our programs write to their logs: of a database's error the kind, and never the row.

A sealed thing is in the clear for the moment in which it is kept; a fault then must not write it
down. `hide_parameters` covers what we sent, not what the server quotes of it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from types import TracebackType
from typing import TypeAlias

import psycopg

_CUT = "…"
_DATA = "22"
"""The class of errors (SQLSTATE) whose first line quotes a value that does not fit."""
_Raised: TypeAlias = (
    tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
)


class Discreet(logging.Formatter):
    """Formats a fault without what the database quoted of a row or a value."""

    def formatException(self, ei: _Raised) -> str:  # noqa: N802 - as logging calls it
        """Return the trace, the quoted parts cut out."""
        told = super().formatException(ei)
        for quoted in _quoted(ei[1]):
            told = told.replace(quoted, _CUT)
        return told


def begin_log(level: int = logging.WARNING, form: str = logging.BASIC_FORMAT) -> None:
    """Let this program write its log to the standard error, discreetly."""
    logging.basicConfig(level=level)
    for handler in logging.getLogger().handlers:
        handler.setFormatter(Discreet(form))


def _quoted(fault: BaseException | None) -> Iterator[str]:
    for each in _chain(fault):
        if not isinstance(each, psycopg.Error):
            continue
        told = each.diag
        parts = [told.message_detail, told.context, told.internal_query]
        if (told.sqlstate or "").startswith(_DATA) and told.message_primary:
            parts.append(told.message_primary.partition(":")[2])
        yield from filter(None, parts)


def _chain(fault: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    waiting = [fault]
    while waiting:
        each = waiting.pop()
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        waiting += [each.__cause__, each.__context__, getattr(each, "orig", None)]
