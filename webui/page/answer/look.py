"""What is handed over only to whoever has just put on record that they take it."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from flask import Response, request

from monitor.record.look import done_by, is_on_record
from webui.page.answer.redirection import to
from webui.page.view import source
from webui.page.wearer import Wearer, wearer


def record_told() -> UUID | None:
    """Return the record that the address names as done just before, if it names one."""
    try:
        return UUID(request.args.get("done", ""))
    except ValueError:
        return None


class Done(NamedTuple):
    """What was just done: its record, and which act it is."""

    record: UUID
    action: str


def just_done() -> Done | None:
    """Return what the address names as done just before, if this very person did it.

    Nobody can be shown by a link that something was done which was not.
    """
    record, who = record_told(), wearer()
    if record is None or who is None:
        return None
    with source().platform.read() as session:
        action = done_by(session, record, frozenset({str(who.actor.person)}))
    return Done(record, action) if action else None


def has_taken(who: Wearer, action: str, subject: UUID) -> bool:
    """Tell whether the address names this person's own, recent record of taking that."""
    here, record = source(), record_told()
    if record is None:
        return False
    with here.platform.read() as session:
        return is_on_record(session, record, action, who.actor, subject, here.now)


def to_be_taken(action: str, project: UUID, **named: UUID) -> Response:
    """Send the person to the form by which the taking is put on record first."""
    told = "".join(f"&{name}={value}" for name, value in named.items())
    return to(f"/act/{action}?project={project}{told}")
