"""`/people`, `/people/organisations`, `/people/<person>`: searched, fifty a page; one person."""

from __future__ import annotations

from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, Response, abort, render_template

from monitor.role import SEALED_ROLES, Role
from trading.account.office.candidacy import candidacies
from trading.desk.body import body_of
from trading.registration.directory import Known, organisations, people, person_known
from trading.registration.party import OFFICES, Kind
from webui.page.language import text
from webui.page.query import Query
from webui.page.view import source
from webui.page.wearer import Wearer, require

pages = Blueprint("directory", __name__)
ROLES = tuple(role for role in Role if any(role in offices for offices in OFFICES.values()))
PEOPLE, ORGANISATIONS = "/people", "/people/organisations"


@pages.get("/people")
def everybody() -> Response:
    """Show people with their offices and accounts."""
    require(Role.ADMINISTRATOR)
    here, query = source(), Query()
    words, role, page = query.words(), query.chosen("role", tuple(Role)), query.page()
    with here.platform.read() as session:
        sheet = people(session, here.now, words, role, page)
    told = {"q": words, "role": role.value if role else ""}
    active = _active(PEOPLE, told, {"role": text(f"role.{role.value}") if role else ""})
    return private(
        "office/people/people.html", sheet=sheet, page=page, q=words, role=role, roles=ROLES,
        active=active, next_page=_address(PEOPLE, told, page=""), query=query,
    )  # fmt: skip


@pages.get("/people/organisations")
def units() -> Response:
    """Show organisations with how many people they have."""
    require(Role.ADMINISTRATOR)
    here, query = source(), Query()
    words, kind, page = query.words(), query.chosen("kind", tuple(Kind)), query.page()
    with here.platform.read() as session:
        sheet = organisations(session, here.now, words, kind, page)
    told = {"q": words, "kind": kind.value if kind else ""}
    active = _active(ORGANISATIONS, told, {"kind": text(f"people.kind.{kind}") if kind else ""})
    return private(
        "office/people/organisations.html", sheet=sheet, page=page, q=words, kind=kind,
        kinds=tuple(Kind), active=active, next_page=_address(ORGANISATIONS, told, page=""),
        query=query,
    )  # fmt: skip


@pages.get("/people/<uuid:person>")
def one(person: UUID) -> Response:
    """Show one person, and what comes next for them."""
    who = require(Role.ADMINISTRATOR)
    found, here = known_person(person), source()
    with here.platform.read() as session:
        asked = [
            (Role(each.role), body_of(session, each.org), each, each.state_at(here.now))
            for each in candidacies(session, person)
        ]
        return private(
            "office/people/person.html", whom=found, own=is_own(who, found),
            asked=asked, sealed=any(each.role in SEALED_ROLES for each in found.offices),
        )  # fmt: skip


def known_person(person: UUID) -> Known:
    """Return the person of an address; 404 for nobody."""
    here = source()
    with here.platform.read() as session:
        found = person_known(session, person, here.now)
    if found is None:
        abort(404)
    return found


def is_own(who: Wearer, person: Known) -> bool:
    """Tell whether somebody looks at themselves."""
    return person.id == who.actor.person


def private(template: str, status: int = 200, **told: object) -> Response:
    """Return a page that nobody on the way keeps."""
    page = render_template(template, now=source().now, **told)
    response = Response(page, status, mimetype="text/html")
    response.headers["Cache-Control"] = "no-store"
    return response


def _address(base: str, told: dict[str, str], **more: str) -> str:
    kept = {name: value for name, value in told.items() if value} | more
    return f"{base}?{urlencode(kept)}" if kept else base


def _active(base: str, told: dict[str, str], names: dict[str, str]) -> list[dict[str, str]]:
    """Return the filters that hold, each with the address of the list without it."""
    shown = {"q": text("people.with_words", q=told["q"]), **names}
    return [
        {"words": shown[name], "href": _address(base, told | {name: ""})}
        for name, value in told.items()
        if value
    ]
