"""`/efficiency`: promised and legal limits, what is overdue, statistics; the same as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, abort, jsonify, render_template

from monitor.law.escalation import load as load_plan
from monitor.law.rule import Rule
from monitor.law.rule import load as load_rules
from monitor.record.disclosure import Viewer
from monitor.role import NOBODY, Role
from trading.supervision import efficiency
from trading.supervision.card.check import points
from trading.supervision.chase import send
from trading.supervision.efficiency import Line, Owed
from trading.supervision.promise import promises
from webui.page.language import tongue
from webui.page.query import Query
from webui.page.view import source
from webui.page.wearer import Wearer, require, wearer
from webui.serve.live.watching import every

pages = Blueprint("efficiency", __name__)
READERS = (Role.DEPARTMENT, Role.DISCIPLINE, Role.CENTRE)
SUPERVISION = frozenset({Role.DEPARTMENT, Role.DISCIPLINE})
"""Who sees the statistics of points: what those tell is kept from the centre."""


@dataclass(frozen=True, slots=True)
class Report:
    """All tables of one reader; `points` is empty for the centre."""

    now: datetime
    owed: list[Owed]
    points: Mapping[str, list[Line]]

    @property
    def overdue(self) -> list[Owed]:
        """What is still owed and late."""
        return efficiency.overdue(self.owed, self.now)

    @property
    def tables(self) -> dict[str, list[Line]]:
        """The statistics of duties."""
        return {
            "step": efficiency.by_step(self.owed, self.now),
            "body": efficiency.by_body(self.owed, self.now),
            "month": efficiency.by_month(self.owed, self.now),
        }


@dataclass(frozen=True, slots=True)
class Promise:
    """A step with its promised and its legal limit, in the rule's unit."""

    rule: Rule
    promised: int | None

    @property
    def name(self) -> str:
        """What is owed, in the reader's language."""
        return tongue(self.rule.zh, self.rule.en)


@pages.get("/efficiency")
def page() -> Response:
    """Show the tables, for a span of days if one is asked for."""
    who, query = require(*READERS), Query()
    since, until = _span(query)
    told = _report(who, since, until)
    here, rules = source(), load_rules()
    with here.platform.read() as session:
        promised = promises(session)
    steps = {
        line.name: Promise(rule, promised.number(rule, None, told.now))
        for line in told.tables["step"]
        for rule in [rules[line.name]]
    }
    shown = render_template(
        "office/wall/efficiency.html", told=told, now=told.now, steps=steps, since=since,
        until=until, named=_named, chases=who.role in send.by, report_after=load_plan().report,
        query=query,
    )  # fmt: skip
    return Response(shown, 400 if query.faults else 200, mimetype="text/html")


@pages.get("/api/v1/efficiency")
def numbers() -> Response:
    """Return the same as JSON; only what the asking person may see is counted."""
    who = wearer()
    if who is None:
        abort(401, "请先登录 / sign in first")
    if who.role not in READERS:
        abort(403, "仅限监督和中心 / for supervision and the centre alone")
    query = Query()
    span = _span(query)
    query.require()
    told = _report(who, *span)
    answer = jsonify(
        overdue=[_owed(one, told.now) for one in told.overdue],
        duties={name: [_line(each) for each in lines] for name, lines in told.tables.items()},
        points={name: [_line(each) for each in lines] for name, lines in told.points.items()},
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _report(who: Wearer, since: date, until: date) -> Report:
    here = source()
    with here.platform.read() as session:
        viewers: dict[UUID, Viewer] = {
            chain: one for chain, one in every(session, who.actor).items() if chain != NOBODY
        }
        found = efficiency.owed(session, viewers, here.now, (since, until))
        points = (
            efficiency.by_point(session, viewers, (since, until)) if who.role in SUPERVISION else {}
        )
    return Report(here.now, found, points)


def _span(query: Query) -> tuple[date, date]:
    return query.day("from", date.min), query.day("to", date.max)


def _named(point: str) -> str:
    known = points()[point]
    return tongue(known.zh, known.en)


def _owed(one: Owed, now: datetime) -> dict[str, Any]:
    return {
        "project": str(one.row.project), "rule": one.rule.id, "basis": one.rule.basis,
        "who": one.rule.who, "body": one.body, "opened": one.row.opened_at.isoformat(),
        "promised": one.promised.isoformat() if one.promised else None,
        "limit": one.row.limit_at.isoformat(), "level": int(one.level), "chases": one.chases,
        "late_seconds": int((now - one.row.limit_at).total_seconds()),
    }  # fmt: skip


def _line(line: Line) -> dict[str, Any]:
    mean = None if line.mean is None else int(line.mean.total_seconds())
    return {"name": line.name, "counts": dict(line.counts), "mean_seconds": mean}
