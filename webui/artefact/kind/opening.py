"""opening-record.json 开标记录: its form, and the record in the log that names its digest."""

import hashlib
from collections.abc import Iterator

from monitor.log.canonical import parse
from webui.artefact.book import Book
from webui.artefact.line import Line, failed, passed

FORM = "batong-opening/1"
_ROW = {"bid", "mask", "name", "uscc", "arrived", "manifest", "before_addendum"}
_READ = {"price_fen", "price_words", "period_days", "quality", "remarks"}


def check_opening(name: str, data: bytes, book: Book) -> Iterator[Line]:
    """Check the form of an opening record, and that the log or the archive holds this very one."""
    value = parse(data.removesuffix(b"\n"))
    bids = value.get("bids") if isinstance(value, dict) else None
    if not isinstance(value, dict) or value.get("v") != FORM or not isinstance(bids, list):
        yield failed(name, f"不是 {FORM} / is not of that form")
        return
    for number, row in enumerate(bids, 1):
        shown = set(row) - _ROW if isinstance(row, dict) else set()
        if not isinstance(row, dict) or _ROW - set(row) or shown not in ({"undecrypted"}, _READ):
            yield failed(f"{name} row {number}", "缺项或多项 / a member is missing or too many")
            return
    opened = sum("price_fen" in row for row in bids if isinstance(row, dict))
    yield passed(name, f"{len(bids)} 份投标，开启 {opened} 份 / {len(bids)} bids, {opened} opened")
    yield book.vouch("opening", name, hashlib.sha256(data).hexdigest())
