"""`/verify`: checks artefacts in the reader's own browser; and the commands to do it without us."""

from __future__ import annotations

from flask import Blueprint, Response, render_template

from webui.page.view import source

pages = Blueprint("verify", __name__)


@pages.get("/verify")
def verify() -> str:
    """Show the drop zone, the keys and the commands."""
    here = source()
    return render_template("verify.html", keys=here.keys.text, head=here.head(), now=here.now)


@pages.get("/keys.txt")
def keys() -> Response:
    """Return the public keys; whoever checks compares them with those got elsewhere."""
    return Response(source().keys.text, mimetype="text/plain")
