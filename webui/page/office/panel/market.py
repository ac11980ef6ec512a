"""The market of agencies: `/agencies` for everybody, `/market/<project>` for its owner.

`/inspections` keeps a department's pools for double-random draws, brought by a sheet.
"""

from __future__ import annotations

import csv
import io
from uuid import UUID

from flask import Blueprint, Response, abort, render_template, request

from experts.pool.agency.agency import Service, found_agency
from experts.pool.agency.choice import (
    BEFORE_NOTICE,
    contests_open,
    offers_of,
    orders_of,
    own_offers,
)
from experts.pool.agency.credit import credit_file, standing
from experts.pool.agency.listing import agencies
from experts.pool.agency.rating import SERVED
from experts.pool.inspection import (
    COLUMNS,
    Kind,
    counts,
    import_subjects,
    pool_of,
    read_subjects,
)
from experts.pool.intake.sheet import MOST_BYTES
from monitor.refusal import Refusal
from monitor.role import Role
from trading.account.session import SignedOut
from trading.desk.docket import OVER, matter
from trading.registration.party import found_organisation
from webui.page.language import text
from webui.page.view import source
from webui.page.wearer import accounts, require, require_sent, wearer

pages = Blueprint("market", __name__)
SHOWN = 200


@pages.get("/agencies")
def everybody() -> str:
    """Show every agency with its showcase and how it stands, and the contests that are open."""
    here, asked, who = source(), _asked(), wearer()
    with here.platform.read() as session:
        rows = agencies(session, here.now, asked)
        mine = own_offers(session, who.actor.org) if who and who.role is Role.AGENCY else {}
        contests = [
            (each, matter(session, each.project, here.now))
            for each in contests_open(session, here.now)
        ]
    return render_template(
        "office/panel/agencies.html", rows=rows, contests=contests, now=here.now,
        who=who, mine=mine,
        kinds=[_tab("", "market.any", asked)]
        + [_tab(each.value, f"market.service.{each.value}", asked) for each in Service],
    )  # fmt: skip


@pages.get("/agencies.csv")
def names() -> Response:
    """Return the agencies that may be chosen now as the list that a draw is asked for with."""
    here, asked = source(), _asked()
    with here.platform.read() as session:
        rows = [each for each in agencies(session, here.now, asked) if each.state == "open"]
    return _list("agencies", [(f"{each.uscc} {each.name}", "", each.uscc, 1) for each in rows])


@pages.get("/agencies/<uuid:organisation>")
def one(organisation: UUID) -> str:
    """Show one agency with its whole credit file."""
    here = source()
    with here.platform.read() as session:
        row = found_agency(session, organisation)
        if row is None:
            abort(404)
        unit = found_organisation(session, organisation)
        told, lines = standing(session, organisation, here.now), credit_file(session, organisation)
        session.expunge_all()
    return render_template(
        "office/panel/agency.html", row=row, unit=unit, standing=told, lines=lines, now=here.now,
        mine=(who := wearer()) is not None and who.actor.org == organisation,
    )  # fmt: skip


@pages.get("/market/<uuid:project>")
def market(project: UUID) -> str:
    """Show an owner the ways to an agency, the free choice first, and what came of them."""
    require(Role.TENDEREE)
    here = source()
    with here.platform.read() as session:
        found = matter(session, project, here.now)
        if found is None:
            abort(404)
        orders = [
            (
                each,
                offers_of(session, each.id) if each.settled else (),
                _named(session, each.agency),
            )
            for each in orders_of(session, project)
        ]
        names = {
            offer.organisation: found_organisation(session, offer.organisation).name
            for _, offers, _ in orders
            for offer in offers
        }
        session.expunge_all()
    return render_template(
        "office/panel/market.html", matter=found, orders=orders, names=names, now=here.now,
        over=found.stage in OVER, announced=found.stage not in BEFORE_NOTICE,
        rates=found.stage in SERVED,
    )  # fmt: skip


@pages.get("/inspections")
def inspections() -> str:
    """Show a department its pools."""
    require(Role.DEPARTMENT)
    return _inspections()


@pages.post("/inspections")
def bring() -> Response:
    """Bring a sheet into a pool: good lines are taken, bad ones told by number and column."""
    request.max_content_length = MOST_BYTES + 64 * 1024
    who = require(Role.DEPARTMENT)
    try:
        require_sent(who)
        actor = accounts().gate.admit(who.token, import_subjects.name)
        kind = _kind(request.form.get("kind", ""))
        dropped = request.files.get("file")
        subjects, bad = read_subjects(dropped.read() if dropped else b"")
        taken = source().platform.perform(
            import_subjects, actor, None, kind=kind, subjects=subjects, refused=len(bad)
        )
    except SignedOut:
        abort(401)
    except Refusal as refusal:
        return Response(_inspections(errors=[refusal]), 422, mimetype="text/html")
    return Response(_inspections(taken=taken, bad=bad), mimetype="text/html")


@pages.get("/inspections/<kind>.csv")
def listed(kind: str) -> Response:
    """Return a pool as the list that a draw is asked for with (name, of, unit, weight)."""
    who, here = require(Role.DEPARTMENT), source()
    with here.platform.read() as session:
        rows = pool_of(session, who.actor.org, _kind(kind))
        lines = [(f"{each.code} {each.name}", kind, each.unit, each.weight) for each in rows]
    return _list(kind, lines)


def _list(name: str, lines: list[tuple[str, str, str, int]]) -> Response:
    """Return lines in the form that `draw.request_list` takes; none begins a formula."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(("name", "of", "unit", "weight"))
    for told, of, unit, weight in lines:
        writer.writerow((_plain(told), of, _plain(unit), weight))
    response = Response("\ufeff" + out.getvalue(), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


def _plain(told: str) -> str:
    """Return text that a spreadsheet takes for text."""
    return f"'{told}" if told[:1] in "=+-@" and told else told


def _inspections(
    errors: list[Refusal] | None = None, taken: int | None = None, bad: object = ()
) -> str:
    who, here = require(Role.DEPARTMENT), source()
    with here.platform.read() as session:
        numbers = counts(session, who.actor.org)
        rows = {kind: pool_of(session, who.actor.org, kind, 10) for kind in Kind}
        session.expunge_all()
    return render_template(
        "office/panel/inspections.html", numbers=numbers, rows=rows, errors=errors or [],
        taken=taken, bad=list(bad)[:SHOWN],  # type: ignore[call-overload]
        headings={name: told[0] for name, told in COLUMNS.items()}, now=here.now,
    )  # fmt: skip


def _kind(told: str) -> Kind:
    if told not in set(Kind):
        abort(404)
    return Kind(told)


def _named(session: object, organisation: UUID | None) -> str:
    return "" if organisation is None else found_organisation(session, organisation).name  # type: ignore[arg-type]


def _tab(service: str, words: str, asked: str) -> dict[str, object]:
    """Return the tab that shows the agencies of a service."""
    href = f"/agencies?service={service}" if service else "/agencies"
    return {"words": text(words), "href": href, "current": asked == service}


def _asked() -> str:
    """Return the service whose agencies are asked for; "" for all, and for one that is none."""
    told = request.args.get("service", "")
    return told if told in {each.value for each in Service} else ""
