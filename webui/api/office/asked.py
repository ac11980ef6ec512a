"""Who asks for an office's readings, and which page of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

from flask import abort

from monitor.role import SEALED_ROLES, Role
from webui.page.query import Query
from webui.page.wearer import Wearer, proven_twice, wearer

PAGE = 50
"""Rows of a page."""
Row = TypeVar("Row")


def asker(*roles: Role) -> Wearer:
    """Return who asks; answers 401 to nobody, 403 to another role or an office not proven twice."""
    found = wearer()
    if found is None:
        abort(401, "请先登录 / sign in first")
    if roles and found.role not in roles:
        abort(403, "当前身份不看此项 / this is not for the office that you act from")
    if roles and found.role in SEALED_ROLES and not proven_twice(found):
        abort(403, "请先设置第二验证 / set up the second factor first")
    return found


def page_asked() -> int:
    """Return the page that is asked for; raises BadQuery for what is none."""
    query = Query()
    page = query.page()
    query.require()
    return page


def needed(page: int) -> int:
    """Return how many rows tell a page, and whether more follow."""
    return page * PAGE + 1


def paged(rows: Sequence[Row], page: int) -> tuple[Sequence[Row], dict[str, int | bool]]:
    """Return the rows of a page, and what tells of it: its number, and whether more follow."""
    end = page * PAGE
    return rows[end - PAGE : end], {"page": page, "more": len(rows) > end}


def iso(moment: datetime | None) -> str | None:
    """Write a moment, if there is one."""
    return moment.isoformat() if moment else None
