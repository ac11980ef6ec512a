"""`/api/v1/people` and `/api/v1/organisations`: as `/people` shows them, for the administrator."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, jsonify

from monitor.role import Role
from trading.registration.directory import Known, Office, Unit, organisations, people
from trading.registration.party import Kind
from webui.api.private import never_kept
from webui.page.query import Query
from webui.page.view import source
from webui.page.wearer import wearer

pages = Blueprint("people_api", __name__, url_prefix="/api/v1")


@pages.get("/people")
def everybody() -> Response:
    """List people with their running appointments and how their accounts stand."""
    _require()
    here, query = source(), Query()
    words, role, page = query.words(), query.chosen("role", tuple(Role)), query.page()
    query.require()
    with here.platform.read() as session:
        sheet = people(session, here.now, words, role, page)
    rows = [_person(row) for row in sheet.rows]
    return never_kept(jsonify(people=rows, page=page, more=sheet.more))


@pages.get("/organisations")
def units() -> Response:
    """List organisations with the number of their people."""
    _require()
    here, query = source(), Query()
    words, kind, page = query.words(), query.chosen("kind", tuple(Kind)), query.page()
    query.require()
    with here.platform.read() as session:
        sheet = organisations(session, here.now, words, kind, page)
    rows = [_unit(row) for row in sheet.rows]
    return never_kept(jsonify(organisations=rows, page=page, more=sheet.more))


def _require() -> None:
    who = wearer()
    if who is None:
        abort(401, "请先登录 / sign in first")
    if who.role is not Role.ADMINISTRATOR:
        abort(403, "仅限管理员 / for the administrator alone")


def _person(row: Known) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "name": row.name,
        "appointments": [_office(each) for each in row.offices],
        "account": row.account or None,
        "state": row.state.value,
        "second_factor": row.second_factor,
        "invited_until": row.invited_until.isoformat() if row.invited_until else None,
    }


def _office(row: Office) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "organisation": str(row.org),
        "organisation_name": row.org_name,
        "role": row.role.value,
        "category": row.category,
        "since": row.since.isoformat(),
    }


def _unit(row: Unit) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "uscc": row.uscc,
        "name": row.name,
        "kind": row.kind.value,
        "people": row.number,
    }
