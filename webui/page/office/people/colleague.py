"""`/colleagues`: who sits in one's own sealed office, and who would be put there."""

from __future__ import annotations

from flask import Blueprint, Response

from monitor.role import SEALED_ROLES
from trading.account.office.candidacy import holders, waiting_for
from trading.registration.directory import Known, person_known
from webui.page.office.people.listing import private
from webui.page.view import source
from webui.page.wearer import Wearer, require

pages = Blueprint("colleague", __name__)
COLLEAGUES = "/colleagues"


@pages.get(COLLEAGUES)
def office() -> Response:
    """Show candidates to confirm or refuse, and the colleagues with their accounts."""
    who, here = require(*SEALED_ROLES), source()
    with here.platform.read() as session:
        asked = waiting_for(session, who.actor, here.now)
        there = holders(session, who.role, who.actor.org, here.now)
        known = {
            each: person_known(session, each, here.now)
            for each in {*there, *(row.person for row in asked)}
        }
        return private(
            "office/people/colleagues.html", asked=asked, known=known, me=who.actor.person,
            colleagues=[known[each] for each in dict.fromkeys(there)],
        )  # fmt: skip


def is_colleague(who: Wearer, person: Known) -> bool:
    """Tell whether somebody sits in the wearer's own office."""
    return (who.role, who.actor.org) in {(each.role, each.org) for each in person.offices}
