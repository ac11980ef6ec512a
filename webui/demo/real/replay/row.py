"""The rows of a real opening as they are replayed: in the order in which the bids came in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from monitor.law.workday import SHANGHAI
from webui.demo.real.file import RealInputInvalid, read_opening
from webui.demo.real.opening import Entry, middle, read_rows

MOMENTS = ("received_at", "decrypt_instruction_at")
FEWEST = 3
"""Fewer are not opened (招标投标法实施条例 44)."""


@dataclass(frozen=True, slots=True)
class Row:
    """One tenderer of the record; `released` is None for one that never opened its bid.

    Of such a one the record holds no price: `price_fen` is invented, and no comparison uses it.
    """

    name: str
    uscc: str
    price_fen: int
    received: datetime
    sign_in: int
    released: datetime | None


@dataclass(frozen=True, slots=True)
class Opening:
    """The rows by received time, then sign-in; what was left out and invented is told in lines."""

    rows: tuple[Row, ...]
    lines: tuple[str, ...]

    @property
    def released(self) -> list[Row]:
        """Return those that opened by themselves, in the order of their instructions."""
        done = [(row.released, row) for row in self.rows if row.released is not None]
        return [row for _, row in sorted(done, key=lambda each: each[0])]


def read_record(path: Path, bidders: int | None) -> Opening:
    """Return a record's opening, or `bidders` of it; raises RealInputInvalid.

    Of a part are first those that never opened their bid, at most a quarter of it.
    """
    raw = read_opening(path)
    if missing := [name for name in MOMENTS if name not in raw[0]]:
        raise RealInputInvalid(f"{path}: 缺少列 / lacks the columns: {', '.join(missing)}")
    lines: list[str] = []
    entries = read_rows(raw, lines)
    count = len(entries) if bidders is None else bidders
    if not FEWEST <= count <= len(entries):
        raise RealInputInvalid(
            f"--bidders 应为 {FEWEST} 至 {len(entries)} / must be {FEWEST} to {len(entries)}"
        )
    chosen = _part(entries, count)
    invented = middle(entries)
    rows = [_row(path, entry, invented) for entry in chosen]
    lines += [
        f"{row.name} {row.uscc}: 现实中未解密，记录无报价 → 虚构报价，由受托人打开，不参与比对 / "
        "never released; its price is invented, opened by trustees, left out of the comparison"
        for row in rows
        if row.released is None
    ]
    return Opening(tuple(sorted(rows, key=lambda row: (row.received, row.sign_in))), tuple(lines))


def _part(entries: Sequence[Entry], count: int) -> list[Entry]:
    if count == len(entries):
        return list(entries)
    shut = [one for one in entries if not one.opened][: max(1, count // 4)]
    return [*shut, *[one for one in entries if one.opened][: count - len(shut)]]


def _row(path: Path, entry: Entry, invented: int) -> Row:
    told = entry.row
    try:
        released = _moment(told, "decrypt_instruction_at") if entry.opened else None
        received, sign_in = _moment(told, "received_at"), int(told["sign_in_order"])
    except ValueError:
        raise RealInputInvalid(
            f"{path}: {entry.name} 的时间或签到序号无法读出 / a moment or number cannot be read"
        ) from None
    if entry.opened and not entry.price_fen:
        raise RealInputInvalid(f"{path}: {entry.name} 无报价 / opened, yet without a price")
    price = entry.price_fen if entry.opened else invented
    return Row(entry.name, entry.uscc, price, received, sign_in, released)


def _moment(told: Mapping[str, str], name: str) -> datetime:
    return datetime.fromisoformat(told[name].strip()).replace(tzinfo=SHANGHAI)
