"""Deeds of the market of agencies 中介市场, and of the pools of double-random inspection 双随机."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

from experts.pool.agency.agency import Agency, Qualification, Service, enter, found_agency, leave
from experts.pool.agency.choice import (
    STATEMENT,
    AgencyOrder,
    choosable,
    choose,
    contest,
    contests_open,
    offer,
    orders_of,
    settle,
)
from experts.pool.agency.credit import blacklist, mark
from experts.pool.agency.rating import rate
from experts.pool.inspection import Kind, remove
from trading.registration.directory import every_organisation
from trading.registration.project import found_project
from webui.deed.choice import Choice, Several
from webui.deed.deed import Case, Deed, Values
from webui.deed.field import Day, Field, Long, Moment, Money, Text, Tick, Whole
from webui.deed.fill.choice import names_of
from webui.deed.fill.paper import beijing
from webui.deed.rows import Rows
from webui.page.language import text
from webui.page.show import said

Pairs = Iterable[tuple[str, str]]


def _agencies(case: Case) -> Pairs:
    with case.source.platform.read() as session:
        return [(str(key), name) for key, name in choosable(session, case.now)]


def _all(case: Case) -> Pairs:
    with case.source.platform.read() as session:
        return [
            (str(key), name + text("part.brackets", words=uscc))
            for key, name, uscc in every_organisation(session)
            if found_agency(session, key)
        ]


def _served(case: Case) -> Pairs:
    with case.source.platform.read() as session:
        own = found_project(session, case.id).agency
        chosen = {each.agency for each in orders_of(session, case.id)} | {own}
        return [(str(key), name) for key, name, _ in every_organisation(session) if key in chosen]


def _open(case: Case) -> Pairs:
    with case.source.platform.read() as session:
        for each in contests_open(session, case.now):
            name = found_project(session, each.project).name
            yield str(each.id), f"{name} · {_closing(each)}"


def _closed(case: Case) -> Pairs:
    with case.source.platform.read() as session:
        for each in orders_of(session, case.id):
            if each.way == "contest" and each.settled is None:
                yield str(each.id), f"{each.terms[:40]} · {_closing(each)}"


def _closing(order: AgencyOrder) -> str:
    return beijing(order.closes) if order.closes else ""


def _own(case: Case) -> Agency | None:
    with case.source.platform.read() as session:
        row = found_agency(session, case.actor.org)
        session.expunge_all()
        return row


def _services(case: Case) -> list[str]:
    return list(row.services) if (row := _own(case)) else []


def _showcase(case: Case) -> str:
    return row.showcase if (row := _own(case)) else ""


def _held(case: Case) -> list[dict[str, str]]:
    """Return the certificates that still hold: those that ran out have to be renewed first."""
    row, today = _own(case), case.now.date().isoformat()
    return [each for each in row.qualifications if each["until"] >= today] if row else []


def _statement(_: Case) -> Iterable[tuple[str, Any]]:
    yield "market.statement", said(STATEMENT)


def _market(case: Case, _: Any) -> str:
    return f"/market/{case.project}"


def _entered(_: Case, values: Values) -> Values:
    rows = [
        Qualification(str(row["name"]), str(row["number"]), row["until"])
        for row in values["qualifications"] or []
    ]
    return {**values, "qualifications": rows}


def _marked(_: Case, values: Values) -> Values:
    sign = -1 if values.pop("less") else 1
    return {**values, "points": sign * values["points"]}


def _removed(_: Case, values: Values) -> Values:
    return {**values, "codes": values["codes"].split()}


def _service() -> Choice:
    return Choice("service", options=names_of("market.service", Service), kind=Service,
                  words="服务 / Service")  # fmt: skip


def _agency(options: Any) -> Choice:
    return Choice("agency", options=options, kind=UUID, words="中介机构 / Agency")


STATED: Field = Tick("stated", words=STATEMENT)
TEXT = Long("text", most=2000, lines=4, words="事实与说明 / Facts and reason")
BASIS = Text("basis", most=300, words="依据（文书、条款） / Basis: document and article")
HELD = (
    Text("name", most=80, words="资质名称 / Qualification"),
    Text("number", most=60, words="证书编号 / Number"),
    Day("until", words="有效期至 / Valid until"),
)
DEEDS = (
    Deed(
        enter,
        (
            Several("services", options=names_of("market.service", Service), kind=Service,
                    start=_services, words="提供的服务 / Services"),
            Long("showcase", most=4000, start=_showcase,
                 words="展示：业绩、团队、承诺 / Showcase"),
            Rows("qualifications", columns=HELD, required=False, start=_held,
                 words="资质 / Qualifications"),
        ),
        _entered,
        whole=True,
        after=lambda case, _: f"/agencies/{case.actor.org}",
    ),
    Deed(leave, whole=True, after=lambda _, __: "/agencies"),
    Deed(choose, (_agency(_agencies), _service(), STATED), brief=_statement, after=_market),
    Deed(
        contest,
        (
            _service(),
            Long("terms", most=2000, lines=4, words="要求 / What is asked for"),
            Money("ceiling", words="最高限价（元） / Ceiling (yuan)"),
            Moment("closes", start=lambda case: case.now + timedelta(days=3),
                   words="截止时间 / Closes"),
            STATED,
        ),
        brief=_statement,
        after=_market,
    ),
    Deed(
        offer,
        (
            Choice("contest", options=_open, kind=UUID, words="竞价 / Contest"),
            Money("price", words="报价（元） / Price (yuan)", hint="market.hint.price"),
        ),
        whole=True,
        after=lambda _, __: "/agencies",
    ),
    Deed(
        settle,
        (Choice("contest", options=_closed, kind=UUID, words="竞价 / Contest"),),
        after=_market,
    ),
    Deed(
        rate,
        (_agency(_served), Whole("stars", least=1, greatest=5, words="星级（1–5） / Stars"), TEXT),
        after=_market,
    ),
    Deed(
        mark,
        (
            _agency(_all),
            Whole("points", least=1, greatest=50, words="分值 / Points"),
            Tick("less", required=False, words="扣分（不勾选为加分） / Take points off"),
            BASIS,
            TEXT,
        ),
        _marked,
        whole=True,
        after=lambda _, __: "/agencies",
    ),
    Deed(
        blacklist,
        (_agency(_all), Moment("until", words="列入至 / Until"), BASIS, TEXT),
        whole=True,
        after=lambda _, __: "/agencies",
    ),
    Deed(
        remove,
        (
            Choice("kind", options=names_of("market.kind", Kind), kind=Kind, words="名录 / Pool"),
            Long("codes", most=40 * 500, lines=4, words="编号，空格隔开 / Codes, blanks between"),
            Long("reason", most=500, lines=2, words="理由 / Reason"),
        ),
        _removed,
        whole=True,
        after=lambda _, __: "/inspections",
    ),
)  # fmt: skip
