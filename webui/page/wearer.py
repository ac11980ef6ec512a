"""The wearer: whoever is signed in and looks at this page, from one of their offices."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import quote
from uuid import UUID

from flask import Flask, abort, current_app, g, redirect, request

from monitor.record.disclosure import VISITOR, Audience, Viewer
from monitor.record.standing import stands_in
from monitor.refusal import Refusal
from monitor.role import PROJECT_ROLES, SEALED_ROLES, Actor, Role
from trading.account.gate import Ended, Pass, SignedInAgain
from trading.account.keeping import Keeping
from trading.account.office.roll import Office, offices_of
from trading.account.session import SignedOut
from webui.page.answer import cookie
from webui.page.source import Source

DAY = 24 * 3600
AUDIENCES = {
    Role.TENDEREE: Audience.OWNER,
    Role.AGENCY: Audience.OWNER,
    Role.CENTRE: Audience.CENTRE,
    Role.FINANCE: Audience.FINANCE,
    Role.DEPARTMENT: Audience.INSPECTOR,
    Role.DISCIPLINE: Audience.DISCIPLINE,
}


@dataclass(frozen=True, slots=True)
class Wearer:
    """A signed-in person in the office they act from, and the person's other offices."""

    token: str = field(repr=False)
    pass_: Pass = field(repr=False)
    actor: Actor
    office: Office
    offices: tuple[Office, ...]
    csrf: str = field(repr=False)

    @property
    def role(self) -> Role:
        """The role of the office."""
        return self.actor.role

    @property
    def person_name(self) -> str:
        """The person's name."""
        return self.office.person_name

    @property
    def org_name(self) -> str:
        """The organisation's name."""
        return self.office.org_name


class SentTooLateError(Exception):
    """A form came whose session had ended: a page says so, and keeps what was typed."""

    def __init__(self, ended: Ended) -> None:
        super().__init__("session ended")
        self.ended = ended


def accounts() -> Keeping:
    """Return the accounts of this application."""
    found: Keeping = current_app.extensions["accounts"]
    return found


def bearer() -> str:
    """Return the session token that came with the request: a program's header, or the cookie."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else cookie.read("session")


def wearer() -> Wearer | None:
    """Return who is signed in, looked up once a request; None for a visitor."""
    if "wearer" not in g:
        g.wearer = _found(bearer())
    found: Wearer | None = g.wearer
    return found


def require(*roles: Role) -> Wearer:
    """Return who is signed in; sends a visitor to sign in, and another role away (403).

    Whoever sits in a sealed office sees nothing of it before the second factor is set up.
    Raises SentTooLateError for a form of a session that has ended.
    """
    found = wearer()
    if found is None:
        if request.method == "POST" and (ended := accounts().gate.ended(bearer())):
            raise SentTooLateError(ended)
        there = quote(request.full_path if request.query_string else request.path)
        abort(redirect(f"/sign-in?next={there}", 303))
    if roles and found.role not in roles:
        abort(403)
    if roles and found.role in SEALED_ROLES and not proven_twice(found):
        abort(redirect("/account", 303))
    return found


def require_sent(who: Wearer) -> None:
    """Raise Forged unless a page of this very session sent the form; SignedInAgain for a kept one.

    A kept form is never done by itself, whatever it holds.
    """
    if g.get("shown_again"):
        raise SignedInAgain
    accounts().gate.require_csrf(who.token, request.form.get("csrf", ""))


def viewer(who: Wearer | None, project: UUID) -> Viewer:
    """Return as what somebody looks at a project's records; see monitor/record/disclosure.py."""
    if who is None:
        return VISITOR
    audience = AUDIENCES.get(who.role, Audience.PARTY)
    if who.role in PROJECT_ROLES and not _stands(who, project):
        audience = Audience.PUBLIC
    return Viewer(audience, who.actor.org, _masks(who, project))


def ticket(project: UUID) -> str:
    """Return the ticket for acting masked in a project: a program's header, or the cookie."""
    return request.headers.get("X-Ticket", "") or cookie.read(cookie.ticket_name(project))


def install(app: Flask, keeping: Keeping) -> None:
    """Let templates know who is there."""
    app.extensions["accounts"] = keeping

    idle = int(keeping.gate.policy.idle.total_seconds())
    app.jinja_env.globals["idle_seconds"] = lambda: idle if idle < DAY else 0

    @app.context_processor
    def who() -> dict[str, object]:
        return {"wearer": wearer()}


def _found(token: str) -> Wearer | None:
    if not token:
        return None
    keeping = accounts()
    try:
        found = keeping.gate.enter(token)
    except SignedOut:
        return None
    source: Source = current_app.extensions["batong"]
    with source.platform.read() as session:
        offices = tuple(offices_of(session, source.now, found.account))
    office = next((each for each in offices if each.appointment == found.appointment), None)
    if office is None or found.actor is None:
        return None
    return Wearer(token, found, found.actor, office, offices, keeping.gate.csrf(token))


def proven_twice(who: Wearer) -> bool:
    """Tell whether the second factor is set up where the office asks for one."""
    return who.pass_.enrolled or who.role not in accounts().gate.policy.second_factor


def _stands(who: Wearer, project: UUID) -> bool:
    source: Source = current_app.extensions["batong"]
    with source.platform.read() as session:
        return stands_in(session, who.actor, project)


def _masks(who: Wearer, project: UUID) -> frozenset[str]:
    """Return the pseudonym that this session has proven in the project, if any."""
    told = ticket(project)
    if not told:
        return frozenset()
    try:
        masked = accounts().gate.masked(who.token, project, told)
    except Refusal:
        return frozenset()
    return frozenset({masked.mask} - {None})  # type: ignore[arg-type]
