"""Deeds of draws 抽取: what people ask for, what the three machines and drawn experts do."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from itertools import zip_longest
from typing import Any

from experts.ceremony.closing import cancel, finish, publish_bundle
from experts.ceremony.dice import throw_dice
from experts.ceremony.header import open_header
from experts.ceremony.mail.machine import name_machine
from experts.ceremony.mail.paper import Step
from experts.ceremony.mail.parcel import post
from experts.ceremony.mail.request import Wanted, pool_by_specialty, request, withdraw
from experts.ceremony.replacement import recheck, replace_members
from experts.ceremony.round import Place, ask, close_round, contact, draw_round
from experts.ceremony.share import close_reveals, commit, open_commits, recover, reveal
from experts.panel.attendance import check_in
from experts.panel.committee import form
from experts.panel.invitation import answer
from experts.pool.register import snapshot
from monitor.refusal import Invalid
from trading.desk.docket import matter
from trading.registration.project import sections
from webui.deed.brought import Blob, Bytes, List, Object
from webui.deed.choice import Choice
from webui.deed.deed import Case, Deed, Values
from webui.deed.field import Field, Ident, Long, Moment, Text, Tick, Whole
from webui.deed.fill.paper import store
from webui.deed.rows import Rows

LEAVES = 2 * 1024 * 1024
BUNDLE = 16 * 1024 * 1024
DEMO_PANEL = (3, 1, 1)
"""Seats that a demo's form begins with, a family of specialties each."""


def _sections(case: Case) -> Iterable[tuple[str, str]]:
    with case.source.platform.read() as session:
        return [(str(each.id), f"{each.number} {each.name}") for each in sections(session, case.id)]


def _section(name: str = "section") -> Choice:
    return Choice(name, options=_sections, kind=_ident)


def _ident(told: str) -> Any:
    return Ident("section").value(told)


def _specialties(case: Case) -> list[dict[str, Any]]:
    """A line for each family of specialties (A01, A02 …); a demo suggests a panel of five."""
    families: dict[str, list[str]] = {}
    with case.source.platform.read() as session:
        for name in pool_by_specialty(session):
            families.setdefault(name[:1], []).append(name)
    seats = DEMO_PANEL if case.source.demo else ()
    return [
        {"specialty": "+".join(names), "seats": number}
        for names, number in zip_longest(families.values(), seats[: len(families)], fillvalue="")
    ]


def _sitting(case: Case) -> tuple[datetime, datetime]:
    """Suggest that the panel sits from the opening on: the bids are due then."""
    with case.source.platform.read() as session:
        found = matter(session, case.id, case.now)
    due = found.deadline if found and found.deadline else case.now
    begins = max(due, case.now) + timedelta(hours=1)
    return begins, begins + timedelta(hours=8)


def _brief(case: Case) -> Iterable[tuple[str, Any]]:
    with case.source.platform.read() as session:
        found, pool = matter(session, case.id, case.now), pool_by_specialty(session)
    if found and found.deadline:
        yield "draw.deadline", found.deadline
    yield "draw.pool", "、".join(f"{name} {number}" for name, number in pool.items())


def _sheet(_: Case, result: Any) -> str:
    return f"/draw/{result}"


def _list(_: Case, __: Any) -> str:
    return "/draws"


def _wanted(_: Case, values: Values) -> Values:
    """Several specialties in one row, apart by a blank or +, are drawn for together."""
    rows = [row for row in values["wanted"] if row["seats"]]
    wanted = [
        Wanted(tuple(str(row["specialty"]).replace("+", " ").split()), int(row["seats"]))
        for row in rows
    ]
    return {**values, "wanted": wanted, "reason": values["reason"] or ""}


def _ordered(_: Case, values: Values) -> Values:
    return {**values, "order": hashlib.sha256(values["order"]).hexdigest()}


def _posted(_: Case, values: Values) -> Values:
    return {**values, "step": _step(values["step"])}


