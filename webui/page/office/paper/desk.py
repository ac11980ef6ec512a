"""The addresses under `/paper`; each that is posted to performs one declared action."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, abort, render_template, request
from werkzeug.exceptions import RequestEntityTooLarge

from monitor.refusal import Invalid, NotFound, Refusal
from monitor.role import Role
from trading.account.session import SignedOut
from trading.intake.paper.taken import PRICES, STAFF, TakenPaper, changed, own_paper, proposed
from trading.intake.paper.taking import confirm
from trading.intake.paper.taking import read as read_action
from trading.intake.paper.value import NAMES
from trading.intake.pdf.limit import LIMITS
from trading.intake.pdf.trouble import Trouble
from trading.money import format_yuan
from trading.notice.document import issue
from trading.notice.notice import publish
from trading.registration.intake import register
from trading.registration.project import sections
from webui.deed.book import deeds
from webui.deed.deed import Case, Deed
from webui.deed.doing import Asked
from webui.deed.field import Moment, Money
from webui.deed.fill import price
from webui.deed.fill.taking import filing, notice
from webui.page.answer import cookie
from webui.page.answer.redirection import to
from webui.page.office.act.act import STATUS, asked, back, case_of, doer, unheeded
from webui.page.office.act.act import shown as act_page
from webui.page.office.act.form import Form, typed
from webui.page.office.paper.onward import held_by, onward
from webui.page.office.paper.picture import Picture, carried, drawn
from webui.page.view import source
from webui.page.wearer import Wearer, require, require_sent

pages = Blueprint("paper", __name__)
COMPARISON = 4 * 1024 * 1024
"""Bytes of the form of comparison: it carries its pictures, which are kept nowhere else."""


@pages.get("/paper")
def drop() -> Response:
    """Ask for a file."""
    return _drop(require(*STAFF))


@pages.post("/paper")
def take() -> Response:
    """Have the file read; show each proposed field beside its place, or say why it was not read."""
    who, deed = require(*STAFF), deeds()[read_action.name]
    request.max_content_length = deed.longest
    try:
        told = typed(deed, request.form)
        require_sent(who)
        done = doer().do(deed, asked(who, None, told))
    except RequestEntityTooLarge:
        return _too_large(who, deed)
    except SignedOut:
        abort(401)
    except Refusal as refusal:
        return _drop(who, refusal)
    row = _own(who, UUID(done.result["paper"]))
    comparing = deeds()[confirm.name]
    case = case_of(comparing, who, "")
    form = Form(comparing, case, _typed(comparing, row) | price.cells(row.read_table))
    return _compare(row, form, drawn(told["file"], row.proposed))


@pages.post("/paper/confirm")
def compare() -> Response:
    """Write down what was compared and confirmed; else show it again as it was filled in."""
    deed = deeds()[confirm.name]
    request.max_content_length = request.max_form_memory_size = COMPARISON
    request.max_form_parts = deed.parts
    who = require(*STAFF)
    told = typed(deed, request.form)
    case = case_of(deed, who, "")
    row = _own(who, _uuid(str(told["paper"])))
    seen = carried(request.form)
    if twice := unheeded(deed, case, told):
        return _compare(row, Form(deed, case, told, cautions=twice), seen)
    try:
        require_sent(who)
        done = doer().do(deed, asked(who, None, told))
    except SignedOut:
        abort(401)
    except Refusal as refusal:
        return _compare(row, Form(deed, case, told, refusal), seen)
    return back(f"/paper/{done.result}", done.record)


@pages.get("/paper/<uuid:paper>")
def confirmed(paper: UUID) -> Response:
    """Show what was confirmed, and where to go on with it."""
    who = require(*STAFF)
    row = _own(who, paper)
    return _page(
        "office/paper/confirmed.html", row=row, changed=changed(row), names=NAMES,
        onward=onward(who, row),
    )  # fmt: skip


@pages.get("/paper/<uuid:paper>/compare")
def mending(paper: UUID) -> Response:
    """Show the comparison again, as it was confirmed or read; its pictures went with the file."""
    who, deed = require(*STAFF), deeds()[confirm.name]
    row = _own(who, paper)
    if row.aside_at is not None:
        return to(f"/paper/{paper}")
    table = row.table if row.confirmed else row.read_table
    told = _typed(deed, row) | price.cells(table)
    return _compare(row, Form(deed, case_of(deed, who, ""), told), {})


@pages.get("/paper/<uuid:paper>/register")
def registering(paper: UUID) -> str | Response:
    """Show the form of registration, begun with what was confirmed."""
    who, deed = require(Role.TENDEREE), deeds()[register.name]
    row, case = _own(who, paper), case_of(deed, who, "")
    return act_page(Form(deed, case, filing(case, row))) if _begins(row) else _told(row)


@pages.get("/paper/<uuid:paper>/notice")
def announcing(paper: UUID) -> str | Response:
    """Show the form of a notice of a project, begun with what was confirmed."""
    who, deed = require(Role.TENDEREE, Role.AGENCY), deeds()[publish.name]
    row, case = _own(who, paper), _trade(deed, who)
    return act_page(Form(deed, case, notice(row))) if _begins(row) else _told(row)


@pages.get("/paper/<uuid:paper>/document")
def issuing(paper: UUID) -> str | Response:
    """Show the form of tender documents, their terms and table begun with what was confirmed."""
    who, deed = require(Role.TENDEREE, Role.AGENCY), deeds()[issue.name]
    row, case = _own(who, paper), _trade(deed, who)
    if not _begins(row):
        return _told(row)
    begun: dict[str, Any] = {"price_table": str(row.id)} if row.table else {}
    field = next(each for each in deed.fields if each.name == "terms")
    if field.start is not None:
        begun["terms"] = price.terms(field.start(case), _lots(case), row)
    return act_page(Form(deed, case, begun))


def _lots(case: Case) -> dict[str, str]:
    """Return the sections' names by their ids."""
    with case.source.platform.read() as session:
        return {str(each.id): each.name for each in sections(session, case.id)}


