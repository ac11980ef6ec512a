"""A paper that staff drop: read by a child process; what was confirmed, into the next forms."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from monitor.refusal import Invalid
from trading.intake.paper.price import ESTIMATE, PriceTable
from trading.intake.paper.proposal import propose
from trading.intake.paper.shown import shown
from trading.intake.paper.taken import PRICES, STAFF, TakenPaper, held_papers
from trading.intake.paper.taking import COMPARE, Taken
from trading.intake.paper.value import MOMENTS, NAMES, breaches
from trading.intake.pdf.reader import read
from trading.intake.pdf.trouble import CannotRead
from trading.money import format_yuan
from trading.registration.catalogue import load
from webui.deed.deed import Case, Caution, Unreadable, Values
from webui.deed.fill import price
from webui.deed.fill.choice import agencies
from webui.deed.fill.paper import beijing
from webui.page.language import text

FORMS = {
    "project.register": "register",
    "notice.publish": "notice",
    "document.issue": "document",
}
"""Forms that a confirmed paper begins, and where under its address."""


def dropped(case: Case, values: Values) -> Values:
    """Return what a file proposes, or why it was not read; for those alone who may drop one."""
    body = values["file"]
    digest = hashlib.sha256(body).digest()
    if case.actor.role not in STAFF:
        return {"taken": Taken(digest, len(body))}
    try:
        found = propose(read(body))
    except CannotRead as fault:
        why = fault.trouble.value
        return {"taken": Taken(digest, len(body), trouble=why, words=str(fault))}
    return {"taken": Taken(digest, len(body), found.count, found.title, shown(found))}


def compared(_: Case, values: Values) -> Values:
    """Return what a person confirms; raises Unreadable for what they did not compare."""
    given = {name: values[name] for name in NAMES if values[name] is not None}
    ticked, prices = values["compared"] or (), price.table(values)
    kept = [*given, *([PRICES] if prices else [])]
    if missing := [_uncompared(name) for name in kept if name not in ticked]:
        raise Unreadable(missing)
    return {"paper": values["paper"], "values": given, "compared": ticked, "prices": prices}


def _uncompared(name: str) -> Invalid:
    key = "paper.prices" if name == PRICES else f"paper.field.{name}"
    zh, en = (text(key, lang) for lang in ("zh", "en"))
    message = f"{zh}：请与原件对照后勾选 / {en}: compare it with the paper, then tick"
    return Invalid(name, message, rule=COMPARE)


def against_law(_: Case, values: Values) -> Iterable[Caution]:
    """Point at what the paper itself breaks: it is confirmed as printed, or mended first."""
    given = {name: values[name] for name in NAMES if values.get(name) is not None}
    for each in breaches(given):
        yield Caution(each.field.removesuffix("_fen"), each.message, each.rule.partition("（")[0])
    if prices := price.table(values):
        for doubt in prices.doubts():
            zh, en = doubt.message.split(" / ")
            yield Caution(PRICES, f"{doubt.found}：{zh} / {doubt.found}: {en}")


def begun_by(case: Case, name: str) -> list[tuple[str, str]]:
    """Return the confirmed papers that a form may begin with: (address, title)."""
    where = FORMS.get(name)
    if where is None or case.actor.role not in STAFF:
        return []
    with case.source.platform.read() as session:
        rows = [one.row for one in held_papers(session, case.actor)]
    project = f"?project={case.project}" if case.project else ""
    return [
        (f"/paper/{row.id}/{where}{project}", row.title)
        for row in rows
        if row.confirmed is not None and row.aside_at is None
    ]


def filing(case: Case, row: TakenPaper) -> dict[str, Any]:
    """Return what a registration's form begins with."""
    said = row.confirmed or {}
    kinds = [each for each in load().kinds.values() if each.category == said.get("category")]
    begun = {
        "name": said.get("name"),
        "code": said.get("code"),
        "region": said.get("region"),
        "subject": f"{kinds[0].category}.{kinds[0].key}" if len(kinds) == 1 else None,
        "agency": next((key for key, name in agencies(case) if name == said.get("agency")), None),
    }
    begun["sections"] = _sections(said, row.table)
    return _filled(begun)


def _sections(said: Mapping[str, Any], prices: PriceTable | None) -> list[dict[str, str]]:
    """Return the sections that the table of prices names, else the whole as the only one."""
    lots = prices.lots(ESTIMATE) if prices else {}
    if lots:
        return [{"lot": name, "estimate": format_yuan(fen)} for name, fen in lots.items()]
    whole = said.get("budget") or (prices.total(ESTIMATE) if prices else None)
    return [{"lot": said.get("name", ""), "estimate": _yuan(whole)}] if whole else []


def notice(row: TakenPaper) -> dict[str, Any]:
    """Return what a notice's form begins with."""
    said = row.confirmed or {}
    moments = {name: datetime.fromisoformat(said[name]) for name in MOMENTS if name in said}
    opening = moments.get("opening")
    at = f"{beijing(opening)}（北京时间）" if opening else ""
    amounts: dict[str, str] = {
        name: f"{_yuan(said[name])} 元" for name in ("budget", "ceiling", "deposit") if name in said
    }
    if row.table is not None:
        amounts["quantity"] = "\n".join("；".join(filter(None, line)) for line in row.table.rows)
    begun = {
        "title": row.title[:300],
        "supply_from": moments.get("sale_from"),
        "supply_until": moments.get("sale_until"),
        "deadline": moments.get("deadline"),
        "owner": said.get("owner"),
        "agency": said.get("agency"),
        "opening": "，".join(part for part in (at, said.get("place", "")) if part),
    }
    return _filled(begun | amounts)


def _filled(begun: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in begun.items() if value}


def _yuan(fen: str | int) -> str:
    return format_yuan(int(fen))
