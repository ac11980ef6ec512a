"""`/pool`: the expert pool as staff and inspectors see it: numbers, changes, alarms, no names.

`/pool/import` takes a sheet and tells of each line what became of it; `/apply` takes one's own
application from anybody, `/apply/<number>` tells how it stands.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, render_template, request

from experts.pool.intake.application import apply, keepers, standing_of
from experts.pool.intake.roster import COLUMNS, Bad, read_roster
from experts.pool.intake.sheet import MOST_BYTES
from experts.pool.register import Line, import_pool
from experts.pool.watch import pool_view
from monitor.refusal import NotFound, Refusal
from monitor.role import SYSTEM, Role
from trading.account.session import SignedOut
from webui.deed.book.evaluation.pool import PERSON, asked_by, seal_of
from webui.deed.deed import Unreadable
from webui.page.answer import cookie
from webui.page.answer.redirection import to
from webui.page.view import source
from webui.page.wearer import accounts, require, require_sent

pages = Blueprint("pool", __name__)
READERS = (Role.CENTRE, Role.DEPARTMENT, Role.DISCIPLINE)
SHOWN = 500
"""Bad lines that are shown; the rest are counted."""
SAMPLE = (
    "E000001", "例甲子", "000-00000001", "350102", "高级工程师", "1975", "2000", "A01", "A01;A02",
    "920000000000000000@2010-03-01~2018-01-01;920000000000000000@2018-01-02", "注册造价工程师",
)  # fmt: skip


@pages.get("/pool")
def pool() -> str:
    """Show how many are in the pool of what, who waits for review, what changed in 30 days."""
    require(*READERS)
    here = source()
    with here.platform.read() as session:
        view = pool_view(session, here.now)
    return render_template("office/panel/pool.html", view=view, now=here.now)


@pages.get("/pool/import")
def ask() -> str:
    """Show the form that takes a sheet."""
    require(Role.CENTRE)
    return _form()


@pages.post("/pool/import")
def bring() -> Response:
    """Import a sheet: good lines are proposed, each bad one is told with its column and rule."""
    request.max_content_length = MOST_BYTES + 64 * 1024
    who = require(Role.CENTRE)
    here = source()
    try:
        require_sent(who)
        actor = accounts().gate.admit(who.token, import_pool.name)
        dropped = request.files.get("file")
        read = read_roster(dropped.read() if dropped else b"", seal_of(here))
        report = here.platform.perform(
            import_pool, actor, None, candidacies=list(read.taken.values()),
            numbers=list(read.taken), unread=[_unread(each) for each in read.bad],
        )  # fmt: skip
    except SignedOut:
        abort(401)
    except Refusal as refusal:
        return Response(_form(refusal), 422, mimetype="text/html")
    words = {each.number: each.message for each in read.bad}
    bad = [line for line in report if line.fault]
    page = render_template(
        "office/panel/imported.html", bad=bad[:SHOWN], words=words, more=max(0, len(bad) - SHOWN),
        taken=len(report) - len(bad), refused=len(bad), headings=_headings(), now=here.now,
    )  # fmt: skip
    return Response(page, mimetype="text/html")


@pages.get("/pool/sample.csv")
def sample() -> Response:
    """Return a sheet of one invented person, to be filled in."""
    require(Role.CENTRE)
    lines = ",".join(_headings().values()) + "\r\n" + ",".join(SAMPLE) + "\r\n"
    response = Response("\ufeff" + lines, mimetype="text/csv")
    response.headers["Content-Disposition"] = 'attachment; filename="experts.csv"'
    return response


@pages.get("/apply")
def apply_form() -> Response:
    """Show the form by which anybody asks to be taken into the pool."""
    return _application({})


@pages.post("/apply")
def applied() -> Response:
    """Put an application down, sealed to those who keep the names, and give its number."""
    here, told = source(), request.form.to_dict()
    try:
        accounts().gate.require_csrf(cookie.read("pre"), told.get("csrf", ""))
        values = _values(told)
        candidacy = asked_by(here, values)
        _pay()
        uid = here.platform.perform(apply, SYSTEM, None, candidacy=candidacy)
    except SignedOut:
        abort(400)
    except Refusal as refusal:
        return _application(told, refusal)
    return to(f"/apply/{uid}")


@pages.get("/apply/<name>")
def standing(name: str) -> Response:
    """Show how an application stands, to whoever has its number."""
    here = source()
    with here.platform.read() as session:
        found = standing_of(session, name)
    if found is None:
        abort(404)
    page = render_template("office/panel/applied.html", found=found, now=here.now)
    return _private(page)


def _pay() -> None:
    """Let one address ask only so often; raises TooMany, NoCounter."""
    door = accounts().door
    visitor = door.limiter.visitor("", request.remote_addr or "", None)
    door.limiter.admit(door.limiter.of_address(visitor), door.wall.now())


def _values(told: dict[str, str]) -> dict[str, Any]:
    """Return what was typed, field by field; raises Unreadable naming each that cannot be read."""
    values, faults = dict[str, Any](), []
    for each in PERSON:
        try:
            values[each.name] = each.parse(told.get(each.name))
        except Refusal as fault:
            faults.append(fault)
    if faults:
        raise Unreadable(faults)  # type: ignore[arg-type]
    return values


def _application(told: dict[str, str], refusal: Refusal | None = None) -> Response:
    here, pre = source(), cookie.read("pre") or cookie.random()
    with here.platform.read() as session:
        is_open = _takes(session)
    page = render_template(
        "office/panel/apply.html", fields=PERSON, typed=told, errors=_faults(refusal),
        csrf=accounts().gate.csrf(pre), is_open=is_open, now=here.now,
    )  # fmt: skip
    response = _private(page, 422 if refusal else 200)
    cookie.write(response, "pre", pre)
    return response


def _takes(session: Any) -> bool:
    try:
        return bool(keepers(session))
    except NotFound:
        return False


def _private(page: str, status: int = 200) -> Response:
    response = Response(page, status, mimetype="text/html")
    response.headers["Cache-Control"] = "no-store"
    return response


def _faults(refusal: Refusal | None) -> list[Refusal]:
    if refusal is None:
        return []
    return list(refusal.faults) if isinstance(refusal, Unreadable) else [refusal]


def _form(refusal: Refusal | None = None) -> str:
    return render_template(
        "office/panel/import.html", errors=_faults(refusal), headings=_headings(),
        now=source().now,
    )  # fmt: skip


def _headings() -> dict[str, str]:
    return {name: headings[0] for name, headings in COLUMNS.items()}


def _unread(bad: Bad) -> Line:
    return Line(bad.number, bad.uid, bad.column, bad.rule)