def _trade(deed: Deed, who: Wearer) -> Case:
    """Return the case of the trade that the address names; 404 for none."""
    case = case_of(deed, who, request.args.get("project", ""))
    if case.project is None:
        abort(404)
    return case


def _begins(row: TakenPaper) -> bool:
    """Tell whether a form may begin with a paper: it is confirmed, and not put aside."""
    return row.confirmed is not None and row.aside_at is None


def _told(row: TakenPaper) -> Response:
    """Lead to the paper's own page, which says what is missing."""
    return to(f"/paper/{row.id}")


def _own(who: Wearer, paper: UUID) -> TakenPaper:
    """Return a paper of one's own organisation; 404 for any other."""
    with source().platform.read() as session:
        return own_paper(session, paper, who.actor)


def _typed(deed: Deed, row: TakenPaper) -> dict[str, Any]:
    """Return what was confirmed, else read, of a paper as it stands in the form of comparison."""
    begun: dict[str, Any] = {"paper": str(row.id)}
    for each in (one for one in deed.fields if one.name in NAMES):
        value = str(row.confirmed.get(each.name, "")) if row.confirmed else proposed(row, each.name)
        if isinstance(each, Money):
            begun[each.name] = format_yuan(int(value)) if value else ""
        elif isinstance(each, Moment):
            begun[each.name] = datetime.fromisoformat(value) if value else ""
        elif value:
            begun[each.name] = value
    return begun


def _drop(who: Wearer, refusal: Refusal | None = None, status: int = 422) -> Response:
    scan = refusal is not None and refusal.rule == f"pdf.{Trouble.NO_TEXT.value}"
    deed = deeds()[read_action.name]
    form = Form(deed, case_of(deed, who, ""), {}, refusal)
    return _page(
        "office/paper/drop.html", STATUS.get(refusal.code, status) if refusal else 200, form=form,
        scan=scan, registers=who.role in register.by, once=cookie.random(), held=held_by(who),
    )  # fmt: skip


def _too_large(who: Wearer, deed: Deed) -> Response:
    """Refuse a file of which nothing was read, for it is over the limit."""
    trouble = Trouble.TOO_LARGE
    refusal: Refusal = Invalid("file", trouble.words(LIMITS), rule=f"pdf.{trouble.value}")
    try:
        doer().refuse(deed, Asked(who.token, {}), refusal)
    except SignedOut:
        abort(401)
    except Refusal as recorded:
        refusal = recorded
    return _drop(who, refusal, 413)


def _compare(row: TakenPaper, form: Form, seen: Mapping[str, Picture]) -> Response:
    refusal = form.refusal
    status = STATUS.get(refusal.code, 422) if refusal else 422 if form.cautions else 200
    ticked = form.typed.get("compared") or []
    return _page(
        "office/paper/compare.html", status, row=row, form=form, pictures=seen, ticked=ticked,
        fields=[each for each in form.fields if each.name in NAMES], once=cookie.random(),
        letters=price.LETTERS,
        tables={each.name: each for each in form.fields if each.name in {"price_head", PRICES}},
    )  # fmt: skip


def _page(template: str, status: int = 200, **told: object) -> Response:
    page = render_template(template, now=source().now, **told)
    response = Response(page, status, mimetype="text/html")
    response.headers["Cache-Control"] = "no-store"
    return response


def _uuid(told: str) -> UUID:
    try:
        return UUID(told)
    except ValueError:
        raise NotFound("没有此文件 / no such paper", field="paper") from None
