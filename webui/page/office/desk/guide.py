"""`/guide`: the nine steps by which a newcomer plays one trade of a demo alone."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, abort, render_template

from bidding.hall.sheet import sheet as read_sheet
from monitor.law.rule import load as load_rules
from monitor.law.workday import local_date
from monitor.record.disclosure import VISITOR, timeline
from monitor.role import SYSTEM, Role
from trading.desk.docket import OVER, Matter, docket
from trading.registration.stage import ORDER, Stage
from webui.course.fact import Facts, acts_of
from webui.course.guide import Board, Own, lessons
from webui.page.answer import cookie
from webui.page.office.tender.stand import stand_of
from webui.page.office.tender.way import State, way_of
from webui.page.view import source
from webui.page.wearer import wearer

pages = Blueprint("guide", __name__)
KEPT = 30  # days
MOST = 20


@pages.get("/guide")
def guide() -> Response:
    """Show the nine steps of the newest trade that is not opened yet."""
    here = source()
    if not here.demo:
        abort(404)
    found = played()
    own = Own() if found is None else own_steps(found.project)
    board = None if found is None else read_board(found, own)
    page = render_template(
        "office/desk/guide.html", board=board, matter=found, now=here.now,
        lessons=lessons(board) if board else [],
    )  # fmt: skip
    response = Response(page, mimetype="text/html")
    response.headers["Cache-Control"] = "no-store"
    if found is not None:
        cookie.write(response, _name(found.project), _written(own), KEPT)
    return response


def played() -> Matter | None:
    """Return the trade that the guide is about: the newest that is not opened, else the newest."""
    here = source()
    with here.platform.read() as session:
        found = docket(session, SYSTEM, here.now, MOST)
    before = [each for each in found if not _is_opened(each)]
    return next(iter(before or found), None)


def read_board(found: Matter, own: Own) -> Board:
    """Return what the guide is worked out from: what anybody may see, and the hall's counts."""
    here = source()
    now = here.now
    with here.platform.read() as session:
        acts = acts_of(timeline(session, found.project, VISITOR))
        sheet = read_sheet(session, found.project, found.lots[0].id, now)
    rules = load_rules().applying(found.category, local_date(now))
    return Board(Facts(found, now, rules, acts), sheet, own)


def own_steps(project: UUID) -> Own:
    """Return what this browser knows of its own bid: before CLOSE nobody else may know it."""
    told = cookie.read(_name(project))
    kept = Own("j" in told, "p" in told, "s" in told)
    who = wearer()
    if who is None or who.role is not Role.TENDERER:
        return kept
    return seen(project) or kept


def seen(project: UUID) -> Own | None:
    """Return how far the tenderer who looks has come in a trade, by its proven pseudonym."""
    who = wearer()
    stand = stand_of(source(), who, project) if who else None
    if stand is None:
        return None
    done = {step.name for step in way_of(stand, source().now).steps if step.state is State.DONE}
    return Own("join" in done, "deposit" in done, "seal" in done)


def _is_opened(each: Matter) -> bool:
    return each.stage in OVER or ORDER.index(each.stage) >= ORDER.index(Stage.OPENED)


def _name(project: UUID) -> str:
    return f"guide-{project.hex[:12]}"


def _written(own: Own) -> str:
    return (
        "".join(
            mark for mark, done in zip("jps", (own.joined, own.paid, own.sent), strict=True) if done
        )
        or "-"
    )
