"""`/wall`: what a supervisor watches, live; `/orders`: what the department orders and is answered.

Everything here is what the wearer's own viewer may see now. Of a trade before CLOSE that is
nothing bid-side: the light says that bids can be taken, never whether any was.
"""

from __future__ import annotations

from flask import Blueprint, Response, abort, jsonify, render_template, request

from monitor.record.disclosure import timeline
from monitor.role import NOBODY, Role
from trading.desk.docket import docket
from trading.supervision.order import orders_for
from webui.page.office.wall import board, order
from webui.page.office.wall.feed import GROUPS, feed
from webui.page.view import source
from webui.page.view.away import signs
from webui.page.wearer import require
from webui.serve.live.watching import every
from webui.serve.state import OWN, Program

pages = Blueprint("wall", __name__)
pages.register_blueprint(order.pages)
WATCHERS = (Role.DEPARTMENT, Role.DISCIPLINE, Role.CENTRE)
LISTED = 500
RECEIVES = frozenset({*OWN, Program.VALKEY})
"""The programs without which a bid cannot be taken as it should: what the light is about."""


@pages.get("/wall")
def wall() -> str:
    """Show the wall; it reads whole without script, and moves by itself with it."""
    who, here = require(*WATCHERS), source()
    now, group, missed = here.now, request.args.get("who", ""), signs().away()
    with here.platform.read() as session:
        viewers = every(session, who.actor)
        names = {each.project: each.name for each in docket(session, who.actor, now, LISTED)}
        records = {chain: timeline(session, chain, one) for chain, one in viewers.items()}
        trades = {chain: one for chain, one in viewers.items() if chain != NOBODY}
        log = board.log(session, here)
        return render_template(
            "office/wall/wall.html", now=now, groups=GROUPS, names=names, log=log,
            group=group if group in GROUPS else "", missed=missed,
            troubled=any(each.name in RECEIVES for each in missed),
            feed=feed(records, names, log.head.size if log.head else 0),
            duties=board.duties(session, trades, records, names, now),
            orders=[each for each in orders_for(session, who.actor) if each.ended_at is None],
            sittings=board.sittings(session, records, now),
            draws=board.draws(session, trades, names), count=len(trades),
        )  # fmt: skip


@pages.get("/wall/frame")
def frame() -> Response:
    """Return the frame (after, size] of everything that the wearer watches; see the stream."""
    who, here = require(*WATCHERS), source()
    head = here.head()
    if head is None:
        abort(404)
    after = _size("after", "0", head.size)
    with here.platform.read() as session:
        viewers = every(session, who.actor)
    answer = jsonify(here.frames(viewers, after, head, _size("seen", str(after), head.size)))
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _size(name: str, default: str, most: int) -> int:
    told = request.args.get(name, default)
    if not (told.isascii() and told.isdecimal() and len(told) < 19 and int(told) <= most):
        abort(400)
    return int(told)
