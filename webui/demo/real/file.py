"""Real input as files: a notice by its code, the first rows of an opening record."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

from webui.demo.plan import Plan, fiction
from webui.demo.real.opening import COLUMNS
from webui.demo.real.subject import plan_from
from webui.intake.portal import find_notice, read_notices

MOST = 150
"""More bidders than that need more sub-accounts and minutes than the play has."""


class RealInputInvalid(ValueError):
    """A file or an option of the real input cannot be used; says which and why."""


def plan_from_files(
    notice: Path | None, code: str | None, opening: Path | None, bidders: int | None
) -> Plan:
    """Return the plan of the given files; the demo's own trade when there are none.

    Raises RealInputInvalid, NoticeFileInvalid, NotTender: each a ValueError in one message.
    """
    if notice is None and opening is None:
        _require(code is None, "--code 须与 --notice 同用 / --code goes with --notice")
        _require(bidders is None, "--bidders 须与 --opening 同用 / --bidders goes with --opening")
        return fiction()
    _require(notice or code is None, "--code 须与 --notice 同用 / --code goes with --notice")
    item = find_notice(read_notices(notice), code) if notice else None
    if opening is None:
        _require(bidders is None, "--bidders 须与 --opening 同用 / --bidders goes with --opening")
        return plan_from(item)
    return plan_from(item, _first(opening, bidders))


def _first(path: Path, wanted: int | None) -> list[Mapping[str, str]]:
    rows = read_opening(path)
    most = min(len(rows), MOST)
    count = most if wanted is None else wanted
    _require(
        1 <= count <= most,
        f"--bidders 应为 1 至 {most} / must be 1 to {most}（{len(rows)} 行 / rows）",
    )
    return rows[:count]


def read_opening(path: Path) -> list[Mapping[str, str]]:
    """Return the rows of an opening record in the file's order. Raises RealInputInvalid."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines)
            rows: list[Mapping[str, str]] = list(reader)
            missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
    except OSError as error:
        raise RealInputInvalid(f"{path}: 无法读取 / cannot be read: {error.strerror}") from None
    except (UnicodeDecodeError, csv.Error):
        raise RealInputInvalid(f"{path}: 不是 UTF-8 的 CSV / is no CSV in UTF-8") from None
    _require(not missing, f"{path}: 缺少列 / lacks the columns: {', '.join(missing)}")
    _require(rows, f"{path}: 没有投标人 / holds no bidder")
    return rows


def _require(condition: object, message: str) -> None:
    if not condition:
        raise RealInputInvalid(message)
