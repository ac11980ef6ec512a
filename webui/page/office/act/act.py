"""`/act/<action>`: one form for every deed; what it answers, and what it says no to."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, abort, g, render_template, request
from werkzeug.exceptions import RequestEntityTooLarge

from monitor.refusal import Invalid, Refusal
from monitor.role import Role
from trading import board
from trading.account.credential import ConfirmFirst
from trading.account.proof.device import Source as Origin
from trading.account.session import SignedOut
from trading.desk.docket import matter
from webui.course.step import Bar
from webui.deed.book import deeds
from webui.deed.brought import Blob
from webui.deed.deed import Case, Caution, Deed, Unreadable
from webui.deed.doing import Asked, Doer
from webui.deed.fill.taking import begun_by
from webui.page.answer import cookie
from webui.page.answer.redirection import to
from webui.page.office.act.form import Form, typed
from webui.page.office.act.over import over_now
from webui.page.source import show_secret
from webui.page.view import source
from webui.page.wearer import Wearer, accounts, require, require_sent, ticket

pages = Blueprint("act", __name__)
STATUS = {"not_allowed": 403, "not_found": 404, "too_many": 429, "busy": 503, "unavailable": 503}


@pages.get("/act/<name>")
def ask(name: str) -> str:
    """Show the form of a deed, some of it filled in by the address."""
    deed, who = found(name), require()
    case = case_of(deed, who, request.args.get("project", ""))
    told = {k: v for k, v in request.args.items() if k != "project"}
    return shown(Form(deed, case, told), over_now(deed, case))


@pages.post("/act/<name>")
def act(name: str) -> Response:
    """Do the deed, and go on to what it leads to; else show the form again with what is wrong."""
    deed = found(name)
    request.max_content_length = request.max_form_memory_size = deed.longest
    request.max_form_parts = deed.parts
    who = require()
    try:
        case = case_of(deed, who, request.form.get("project", ""))
    except RequestEntityTooLarge:
        return _too_large(deed, who)
    told = typed(deed, request.form)
    if twice := unheeded(deed, case, told):
        return Response(shown(Form(deed, case, told, cautions=twice)), 422)
    try:
        require_sent(who)
        _confirm(who)
        done = doer().do(deed, asked(who, case.project, told))
    except SignedOut:
        abort(401)
    except Refusal as refusal:
        g.refusal = refusal
        page = shown(Form(deed, case, told, refusal), over_now(deed, case))
        return Response(page, STATUS.get(refusal.code, 422), mimetype="text/html")
    case = Case(case.source, case.actor, done.project, case.now)
    there = deed.after(case, done.result) if deed.after else next_of(done.project)
    return back(there, done.record)


def unheeded(deed: Deed, case: Case, told: dict[str, Any]) -> tuple[Caution, ...]:
    """Return what the person should look at twice and has not yet ticked to have looked at."""
    if deed.cautions is None or request.form.get("heeded") or case.actor.role not in deed.action.by:
        return ()
    try:
        found = tuple(deed.cautions(case, deed.values(case, told)))
    except Unreadable:
        return ()  # said by the deed itself, and recorded
    except Refusal:
        return ()
    g.cautioned = bool(found)
    return found


def _too_large(deed: Deed, who: Wearer) -> Response:
    """Refuse a form that is larger than its files may be: nothing of it was read."""
    case = case_of(deed, who, request.args.get("project", ""))
    blob = next((each for each in deed.fields if isinstance(each, Blob)), None)
    most = deed.longest // 1024
    words = (
        f"表单连同文件不得超过{most} KiB，表格不得超过其行数 / "
        f"at most {most} KiB with its files, and no table with more rows than it takes"
    )
    refusal: Refusal = Invalid(blob.name if blob else "", words, rule="webui/deed")
    try:
        doer().refuse(deed, _unread(who, case.project), refusal)
    except SignedOut:
        abort(401)
    except Refusal as recorded:
        refusal = recorded
    return Response(shown(Form(deed, case, {}, refusal)), 413, mimetype="text/html")


def _unread(who: Wearer, project: UUID | None) -> Asked:
    masked = ticket(project) if project and who.role in {Role.TENDERER, Role.EXPERT} else ""
    return Asked(who.token, {}, project, None, masked)


def next_of(project: UUID | None) -> str:
    """Return where a person goes on after a deed: the trade's desk, or what else is to do."""
    return f"/desk/{project}" if project else "/tasks"


def back(there: str, record: UUID) -> Response:
    """Send the person on, told that it is on record."""
    mark = "&" if "?" in there else "?"
    return to(f"{there}{mark}done={record}")


def found(name: str) -> Deed:
    """Return the deed of an action; 404 where there is none."""
    deed = deeds().get(name)
    if deed is None:
        abort(404)
    return deed


def doer() -> Doer:
    """Return who does deeds here."""
    return Doer(source(), accounts().gate)


def case_of(deed: Deed, who: Wearer, told: str) -> Case:
    """Return the case of a form; 404 for a project that is not there."""
    here = source()
    project = None
    if told and not (deed.whole or deed.fresh):
        with here.platform.read() as session:
            project = board.find(session, told)
        if project is None:
            abort(404)
    return Case(here, who.actor, project, here.now)


def asked(who: Wearer, project: UUID | None, told: dict[str, Any]) -> Asked:
    """Return the request of a form: of the office that the page was made for."""
    office = request.form.get("office", "")
    return Asked(
        who.token, told, project, _uuid(office),
        ticket(project) if project and who.role in {Role.TENDERER, Role.EXPERT} else "",
        request.form.get("once", "") or cookie.random(),
    )  # fmt: skip


def shown(form: Form, over: Bar | None = None) -> str:
    """Return the page of a form; where its time is over, say so instead."""
    case, found = form.case, None
    g.looked_trade = case.project
    if form.allowed and over is None:
        show_secret()
    if case.project is not None:
        with case.source.platform.read() as session:
            found = matter(session, case.project, case.now)
    begins = [] if form.typed or not form.allowed else begun_by(case, form.deed.name)
    return render_template(
        "office/act.html", form=form, begins=begins, over=over, matter=found, now=case.now,
        once=cookie.random(),
        confirm=isinstance(form.refusal, ConfirmFirst) or _brought_password(),
    )  # fmt: skip


def _brought_password() -> bool:
    """Tell whether the form has a password in it; one that is too large was not read."""
    try:
        return "confirm_password" in request.form
    except RequestEntityTooLarge:
        return False


def _confirm(who: Wearer) -> None:
    """Prove the person anew where the form brought a password: nothing typed is lost by it."""
    word = request.form.get("confirm_password", "")
    if word:
        origin = Origin(request.remote_addr or "", cookie.read("device"))
        accounts().confirm(who.token, word, request.form.get("confirm_code", ""), origin)


def _uuid(told: str) -> UUID | None:
    try:
        return UUID(told)
    except ValueError:
        return None
