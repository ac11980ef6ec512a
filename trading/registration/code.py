"""Codes of projects and sections. Length and form are checked; what the places say is not.

公共资源交易平台系统数据规范: tender project 20 places, section 23 (project + 3), unified trade code
40. The check digit's rule is not at hand, so the unified code is opaque.
"""

from __future__ import annotations

import re

from monitor.refusal import Invalid

STANDARD = re.compile(r"[A-Z]{1,2}[0-9]{18,19}")
PROJECT_LENGTH, SECTION_LENGTH, TRADE_LENGTH, FREE_LENGTH = 20, 23, 40, 50
_RULE = "公共资源交易平台系统数据规范 V2.0"


def checked_project(code: str, form: str) -> str:
    """Return a project code of the form "standard" or "free"; raises Invalid."""
    code = code.strip()
    standard = len(code) == PROJECT_LENGTH and STANDARD.fullmatch(code)
    if form == "standard" and not standard:
        raise Invalid("code", "招标项目编号应为20位 / a project code has 20 places", rule=_RULE)
    if not 0 < len(code) <= FREE_LENGTH or not code.isprintable():
        raise Invalid("code", "项目编号应为1至50字 / a project code has 1 to 50 places", rule=_RULE)
    return code


def section_code(project: str, number: int) -> str:
    """Return the code of a project's section: the project's and three figures from 001."""
    if not 1 <= number <= 999:
        raise Invalid("sections", "标段应为1至999个 / 1 to 999 sections", rule=_RULE)
    return f"{project}{number:03d}"


def checked_trade(code: str | None) -> str | None:
    """Return a unified trade code (统一交易标识码) of 40 places, or none; raises Invalid."""
    if code is None:
        return None
    code = code.strip().upper()
    if len(code) != TRADE_LENGTH or not re.fullmatch(r"[0-9A-Z-]+", code):
        raise Invalid("trade_code", "统一交易标识码应为40位 / 40 places of A-Z, 0-9, -", rule=_RULE)
    return code
