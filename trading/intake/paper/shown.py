"""What a paper proposes, as JSON: for the page, for programs, and for the row that is kept."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from trading.intake.finding import Finding
from trading.intake.paper.price import MOST_COLUMNS, MOST_ROWS
from trading.intake.paper.proposal import Paper, Proposed
from trading.intake.paper.value import told
from trading.intake.pdf.page import Box


def shown(paper: Paper) -> dict[str, Any]:
    """Return the proposal: each field with its value as text, its page and box, its findings."""
    return {
        "fields": {one.name.removesuffix("_fen"): _field(one) for one in paper.fields},
        "about": _findings(paper.about),
        "prices": _prices(paper),
        "read": list(paper.read),
    }


def _field(one: Proposed) -> dict[str, Any]:
    return {
        "value": told(one.value),
        "found": one.found,
        "severity": one.severity.value,
        "findings": _findings(one.findings),
        **_place(one.box),
    }


def _prices(paper: Paper) -> dict[str, Any]:
    grid = paper.prices
    return {
        "findings": _findings(paper.price_findings),
        "head": list(grid.head[:MOST_COLUMNS]) if grid else [],
        "rows": [list(row[:MOST_COLUMNS]) for row in grid.rows[:MOST_ROWS]] if grid else [],
        "count": len(grid.rows) if grid else 0,
        "columns": len(grid.head) if grid else 0,
        **_place(grid.boxes[0] if grid else None),
    }


def _place(box: Box | None) -> dict[str, Any]:
    """Return page and box, in hundredths of a point: whole numbers alone are canonical."""
    if box is None:
        return {"page": None, "box": None}
    edges = (box.left, box.top, box.right, box.bottom)
    return {"page": box.page, "box": [round(100 * one) for one in edges]}


def _findings(found: Iterable[Finding]) -> list[dict[str, str]]:
    return [
        {
            "severity": one.severity.value,
            "found": one.found,
            "message": one.message,
            "rule": one.rule,
        }
        for one in found
    ]


def box_of(place: dict[str, Any]) -> Box | None:
    """Return the box that a place tells, in points."""
    if place["box"] is None:
        return None
    left, top, right, bottom = (one / 100 for one in place["box"])
    return Box(place["page"], left, top, right, bottom)
