"""The section of a trade that an address names, for pages and programs alike."""

from __future__ import annotations

from collections.abc import Sequence

from flask import abort, request

from trading.registration.project import Section


def section_asked(found: Sequence[Section]) -> Section:
    """Return the section that the address names, else the first; 404 for none of the trade."""
    told = request.args.get("section", "")
    named = next((each for each in found if told in ("", str(each.id))), None)
    if named is None:
        abort(404, "没有此标段 / no such section")
    return named
