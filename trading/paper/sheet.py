"""Sheet: one page form, set by typst with the font that is shipped, to PDF/A-2b."""

import io
import json
import struct
import unicodedata
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta, timezone
from functools import cache
from pathlib import Path

import segno
import typst

_FOLDER = Path(__file__).parent
FONT = _FOLDER / "font" / "NotoSansSC-Regular.ttf"
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
BEIJING = timezone(timedelta(hours=8))


class PaperError(ValueError):
    """A paper that cannot be made: a category without such a letter, a time without a zone."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What the code on the paper leads to: an address and the SHA-256 to compare there."""

    link: str
    digest: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """The text of one paper; every string is shown as it is, none is markup.

    facts: (label, value); head and rows: one table; closing stands after them, notes are small.
    mark: what stands large on every page and in the title of a paper that counts for nothing.
    """

    title: str
    subtitle: str
    number: str
    to: str
    text: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    closing: tuple[str, ...]
    author: str
    proof: Proof
    head: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    notes: tuple[str, ...] = ()
    mark: str = ""


def set_sheet(sheet: Sheet, issued: datetime) -> bytes:
    """Return the PDF/A-2b; the same sheet and time give the same bytes (ISO 19005-2)."""
    words = {name: value for name, value in asdict(sheet).items() if name != "proof"}
    words |= {
        "link": sheet.proof.link,
        "digest": sheet.proof.digest,
        "day": beijing(issued, "%Y年%m月%d日"),
    }
    shown = _shown(words)
    code = _code(f"{sheet.proof.link}#{sheet.proof.digest}")
    inputs = {"data": json.dumps({**shown, "code": code}, ensure_ascii=False)}
    return typst.compile(
        (_FOLDER / "sheet.typ").read_bytes(),
        font_paths=_fonts(),
        sys_inputs=inputs,
        pdf_standards="a-2b",
        timestamp=int(issued.timestamp()),
    )


def beijing(moment: datetime, form: str = "%Y年%m月%d日 %H:%M:%S") -> str:
    """Write an aware time as Beijing time; PaperError for a naive one."""
    if moment.tzinfo is None:
        raise PaperError("a time without a zone / 时间没有时区")
    return moment.astimezone(BEIJING).strftime(form)


def _code(text: str) -> str:
    out = io.BytesIO()
    segno.make(text, micro=False, error="m").save(out, kind="svg", border=2, xmldecl=False)
    return out.getvalue().decode()


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, font_paths=[str(FONT.parent)])


def _shown(words: dict[str, object]) -> dict[str, object]:
    """Write every character that the font lacks, or that hides or turns text, as 〔U+XXXX〕."""
    return {name: _replaced(value) for name, value in words.items()}


def _replaced(value: object) -> object:
    if isinstance(value, str):
        return "".join(s if _visible(s) else f"〔U+{ord(s):04X}〕" for s in _one_line(value))
    assert isinstance(value, tuple)  # noqa: S101
    return [_replaced(item) for item in value]


def _one_line(text: str) -> str:
    return " ".join(text.split("\n"))


def _visible(sign: str) -> bool:
    return (
        unicodedata.category(sign) not in {"Cc", "Cf", "Cs", "Zl", "Zp"}
        and ord(sign) in _coverage()
    )


@cache
def _coverage() -> frozenset[int]:
    """Read the code points that the font has a glyph for (OpenType cmap, format 12)."""
    data = FONT.read_bytes()
    tables = {
        data[at : at + 4]: struct.unpack_from(">I", data, at + 8)[0]
        for at in range(12, 12 + 16 * struct.unpack_from(">H", data, 4)[0], 16)
    }
    start = tables[b"cmap"]
    count = struct.unpack_from(">H", data, start + 2)[0]
    places = [start + struct.unpack_from(">4xI", data, start + 4 + 8 * n)[0] for n in range(count)]
    table = next(at for at in places if struct.unpack_from(">H", data, at)[0] == 12)
    groups = struct.unpack_from(">I", data, table + 12)[0]
    ranges = struct.iter_unpack(">III", data[table + 16 : table + 16 + 12 * groups])
    return frozenset(code for first, last, _ in ranges for code in range(first, last + 1))
