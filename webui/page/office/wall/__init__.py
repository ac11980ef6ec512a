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
from monitor.work.due import stuck_work
from trading.desk.body import standing_bodies
from trading.desk.docket import docket
from trading.registration.catalogue import load
from trading.registration.stage import ORDER
from trading.supervision.card.card import cards_for
from trading.supervision.order import orders_for
from webui.page.office.wall import board, card, case, complaint, efficiency, order, outage, promise
from webui.page.office.wall.feed import GROUPS, feed
from webui.page.office.wall.glance import at_glance
from webui.page.office.wall.series import begun
from webui.page.query import Query
from webui.page.view import source
from webui.page.view.away import signs
from webui.page.wearer import require
from webui.serve.live.asking import CHOSEN
from webui.serve.live.choice import Choice, choice
from webui.serve.live.watching import every, narrowed
from webui.serve.state import OWN, Program

pages = Blueprint("wall", __name__)
pages.register_blueprint(order.pages)
pages.register_blueprint(card.pages)
pages.register_blueprint(case.pages)
pages.register_blueprint(complaint.pages)
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
    group, (chosen, wrong) = asked if asked in GROUPS else "", _narrowing()
    told = {} if wrong else {name: request.args[name] for name in CHOSEN if request.args.get(name)}
    with here.platform.read() as session:
        whole = every(session, who.actor)
        viewers = narrowed(session, whole, chosen, now)
        listed = docket(session, who.actor, now, LISTED)
        matters = [each for each in listed if each.project in viewers]
        names = {each.project: each.name for each in matters}
        records = timelines(session, viewers)
        trades = {chain: one for chain, one in viewers.items() if chain != NOBODY}
        log, policy = board.log(session, here), here.keys.policy
        return render_template(
            "office/wall/wall.html", now=now, groups=GROUPS, names=names, log=log,
            missed=missed,
            troubled=any(each.name in RECEIVES for each in missed),
            glance=at_glance(
                here, log, matters, cards_for(session, who.actor, trades), records,
                witnessed_since(
                    session, begun(now), board.names(policy), board.needed(policy.quorum)
                ), now,
            ),
            feed=feed(records, names, log.head.size if log.head else 0, group, told),
            wrong=wrong, stages=ORDER, categories=load().categories,
            bodies=standing_bodies(session, whole, (Role.TENDEREE, Role.AGENCY)),
            duties=board.duties(session, trades, records, names, now),
            orders=[
                each for each in orders_for(session, who.actor)
                if each.ended_at is None and each.project in trades
            ],
            sittings=board.sittings(session, records, now),
            draws=board.draws(session, trades, names), count=len(trades),
            silent=seat.away(session, trades, now), stuck=len(stuck_work(session)),
        )  # fmt: skip


def _narrowing() -> tuple[Choice, str]:
    """Return which trades are chosen, and what is wrong with the choice: then all are shown."""
    asked = {name: request.args.getlist(name) for name in CHOSEN if request.args.get(name)}
    try:
        return choice(asked), ""
    except Invalid as wrong:
        return Choice(), wrong.message


@pages.get("/wall/frame")
def frame() -> Response:
    """Return the frame (after, size] of what the wearer watches and chooses; see the stream."""
    who, here = require(*WATCHERS), source()
    head = here.head()
    if head is None:
        abort(404)
    query = Query()
    after = query.whole("after", 0, 0, head.size)
    seen = query.whole("seen", after, 0, head.size)
    query.require()
    try:
        chosen = choice(request.args.to_dict(flat=False))
    except Invalid as wrong:
        abort(400, wrong.message)
    with here.platform.read() as session:
        viewers = narrowed(session, every(session, who.actor), chosen, here.now)
    answer = jsonify(here.frames(viewers, after, head, seen, keeps=chosen.keeps))
    answer.headers["Cache-Control"] = "no-store"
    return answer
