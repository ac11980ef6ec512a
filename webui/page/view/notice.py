"""`/`: notices by name, code and stage; today's openings."""

from __future__ import annotations

from datetime import datetime, time
from itertools import islice
from urllib.parse import urlencode

from flask import Blueprint, render_template

from monitor.law.workday import ONE_DAY, SHANGHAI, local_date
from trading import board
from trading.registration.stage import Stage
from webui.page.language import text
from webui.page.query import Query
from webui.page.view import source

pages = Blueprint("notice", __name__)
PAGE = 20
SHOWN = (
    Stage.ANNOUNCED, Stage.BIDDING, Stage.CLOSED, Stage.OPENED, Stage.EVALUATED, Stage.CANDIDATES,
    Stage.AWARDED, Stage.CONTRACTED, Stage.ARCHIVED, Stage.FAILED, Stage.SUSPENDED,
    Stage.TERMINATED,
)  # fmt: skip


@pages.get("/")
def home() -> str:
    """Show the board."""
    here, query = source(), Query()
    words, wanted, number = query.words(), query.chosen("stage", SHOWN), query.page()
    now = here.now
    today = datetime.combine(local_date(now), time(), SHANGHAI)
    with here.platform.read() as session:
        found = board.search(session, now, words, wanted)
        rows = list(islice(found, (number - 1) * PAGE, number * PAGE + 1))
        due = board.openings_between(session, now, today, today + ONE_DAY)
        coming = None if due else board.next_opening(session, now)
    return render_template(
        "public/home.html", rows=rows[:PAGE], more=len(rows) > PAGE, page=number, q=words,
        wanted=wanted, stages=SHOWN, due=due, coming=coming, now=now, active=_active(words, wanted),
        next_page=address(words, wanted) + ("&" if words or wanted else "?") + "page=",
        query=query,
    )  # fmt: skip


def address(words: str, wanted: Stage | None) -> str:
    """Return the permanent address of a search."""
    told = {"q": words, "stage": wanted.value if wanted else ""}
    kept = {name: value for name, value in told.items() if value}
    return f"/?{urlencode(kept)}" if kept else "/"


def _active(words: str, wanted: Stage | None) -> list[dict[str, str]]:
    """Return the filters that hold, each with the address of the search without it."""
    found = []
    if words:
        found.append({"words": text("home.with_words", q=words), "href": address("", wanted)})
    if wanted:
        name = text("home.at_stage", stage=text(f"stage.{wanted.value}"))
        found.append({"words": name, "href": address(words, None)})
    return found
