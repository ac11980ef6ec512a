"""`/cases`: what was referred and what discipline has taken up; nobody of the centre comes here."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, abort, render_template

from monitor.record.standing import stands_in
from monitor.role import Role
from trading.desk.docket import docket
from trading.registration.project import found_project
from trading.supervision.card.dossier import TAKE, dossier_of
from trading.supervision.case import cases, entries, referrals
from trading.supervision.tip import readers, tips, tips_of
from webui.page.answer.attachment import attached
from webui.page.answer.look import has_taken, to_be_taken
from webui.page.view import source
from webui.page.wearer import require

pages = Blueprint("case", __name__)
READERS = (Role.DISCIPLINE, Role.DEPARTMENT)
LISTED = 500


@pages.get("/cases")
def all_cases() -> str:
    """Show the referrals and the cases that the wearer may read."""
    who, here = require(*READERS), source()
    with here.platform.read() as session:
        found, referred = cases(session, who.actor), referrals(session, who.actor)
        waiting, begun = tips(session, who.actor), tips_of(session, found)
        named = {row.project for row in found} | {row.project for row in referred}
        named |= {row.project for row in waiting}
        trades = docket(session, who.actor, here.now, LISTED)
        return render_template(
            "office/wall/cases.html", cases=found, entries=entries(session, found),
            referrals=referred, names={one: found_project(session, one).name for one in named},
            tips=waiting, readers=readers(session, [*waiting, *begun.values()]),
            me=who.actor.person, begun=begun,
            trades=trades if who.role is Role.DISCIPLINE else [],
            takes_up=who.role is Role.DISCIPLINE,
        )  # fmt: skip


@pages.get("/cards/<uuid:project>/file/<uuid:dossier>")
def case_file(project: UUID, dossier: UUID) -> Response:
    """Return a card's case file as PDF, to whoever has just put on record that they take it."""
    who, here = require(*READERS), source()
    with here.platform.read() as session:
        found = dossier_of(session, project, dossier)
        if found is None or found[0].blob is None or not found[0].is_for(who.role):
            abort(404)
        if not stands_in(session, who.actor, project):
            abort(404)
        blob = found[0].blob
    take = TAKE[who.role].name
    if not has_taken(who, take, dossier):
        return to_be_taken(take, project, dossier=dossier)
    return attached(here.store.get(blob), "application/pdf", f"{dossier}.pdf")
