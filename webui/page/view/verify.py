"""`/verify`: checks artefacts in the reader's own browser; and the commands to do it without us."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from flask import Blueprint, Response, redirect, render_template, request
from werkzeug import Response as Redirection

from monitor.record.disclosure import chain_of, disclosed
from webui.page.view import source
from webui.page.wearer import viewer, wearer

pages = Blueprint("verify", __name__)
WAYS = (
    ("any", ("./batong verify FILE --keys keys.txt",), "batong"),
    ("bag", ("unzip -d bag archive.zip", "bagit.py --validate bag"), "Library of Congress"),
    ("bag_own", ("python3 -I -S bag/data/verify.py bag",), "Python"),
    ("draw", ("python3 -I -S experts/draw_verify.py draw.zip",), "Python"),
    ("pdf", ("pdfsig award-notice.pdf",), "Poppler"),
    ("bid", ("age -d -i identity.txt letter.age",), "age"),
    ("ledger", ("bean-check ledger.beancount",), "Beancount"),
)
"""Artefact, exact commands, and who wrote the program; `log` follows with its own address."""
FOREIGN = Path(__file__).parents[1] / "template" / "foreign"
LOG_CHECKS = (
    ("tools", "Python, Debian"),
    ("signature", "tlog-scales"),
    ("go", "Go x/mod"),
    ("record", "tlog-scales"),
    ("growth", "tlog-scales, pymerkle"),
)
"""What a shell takes as it stands here, and whose program does it; none of it is ours."""


@pages.get("/verify")
def verify() -> str | Redirection:
    """Show the drop zone, the keys and the commands; `?record=` leads to that record's page."""
    here, asked = source(), request.args.get("record", "").strip()[:80]
    if asked and (found := _visible(asked)):
        return redirect(f"/record/{found}", 303)
    fetch = (
        "log",
        (f"tlog-tiles get-leaf --check {request.url_root}log 0 | xxd -p",),
        "tlog-scales",
    )
    return render_template(
        "public/verify.html", keys=here.keys.text, head=here.head(), now=here.now,
        ways=(*WAYS, fetch), asked=asked, missed=bool(asked), log_checks=_log_checks(),
    )  # fmt: skip


@pages.get("/keys.txt")
def keys() -> Response:
    """Return the public keys; whoever checks compares them with those got elsewhere."""
    return Response(source().keys.text, mimetype="text/plain")


def _log_checks() -> list[tuple[str, str, str]]:
    """Return the checks of the log by programs of others: key, commands, and whose they are."""
    return [
        (key, (FOREIGN / f"{key}.sh").read_text("utf-8").replace("{log}", request.url_root), whose)
        for key, whose in LOG_CHECKS
    ]


def _visible(told: str) -> UUID | None:
    """Return the record of that number if this viewer may see it."""
    try:
        record = UUID(told)
    except ValueError:
        return None
    with source().platform.read() as session:
        chain = chain_of(session, record)
        seen = disclosed(session, chain, record, viewer(wearer(), chain))
    return record if seen else None
