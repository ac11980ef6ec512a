"""`/complaints`: a tenderer's own, and what was brought to a department, with its legal limits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, render_template

from bidding.hall.bidder import known_masks
from monitor.law.duty import Duty
from monitor.role import Role
from trading.desk.body import body_of
from trading.registration.party import found_organisation
from trading.registration.project import found_project
from trading.supervision.complaint.complaint import Complaint, State, complaints, owed_on
from webui.page.office.tender.stand import projects_in_cookies, proven_mask
from webui.page.view import source
from webui.page.wearer import Wearer, require

pages = Blueprint("complaint", __name__)
READERS = (Role.TENDERER, Role.DEPARTMENT)
MAY = {
    State.FILED: ("complaint.accept", "complaint.decline"),
    State.ACCEPTED: ("complaint.decide", "complaint.send_test", "project.suspend"),
}


@dataclass(frozen=True, slots=True)
class Limit:
    """Something owed on a complaint, as its reader sees it."""

    duty: Duty
    is_late: bool

    @property
    def rule(self) -> Any:
        """Return the rule of law."""
        return self.duty.rule

    @property
    def limit(self) -> Any:
        """Return the instant of the limit."""
        return self.duty.limit


@dataclass(frozen=True, slots=True)
class Line:
    """A complaint as its reader sees it; `may` says what they can do with it now."""

    row: Complaint
    trade: str
    code: str
    department: str
    complainant: str
    owed: tuple[Limit, ...]
    may: tuple[str, ...]


@pages.get("/complaints")
def all_complaints() -> str:
    """Show the complaints that the wearer may read, the open first."""
    who, here = require(*READERS), source()
    with here.platform.read() as session:
        lines = lines_for(session, who)
    return render_template(
        "office/wall/complaints.html", lines=lines, now=here.now, files=who.role is Role.TENDERER
    )


def lines_for(session: Any, who: Wearer) -> list[Line]:
    """Return every complaint that somebody may read, the open first."""
    now = source().now
    return [
        _line(session, who, row, now)
        for row in complaints(session, who.actor, now, _masks(session, who))
    ]


def _line(session: Any, who: Wearer, row: Complaint, now: Any) -> Line:
    trade = found_project(session, row.project)
    department, author = (
        body_of(session, org) if org else None for org in (row.addressed, row.org)
    )
    owed = tuple(Limit(duty, now > duty.limit.at) for duty in owed_on(session, row, now))
    return Line(
        row, trade.name, trade.code, department.name if department else "",
        author.name if author else str(row.mask), owed, _may(who, row),
    )  # fmt: skip


def _may(who: Wearer, row: Complaint) -> tuple[str, ...]:
    if who.role is Role.TENDERER:
        return ("complaint.withdraw",) if row.is_open else ()
    if row.testing_since is not None:
        return ("complaint.receive_test", "complaint.decide")
    return MAY.get(State(row.state), ())


def _masks(session: Any, who: Wearer) -> set[str]:
    """Return the pseudonyms that are proven to be a tenderer's own, here or by the trustees."""
    if who.role is not Role.TENDERER:
        return set()
    proven = {proven_mask(who, project) for project in projects_in_cookies()}
    unit = found_organisation(session, who.actor.org)
    return (proven | set(known_masks(session, unit.uscc).values())) - {""}
