"""Notices set in type, as an agency's word processor would hand them over; and what is no text."""

import json
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import typst
from pyhanko.pdf_utils import writer
from pyhanko.pdf_utils.reader import PdfFileReader

FONTS = Path(__file__).parents[4] / "trading" / "paper" / "font"
SOURCE = """
#let data = json(bytes(sys.inputs.data))
#set text(font: "Noto Sans SC", size: 11pt, lang: "zh")
#set page(paper: "a4", numbering: "1 / 1")
#set par(justify: true, first-line-indent: (amount: data.indent * 1em, all: true))
#align(center, text(size: 18pt, data.title))
#for part in data.parts {
  if part == "¶" { pagebreak() } else if type(part) == str { par(part) } else {
    table(columns: part.at(0).len(), ..part.flatten().map(cell => [#cell]))
  }
}
"""
NEW_PAGE = "¶"
Part = str | Sequence[Sequence[str]]


def typeset(title: str, parts: Sequence[Part], indent: int = 2) -> bytes:
    """Set a title, paragraphs and ruled tables (rows of cells) as a PDF."""
    told = json.dumps({"title": title, "parts": parts, "indent": indent}, ensure_ascii=False)
    done: bytes = typst.compile(  # type: ignore[misc]
        SOURCE.encode(),
        font_paths=[str(FONTS)],
        ignore_system_fonts=True,
        sys_inputs={"data": told},
        timestamp=0,
    )
    return done


def locked(file: bytes, password: str) -> bytes:
    """Encrypt a PDF so that it needs a password to open."""
    out = BytesIO()
    made = writer.copy_into_new_writer(PdfFileReader(BytesIO(file)))
    made.encrypt(owner_pass=password, user_pass=password)  # type: ignore[no-untyped-call]
    made.write(out)  # type: ignore[no-untyped-call]
    return out.getvalue()
