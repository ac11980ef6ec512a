"""`/messages`: what the platform told whoever is signed in, and nobody else."""

from __future__ import annotations

from flask import Blueprint, g, render_template

from trading.notice.message.address import address_of
from trading.notice.message.message import Line, inbox, unread
from webui.page.view import source
from webui.page.wearer import require, wearer

pages = Blueprint("message", __name__)


PLACES = {
    "card": "/cards/{project}",
    "card.order": "/orders/{project}",
    "order": "/orders/{project}",
    "case": "/cases",
    "complaint": "/complaints",
    "complaint_duty": "/complaints",
    "tip": "/cases",
}
"""Where what a message tells of is dealt with, by act or noun; else on the trade's own page."""


@pages.get("/messages")
def messages() -> str:
    """Show the reader's messages, newest first."""
    who, here = require(), source()
    with here.platform.read() as session:
        lines = inbox(session, who.actor.person)
        found = address_of(session, who.actor.person)
        address = found.email if found else ""
    return render_template(
        "office/messages.html", lines=[(line, place(line)) for line in lines], address=address,
        now=here.now,
    )  # fmt: skip


def place(line: Line) -> str:
    """Return where what a message tells of is dealt with; empty where its trade's page says it."""
    found = PLACES.get(line.event) or PLACES.get(line.event.partition(".")[0], "")
    return found.format(project=line.project)


@pages.app_context_processor
def count() -> dict[str, object]:
    """Let the shell say how many messages wait."""
    return {"unread_messages": _unread}


def _unread() -> int:
    who = wearer()
    if who is None:
        return 0
    if "unread_messages" not in g:
        with source().platform.read() as session:
            g.unread_messages = unread(session, who.actor.person)
    found: int = g.unread_messages
    return found
