"""A paper's table of prices: as rows of a form, as a file of tender documents, as their terms."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable, Mapping
from string import ascii_lowercase
from typing import Any
from uuid import UUID

from trading.intake.paper.price import CEILING, MOST_COLUMNS, PriceTable
from trading.intake.paper.taken import TakenPaper, held_papers, open_paper
from trading.money import format_yuan
from trading.paper.keeping import Stored
from webui.deed.deed import Case, Values
from webui.deed.field import Text
from webui.page.language import text
from webui.page.show import cell

LETTERS = ascii_lowercase[:MOST_COLUMNS]
CELLS = tuple(
    Text(letter, required=False, most=300, words=f"第{at}列 / column {at}")
    for at, letter in enumerate(LETTERS, 1)
)
"""A row of the table: its columns by letter, for each table has a head of its own."""
Cells = Mapping[str, Any]


def table(values: Values) -> PriceTable | None:
    """Return the table that was filled in; None where nothing is left of it."""
    head: Cells = next(iter(values["price_head"] or ()), {})
    rows = values["prices"] or ()
    if not rows:
        return None
    width = max(_width(each) for each in (head, *rows))
    return PriceTable(_line(head, width), tuple(_line(each, width) for each in rows))


def cells(found: PriceTable | None) -> dict[str, list[dict[str, str]]]:
    """Return a table as it stands in a form."""
    if found is None:
        return {}
    return {
        "price_head": [dict(zip(LETTERS, found.head, strict=False))],
        "prices": [dict(zip(LETTERS, row, strict=False)) for row in found.rows],
    }


def with_table(case: Case) -> Iterable[tuple[str, str]]:
    """Return the confirmed papers that hold a table of prices, to issue it with the documents."""
    with case.source.platform.read() as session:
        held = [one.row for one in held_papers(session, case.actor)]
    for row in held:
        if row.aside_at is None and row.table is not None:
            count = text("paper.rows", count=len(row.table.rows))
            yield (
                str(row.id),
                (row.title or text("paper.untitled")) + text("part.brackets", words=count),
            )


def stored(case: Case, paper: UUID | None) -> Stored | None:
    """Put the table of a confirmed paper into the store as CSV; None where there is none.

    Raises NotFound for another's paper, WrongStage for one put aside.
    """
    if paper is None:
        return None
    with case.source.platform.read() as session:
        row = open_paper(session, paper, case.actor)
    if row.table is None:
        return None
    body = _csv(row.table)
    digest = hashlib.sha256(body).digest()
    name = f"price-table-{digest.hex()[:12]}.csv"
    return Stored("tender", name, "价格表", digest, len(body), case.source.store.put(body))


def terms(begun: Iterable[Cells], names: Mapping[str, str], row: TakenPaper) -> list[Cells]:
    """Return the terms of a trade's sections, with what a confirmed paper says of them.

    `begun` is what they start with; `names` are the sections' own. What is said of the trade as a
    whole is that of its only section.
    """
    said, told = row.confirmed or {}, row.table
    lots = told.lots(CEILING) if told else {}
    found = [dict(each) for each in begun]
    for each in found:
        each["deposit"], each["ceiling"] = _yuan(each["deposit"]), _yuan(each["ceiling"])
        if (fen := lots.get(names.get(each["lot"], ""))) is not None:
            each["ceiling"] = format_yuan(fen)
    if len(found) == 1:
        ceiling = said.get("ceiling") or (told.total(CEILING) if told else None)
        found[0] |= {"ceiling": format_yuan(int(ceiling))} if ceiling else {}
        found[0] |= {"deposit": format_yuan(int(said["deposit"]))} if "deposit" in said else {}
    return list(found)


def _yuan(fen: int | str) -> str:
    return format_yuan(fen) if isinstance(fen, int) else fen


def _width(row: Cells) -> int:
    return max((at for at, letter in enumerate(LETTERS, 1) if row.get(letter)), default=0)


def _line(row: Cells, width: int) -> tuple[str, ...]:
    return tuple(row.get(letter) or "" for letter in LETTERS[:width])


def _csv(found: PriceTable) -> bytes:
    """Write it as CSV (RFC 4180) after a byte order mark, for spreadsheets' sake."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerows([cell(each) for each in row] for row in (found.head, *found.rows))
    return ("\ufeff" + out.getvalue()).encode()
