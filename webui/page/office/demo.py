"""The demo bar: what passes for time and for other people in a demo folder, and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from flask import Blueprint, Response, abort, request

from bidding.hall.asked import windows
from bidding.identity import transfer
from monitor.law.workday import SHANGHAI
from monitor.record.demo import advance, seen
from monitor.refusal import Conflict, Refusal, TooEarly
from monitor.role import SYSTEM, Role
from trading.account.door import Attempt
from trading.account.office.roll import Office, roll
from trading.fee.deposit import receive
from trading.moment import Coming, coming
from webui.api.problem import body, refused
from webui.course.guide import NEWCOMER
from webui.demo.account import PASSWORD
from webui.page.answer import cookie
from webui.page.answer.redirection import local, to
from webui.page.answer.trouble import problem
from webui.page.language import text
from webui.page.office.account import enter, label, origin
from webui.page.office.desk.guide import keep, own_now, played
from webui.page.office.panel.draw import settled
from webui.page.show import moment as shown
from webui.page.view import source
from webui.page.wearer import accounts, require, wearer
from webui.serve.progress import Phase, read_progress

pages = Blueprint("demo", __name__)


@pages.before_request
def only_demo() -> None:
    """Refuse a real folder, and a form that another site made."""
    if not source().demo:
        abort(404)
    if request.method == "POST" and not _own_form():
        abort(400)


@pages.post("/demo/advance")
def move() -> Response:
    """Let demo time pass up to a moment (Beijing time), never back.

    A draw whose machines are exchanging their shares is let finish that first: it takes seconds.
    """
    _require_filled()
    back = local(request.form.get("next", "/"))
    try:
        told = datetime.fromisoformat(request.form.get("to", ""))
        moment = told if told.tzinfo else told.replace(tzinfo=SHANGHAI)
        moment = moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return problem(400, "", text("demo.no_time"), back)
    here = source()
    if (waiting := settled()) is not None:
        return to(f"/draw/{waiting}")
    try:
        here.platform.perform(advance, SYSTEM, None, to=moment)
    except TooEarly:
        words = text("demo.past", now=shown(here.now), to=shown(moment))
        return problem(400, "", words, back)
    return to(back)


@pages.post("/demo/act-as")
def act_as() -> Response:
    """Sign in as one of the demo's people, by the password that everybody may know."""
    _require_filled()
    told = request.form
    there = to(local(told.get("next", "/tasks")))
    who = wearer()
    if who is not None and who.office.account == told.get("account"):
        return there  # a new session would ask for the bid key again
    trade = played() if who is not None and who.office.account == NEWCOMER else None
    own = own_now(trade.project) if trade else None
    try:
        entrance = accounts().door.sign_in(
            Attempt(told.get("account", ""), PASSWORD, label=label(), held=cookie.read("session")),
            origin(),
        )
    except Refusal:
        abort(400)
    response = enter(entrance, there)
    if trade is not None and own is not None:
        keep(response, trade.project, own)
    return response


@pages.post("/demo/pay")
def pay() -> Response:
    """Have the stand-in bank report that whoever is signed in has paid into a sub-account.

    A real bank's statement is read by the centre; the payer is sealed to the trustees either way.
    """
    who, here = require(Role.TENDERER), source()
    told: Mapping[str, Any] = request.form
    if request.is_json:
        told = body()
    try:
        project, number = UUID(str(told["project"])), str(told["number"])
        with here.platform.read() as session:
            came = transfer(session, project, number, who.actor.org, here.now)
        here.platform.perform(receive, SYSTEM, project, **came)
    except (KeyError, TypeError, ValueError):
        abort(400)
    except Refusal as refusal:
        if request.is_json:
            return refused(refusal)
        raise
    return Response(status=204) if request.is_json else to(local(told.get("next", "/bids")))


@dataclass(frozen=True, slots=True)
class Shown:
    """What every page of a demo shows: whom one may act as, and moments worth going to."""

    snapshot: str
    second: datetime
    people: tuple[Office, ...]
    moments: tuple[Coming, ...]


class Bar:
    """Reads what is shown again only once something has changed.

    One snapshot of the database shows one thing; a new one may show the same, and costs a reading.
    """

    def __init__(self) -> None:
        self._last: Shown | None = None

    def people(self) -> tuple[Office, ...]:
        """Return whom one may act as; of a pool's hundreds each signs in by the own number."""
        return self._shown().people

    def moments(self) -> tuple[Coming, ...]:
        """Return the next moments worth going to, the nearest first."""
        return self._shown().moments

    def _shown(self) -> Shown:
        here, last = source(), self._last
        now = here.now
        second = now.replace(microsecond=0)  # a demo's clock ticks by itself within one moment
        with here.platform.read() as session:
            snapshot = seen(session)
            if last is not None and (last.snapshot, last.second) == (snapshot, second):
                return last
            ends = [Coming("window", *each) for each in windows(session, now)]
            moments = sorted([*coming(session, now), *ends], key=lambda each: each.at)
            people = roll(session, now, without=Role.EXPERT)
        self._last = Shown(snapshot, second, tuple(people), tuple(moments))
        return self._last


def _require_filled() -> None:
    """Refuse to meddle with the story that fills the folder: it tells its own time and people."""
    if read_progress(source().settings).phase is Phase.FILLING:
        raise Conflict(
            "演示数据正在生成，约一两分钟后完成；此前不能推进时间或换人 / the demo data is "
            "being filled: for a minute or two time and people are the story's own"
        )


def _own_form() -> bool:
    """Tell whether a page of this very host sent the form, or a program with its own token."""
    if request.headers.get("Authorization"):
        return True  # no page elsewhere can send one
    told = request.headers.get("Origin", "")
    return urlsplit(told).netloc == request.host and bool(told)
