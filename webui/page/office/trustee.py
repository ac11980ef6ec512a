"""`/trustee`: what a trustee is asked, what its program does, whether it is away and what then."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from flask import Blueprint, Response, abort, render_template, request

from bidding.hall.asked import OPEN, Ask, State, Trust, asks, trusts
from bidding.hall.preparation.readiness import open_tests
from bidding.hall.succession.asked import live, undealt, wanted
from experts.escrow.opening import openings_asked
from experts.escrow.wanted import keys_asked
from monitor.role import Role
from webui.api.presence import presence
from webui.page.language import known, text
from webui.page.show import moment
from webui.page.view import source
from webui.page.wearer import require

pages = Blueprint("trustee_desk", __name__)
TONES = {
    State.ASKED: "run",
    State.CLOSE_UNWITNESSED: "warn",
    State.ANSWER_UNWITNESSED: "open",
    State.ENOUGH: "ok",
    State.OVER: "ok",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One answer that is or was asked, as this trustee sees it."""

    ask: Ask
    seat: int | None

    @property
    def given(self) -> bool:
        """Tell whether this seat has answered."""
        return self.seat in [answer.seat for answer in self.ask.answers]

    @property
    def open(self) -> bool:
        """Tell whether it is still asked of this seat."""
        return self.ask.state in OPEN and not self.given

    @property
    def asked(self) -> bool:
        """Tell whether this seat may answer now."""
        return self.open and self.ask.state is State.ASKED

    @property
    def tone(self) -> str:
        """Return the colour of its state."""
        return TONES.get(self.ask.state, "open")

    @property
    def state(self) -> str:
        """Say its state."""
        until = moment(self.ask.until) if self.ask.until else ""
        return text(f"trustee.is.{self.ask.state.value}", None, until=until)

    @property
    def why(self) -> str:
        """Say why it waits, if there is more to say."""
        key = f"trustee.why.{self.ask.state.value}"
        return text(key) if known(key) else ""


@pages.get("/trustee")
def desk() -> Response:
    """Show a trustee everything that is asked of it, and how its own program is."""
    who, here = require(Role.TRUSTEE), source()
    with here.platform.read() as session:
        trades = trusts(session, who.actor)
        lines = lines_of(asks(session, who.actor.org, here.now), trades)
        tests = open_tests(session, who.actor.org, here.now)
        shares = openings_asked(session, who.actor.person, here.now)
        projects = live(session, who.actor.org)
        steps = wanted(session, who.actor, projects)
        keys = undealt(session, who.actor.org, projects)
        vrf_keys = keys_asked(session, who.actor.person, here.now)
    machines = presence()
    doing = f"trustee.doing.{machines.doing(who.actor.person)}"
    page = render_template(
        "office/trustee.html", now=here.now, trades=trades, lines=lines, tests=tests,
        shares=shares, steps=steps, keys=keys, vrf_keys=vrf_keys,
        names={trade.project: trade.name for trade in trades},
        waiting=sum(line.open for line in lines) + len(tests) + len(shares) + len(steps)
        + len(vrf_keys),
        present=machines.here(who.actor.person),
        doing=doing if known(doing) else "trustee.doing.none", account=who.office.account,
        url=request.url_root.rstrip("/"), checks=("keys", "close", "time", "set", "once"),
    )  # fmt: skip
    response = Response(page, mimetype="text/html")
    response.headers["Cache-Control"] = "no-store"
    return response


@pages.get("/trustee/test/<uuid:test>.age")
def challenge(test: UUID) -> Response:
    """Return the sealed text of one's own open test, for a machine without a network."""
    who, here = require(Role.TRUSTEE), source()
    with here.platform.read() as session:
        rows = open_tests(session, who.actor.org, here.now)
    found = next((row for row in rows if row.id == test), None)
    if found is None:
        abort(404)
    response = Response(found.challenge, mimetype="application/octet-stream")
    response.headers.set("Content-Disposition", "attachment", filename=f"test-{found.seat}.age")
    response.headers["Cache-Control"] = "no-store"
    return response


@pages.get("/trustee/agree/<digest>.json")
def agreement(digest: str) -> Response:
    """Return what one's own person is to agree to: a set of trustees, or a successor's word."""
    who, here = require(Role.TRUSTEE), source()
    with here.platform.read() as session:
        projects = live(session, who.actor.org)
        steps = wanted(session, who.actor, projects)
        found = {each.digest: each.trustees for each in undealt(session, who.actor.org, projects)}
    found |= {each.row.accepted.digest: each.row.acceptance for each in steps}
    if digest not in found:
        abort(404)
    response = Response(found[digest], mimetype="application/json")
    response.headers.set("Content-Disposition", "attachment", filename=f"{digest[:16]}.json")
    response.headers["Cache-Control"] = "no-store"
    return response


def lines_of(found: list[Ask], trades: list[Trust]) -> list[Line]:
    """Return what is or was asked as the trustee of these trades sees it, the open ones first."""
    seats: dict[UUID, int | None] = {trade.project: trade.seat for trade in trades}
    lines = [Line(ask, seats[ask.project]) for ask in found]
    return sorted(lines, key=lambda line: not line.open)
