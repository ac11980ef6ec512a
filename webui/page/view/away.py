"""Which programs are away, for every page to say; and signs of life of those that ask by HTTP."""

from __future__ import annotations

from flask import Flask, Response, current_app, request

from monitor.role import Role
from webui.page.source import Source
from webui.page.wearer import wearer
from webui.serve.state import Program, Signs

PROGRAMS = {
    Role.TRUSTEE: Program.TRUSTEE,
    Role.DEPARTMENT: Program.AGENT,
    Role.CENTRE: Program.DRAW,
}
"""Whose programs ask by a header instead of a cookie; a tenderer's are nobody's to miss."""
READING = frozenset({"GET", "HEAD", "OPTIONS"})
FAULT = 500
"""From here on the database may be away, and nobody is looked up."""


def install(app: Flask, source: Source) -> None:
    """Let templates ask who is away, take a program's request for a sign, hint at what was done."""
    signs = Signs.of(source.settings)
    app.extensions["signs"] = signs
    named = PROGRAMS | ({Role.TENDERER: Program.RIVALS} if source.demo else {})

    @app.after_request
    def sign(response: Response) -> Response:
        asks = "Authorization" in request.headers and response.status_code < FAULT
        who = wearer() if asks else None
        if who is not None and who.role in named:
            signs.give(named[who.role])
        if request.method not in READING:
            signs.hasten()
        return response

    @app.context_processor
    def missing() -> dict[str, object]:
        return {"away": signs.away}


def signs() -> Signs:
    """Return the signs of life that this application gives and reads."""
    found: Signs = current_app.extensions["signs"]
    return found