def _step(told: str) -> Step:
    try:
        return Step(told)
    except ValueError:
        raise Invalid("step", "没有此步骤 / no such step") from None


def _placed(_: Case, values: Values) -> Values:
    return {**values, "places": [_place(row) for row in values["places"]]}


def _place(row: object) -> Place:
    """Read {stratum, leaf, sealed}; `sealed` in base64."""
    try:
        if not isinstance(row, Mapping):
            raise TypeError
        sealed = base64.b64decode(row["sealed"], validate=True)
        return Place(int(row["stratum"]), str(row["leaf"]), sealed)
    except (KeyError, TypeError, ValueError, binascii.Error):
        raise Invalid("places", "应为 {stratum, leaf, sealed} / must be such rows") from None


def _tries(_: Case, values: Values) -> Values:
    tries = values["attempts"]
    if not all(isinstance(at, int) and not isinstance(at, bool) for at in tries):
        raise Invalid("attempts", "应为秒数 / must be unix seconds")
    return values


def _bundle(case: Case, values: Values) -> Values:
    data = values.pop("bundle")
    title = "抽取包 / draw bundle"
    return {
        **values,
        "sha256": hashlib.sha256(data).hexdigest(),
        "paper": store(case, "draw", title, data),
    }


def _draw(*fields: Field) -> tuple[Field, ...]:
    return (Ident("draw"), *fields)


ROW = (Text("specialty", most=80), Whole("seats", required=False, greatest=31))
PEOPLE = (
    Deed(
        request,
        (
            _section(),
            Rows("wanted", columns=ROW, hint="draw.wanted_hint", start=_specialties),
            Moment("starts", start=lambda case: _sitting(case)[0]),
            Moment("ends", start=lambda case: _sitting(case)[1]),
            Text("reason", required=False, hint="draw.reason_hint"),
        ),
        _wanted,
        brief=_brief,
        after=_sheet,
    ),
    Deed(withdraw, (Ident("request"), Long("reason", most=500)), after=_list),
    Deed(
        cancel,
        _draw(Blob("order", hint="draw.order_hint"), Long("reason", most=500)),
        _ordered,
        after=_list,
    ),
    Deed(name_machine, (Ident("person"), Bytes("sign"), Bytes("vrf", required=False)), whole=True),
    Deed(snapshot, whole=True),
    Deed(form, (_section(),)),
)
MACHINES = (
    Deed(post, (Ident("request"), Text("step"), Whole("k"), Object("document")), _posted),
    Deed(open_header, (_section(), Object("signed"), Blob("leaves", most=LEAVES))),
    Deed(commit, _draw(Object("told"))),
    Deed(open_commits, _draw()),
    Deed(reveal, _draw(Text("share"))),
    Deed(
        recover,
        _draw(Text("role"), Text("share", required=False)),
        lambda _, v: v | {"share": v["share"] or ""},
    ),
    Deed(close_reveals, _draw(Object("document"))),
    Deed(throw_dice, _draw(Object("ceremony"), Text("signature"))),
    Deed(ask, _draw(Text("signature"))),
    Deed(replace_members, _draw(Object("change"), Text("signature"))),
    Deed(draw_round, _draw(Object("told"), List("places")), _placed),
    Deed(
        contact,
        _draw(Text("mask"), Text("outcome"), Text("evidence"), List("attempts")),
        _tries,
    ),
    Deed(close_round, _draw(Text("closing"), Object("signatures"))),
    Deed(recheck, _draw(Object("told"))),
    Deed(finish, _draw(Object("final"), Object("signatures"))),
    Deed(publish_bundle, _draw(Text("root"), Blob("bundle", most=BUNDLE)), _bundle),
)
EXPERTS = (
    Deed(answer, (Bytes("token"), Tick("accepts", required=False)), whole=True, seat=True),
    Deed(check_in, (_section(), Object("opening"), Bytes("secret")), seat=True),
)
DEEDS = (*PEOPLE, *MACHINES, *EXPERTS)
