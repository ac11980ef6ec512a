"""`/wall`: what a supervisor watches, live; `/orders`: what the department orders and is answered.

Everything here is what the wearer's own viewer may see now. Of a trade before CLOSE that is
nothing bid-side: the light says that bids can be taken, never whether any was.
"""

from __future__ import annotations

from flask import Blueprint, Response, abort, jsonify, render_template, request

from bidding.hall.preparation import seat
from monitor.log.head import witnessed_since
from monitor.record.disclosure import timelines
from monitor.refusal import Invalid
from monitor.role import NOBODY, Role
from trading.desk.docket import docket
from trading.supervision.card.card import cards_for
from trading.supervision.order import orders_for
from webui.page.office.wall import board, card, case, efficiency, order, outage, promise
from webui.page.office.wall.feed import GROUPS, feed
from webui.page.office.wall.glance import at_glance
from webui.page.office.wall.series import begun
from webui.page.view import source
from webui.page.view.away import signs
from webui.page.wearer import require
from webui.serve.live.choice import choice
from webui.serve.live.watching import at_stages, every
from webui.serve.state import OWN, Program

pages = Blueprint("wall", __name__)
pages.register_blueprint(order.pages)
pages.register_blueprint(card.pages)
pages.register_blueprint(case.pages)
pages.register_blueprint(efficiency.pages)
pages.register_blueprint(outage.pages)
pages.register_blueprint(promise.pages)
WATCHERS = (Role.DEPARTMENT, Role.DISCIPLINE, Role.CENTRE)
LISTED = 500
RECEIVES = frozenset({*OWN, Program.VALKEY})
"""The programs without which a bid cannot be taken as it should: what the light is about."""


@pages.get("/wall")
def wall() -> str:
    """Show the wall; it reads whole without script, and moves by itself with it."""
    who, here = require(*WATCHERS), source()
    now, asked, missed = here.now, request.args.get("who", ""), signs().away()
    group = asked if asked in GROUPS else ""
    with here.platform.read() as session:
        viewers = every(session, who.actor)
        matters = docket(session, who.actor, now, LISTED)
        names = {each.project: each.name for each in matters}
        records = timelines(session, viewers)
        trades = {chain: one for chain, one in viewers.items() if chain != NOBODY}
        log = board.log(session, here)
        return render_template(
            "office/wall/wall.html", now=now, groups=GROUPS, names=names, log=log,
            missed=missed,
            troubled=any(each.name in RECEIVES for each in missed),
            glance=at_glance(
                here, log, matters, cards_for(session, who.actor, trades), records,
                witnessed_since(session, begun(now), log.quorum), now,
            ),
            feed=feed(records, names, log.head.size if log.head else 0, group),
            duties=board.duties(session, trades, records, names, now),
            orders=[each for each in orders_for(session, who.actor) if each.ended_at is None],
            sittings=board.sittings(session, records, now),
            draws=board.draws(session, trades, names), count=len(trades),
            silent=seat.away(session, trades, now),
        )  # fmt: skip


@pages.get("/wall/frame")
def frame() -> Response:
    """Return the frame (after, size] of what the wearer watches and chooses; see the stream."""
    who, here = require(*WATCHERS), source()
    head = here.head()
    if head is None:
        abort(404)
    after = _size("after", "0", head.size)
    try:
        chosen = choice(request.args.to_dict(flat=False))
    except Invalid as wrong:
        abort(400, wrong.message)
    with here.platform.read() as session:
        viewers = at_stages(session, every(session, who.actor), chosen, here.now)
    seen = _size("seen", str(after), head.size)
    answer = jsonify(here.frames(viewers, after, head, seen, keeps=chosen.keeps))
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _size(name: str, default: str, most: int) -> int:
    told = request.args.get(name, default)
    if not (told.isascii() and told.isdecimal() and len(told) < 19 and int(told) <= most):
        abort(400)
    return int(told)
