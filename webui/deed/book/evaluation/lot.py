"""The deed of draws from a list: agencies, equal bidders, coefficients, items and enterprises."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

from experts.ceremony.mail.list import CHOICE, MOST_LINES, Roll, request_list
from experts.ceremony.mail.purpose import PURPOSES, Entry
from monitor.refusal import Invalid
from monitor.role import Role
from webui.deed.book.draw import beacons, section_field, sheet
from webui.deed.brought import Blob
from webui.deed.choice import Choice
from webui.deed.deed import Case, Deed, Values
from webui.deed.field import Text, Tick, Whole
from webui.deed.fill.draw import manner_of
from webui.deed.rows import Rows
from webui.page.language import text as words

LIST = 32 * 1024 * 1024


def _purposes(case: Case) -> Iterable[tuple[str, str]]:
    """Offer what this actor may have drawn, from a list or (the centre) from the pool."""
    for name, each in PURPOSES.items():
        if not each.of_people and case.actor.role in each.asked_by:
            yield name, words(f"draw.purpose.{name}")


def _list_brief(case: Case) -> Iterable[tuple[str, Any]]:
    """An owner is told first that it need not have anything drawn (招标投标法 12)."""
    if case.actor.role is Role.TENDEREE:
        yield "draw.free_choice", CHOICE


def _lined(_: Case, values: Values) -> Values:
    """Number the strata as they stand; a line without a stratum stands for all of them."""
    strata = [(str(row["stratum"]), int(row["seats"])) for row in values["strata"]]
    codes = {name: code for code, (name, _) in enumerate(strata, 1)}
    rows = [*(values["lines"] or []), *_sheet_of(values["file"])]
    return {
        "section": values["section"],
        "manner": manner_of(values),
        "roll": Roll(strata, [_line(row, codes) for row in rows]),
        "choice": bool(values.get("choice")),
        "reason": values["reason"] or "",
    }


def _line(row: Mapping[str, Any], codes: Mapping[str, int]) -> Entry:
    name, told = str(row["name"]).strip(), str(row.get("of") or "").strip()
    named = [told] if told else list(codes)
    unknown = [each for each in named if each not in codes]
    if unknown:
        raise Invalid("lines", f"没有此层 / no such stratum: {unknown[0]}")
    try:
        weight = int(row.get("weight") or 1)
    except ValueError:
        raise Invalid("lines", "权重应为整数 / a weight is a whole number") from None
    strata = tuple(sorted(codes[each] for each in named))
    return Entry(name, strata, str(row.get("unit") or "").strip(), weight)


def _sheet_of(data: bytes | None) -> list[dict[str, Any]]:
    """Read a CSV with the columns name, of, unit, weight; raises Invalid."""
    if not data:
        return []
    try:
        text = data.decode("utf-8-sig")
        told = list(islice(csv.DictReader(io.StringIO(text), strict=True), MOST_LINES + 1))
    except (UnicodeDecodeError, csv.Error):
        raise Invalid("file", "应为 UTF-8 编码的 CSV / must be a CSV in UTF-8") from None
    if "\0" in text:
        raise Invalid("file", "含有不可见字符 / holds characters that cannot be seen")
    if told and "name" not in told[0]:
        raise Invalid("file", "首行须有 name 列 / the first line must name a column `name`")
    return [{key: value or "" for key, value in row.items() if key} for row in told]


STRATUM = (
    Text("stratum", most=80, words="层次 / Stratum"),
    Whole("seats", greatest=10_000),
)
LINE = (
    Text("name", most=200, words="名称 / Name"),
    Text("of", required=False, most=80, words="层次（空则全部）/ Stratum, or all"),
    Text("unit", required=False, most=200, words="所属单位 / Unit"),
    Whole("weight", required=False, greatest=16, words="权重 / Weight"),
)
DEEDS = (
    Deed(
        request_list,
        (
            section_field(),
            Choice("purpose", options=_purposes, words="用途 / Purpose"),
            Rows("strata", columns=STRATUM, words="层次与名额 / Strata and seats"),
            Rows("lines", columns=LINE, required=False, words="名单 / Lines"),
            Blob("file", required=False, most=LIST, hint="draw.list_hint"),
            Choice("beacon", required=False, options=beacons, words="随机源 / Randomness"),
            Tick(
                "choice",
                required=False,
                words=CHOICE,
                only=lambda case: case.actor.role is Role.TENDEREE,
            ),
            Text("reason", required=False, hint="draw.reason_hint"),
        ),
        _lined,
        brief=_list_brief,
        after=sheet,
    ),
)
