"""What is handed over only to whoever has just put on record that they take it."""

from __future__ import annotations

from uuid import UUID

from flask import Response, request

from monitor.record.look import is_on_record
from webui.page.answer.redirection import to
from webui.page.view import source
from webui.page.wearer import Wearer


def record_told() -> UUID | None:
    """Return the record that the address names as done just before, if it names one."""
    try:
        return UUID(request.args.get("done", ""))
    except ValueError:
        return None


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
