"""`/guide`: the nine steps by which a newcomer plays one trade of a demo alone."""

from __future__ import annotations

from dataclasses import astuple
from uuid import UUID

from flask import Blueprint, Response, abort, render_template

from bidding.hall.sheet import sheet as read_sheet
from monitor.law.rule import load as load_rules
from monitor.law.workday import local_date
from monitor.record.disclosure import VISITOR, timeline
from monitor.role import SYSTEM
from trading.desk.docket import OVER, Matter, docket
from trading.desk.room import held
from trading.registration.stage import ORDER, Stage
from trading.venue.room import Purpose
from webui.course.fact import Facts, acts_of
from webui.course.guide import NEWCOMER, Board, Lesson, Own, lessons
from webui.demo.plan import fiction
from webui.page.answer import cookie
from webui.page.office.tender.stand import stand_of
from webui.page.office.tender.way import State, way_of
from webui.page.view import source
from webui.page.wearer import wearer
from webui.serve.progress import Phase, read_progress

pages = Blueprint("guide", __name__)
OPENING = Purpose.OPENING
KEPT = 30  # days
MOST = 20
MARKS = "jpscr"
"""What this browser keeps of its own bid, a letter a step, in the order of Own."""


@pages.get("/guide")
def guide() -> Response:
    """Show the nine steps of the trade that is left to the newcomer."""
    here = source()
    if not here.demo:
        abort(404)
    found = played()
    own = Own() if found is None else own_steps(found.project)
    board = None if found is None else read_board(found, own)
    page = render_template(
        "office/desk/guide.html", board=board, matter=found, now=here.now,
        lessons=lessons(board) if board else [], failed=board is not None and board.failed,
    )  # fmt: skip
    response = Response(page, mimetype="text/html")
    response.headers["Cache-Control"] = "no-store"
    if found is not None:
        keep(response, found.project, own)
    return response


def played() -> Matter | None:
    """Return the trade that the guide is about: the newest that is not opened, else the newest.

    The story that fills the folder is nobody's to play; until it is told there is none.
    """
    here = source()
    if read_progress(here.settings).phase is Phase.FILLING:
        return None
    with here.platform.read() as session:
        rows = docket(session, SYSTEM, here.now, MOST)
    found = [each for each in rows if each.code != fiction().code]
    before = [each for each in found if not _is_opened(each)]
    return next(iter(before or found), None)


def read_board(found: Matter, own: Own) -> Board:
    """Return what the guide is worked out from: what anybody may see, and the hall's counts."""
    here = source()
    now = here.now
    with here.platform.read() as session:
        acts = acts_of(timeline(session, found.project, VISITOR))
        rooms = tuple(each for each in held(session, found.project) if each.purpose is OPENING)
        sheet = read_sheet(session, found.project, found.lots[0].id, now)
    rules = load_rules().applying(found.category, local_date(now))
    return Board(Facts(found, now, rules, acts, rooms=rooms), sheet, own)


def own_steps(project: UUID) -> Own:
    """Return what this browser knows of its own bid: before CLOSE nobody else may know it."""
    told = cookie.read(_name(project))
    return own_now(project) or Own(*(mark in told for mark in MARKS))


def own_now(project: UUID) -> Own | None:
    """Return how far the newcomer who looks has come in a trade, by its proven pseudonym."""
    who = wearer()
    if who is None or who.office.account != NEWCOMER:
        return None
    stand = stand_of(source(), who, project)
    if stand is None or stand.own is None:
        return None  # the key is not proven in this session: what the browser keeps still holds
    done = {step.name for step in way_of(stand, source().now).steps if step.state is State.DONE}
    check = stand.done("check_seal")
    checked = check is not None and check.body["actor"]["id"] in {stand.mask, str(who.actor.person)}
    return Own("join" in done, "deposit" in done, "seal" in done, checked, stand.own.released)


def keep(response: Response, project: UUID, own: Own) -> None:
    """Let this browser remember its own steps, whoever it acts as next."""
    told = (mark for mark, done in zip(MARKS, astuple(own), strict=True) if done)
    cookie.write(response, _name(project), "".join(told) or "-", KEPT)


def lesson_of(project: UUID) -> Lesson | None:
    """Return where the guide stands, if this is its trade and it goes on."""
    found = played()
    if found is None or found.project != project:
        return None
    board = read_board(found, own_steps(project))
    steps = lessons(board)
    now = next((each for each in steps if each.state == "now"), steps[-1])
    return None if board.failed else now


def owes_key(project: UUID) -> bool:
    """Tell whether this browser sealed a bid of its own and has not handed over its key."""
    own = own_steps(project)
    return own.sent and not own.released


def _is_opened(each: Matter) -> bool:
    return each.stage in OVER or ORDER.index(each.stage) >= ORDER.index(Stage.OPENED)


def _name(project: UUID) -> str:
    return f"guide-{project.hex[:12]}"
