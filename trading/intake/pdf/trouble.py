"""Why a file could not be read: each kind has a name, and words for whoever dropped the file."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from trading.intake.pdf.limit import Limits


class Trouble(StrEnum):
    """What stood in the way, as the reader found it."""

    EMPTY = "empty"
    NOT_PDF = "not_pdf"
    TOO_LARGE = "too_large"
    ENCRYPTED = "encrypted"
    UNREADABLE = "unreadable"
    NO_PAGES = "no_pages"
    TOO_MANY_PAGES = "too_many_pages"
    NO_TEXT = "no_text"
    TOO_MANY_SIGNS = "too_many_signs"
    TOO_MANY_STROKES = "too_many_strokes"
    UNPACKS_TOO_LARGE = "unpacks_too_large"
    TOOK_TOO_LONG = "took_too_long"
    SAYS_TOO_MUCH = "says_too_much"
    CRASHED = "crashed"
    BUSY = "busy"

    def words(self, limits: Limits) -> str:
        """Return what to tell a person, 中文 / English, with the limit that was met."""
        return _WORDS[self].format(
            **limits.told(), size=limits.file >> 20, room=limits.memory >> 20, out=limits.said >> 20
        )


_WORDS: dict[Trouble, str] = {
    Trouble.EMPTY: "文件是空的 / the file is empty",
    Trouble.NOT_PDF: "不是 PDF 文件 / this is not a PDF",
    Trouble.TOO_LARGE: "文件超过 {size} MiB / the file is over {size} MiB",
    Trouble.ENCRYPTED: (
        "文件有打开口令，请去除口令后再投放 / it needs a password to open: remove it, then drop it"
    ),
    Trouble.UNREADABLE: (
        "PDF 结构损坏，无法读取 / the PDF's structure is broken: it cannot be read"
    ),
    Trouble.NO_PAGES: "文件里没有可以打开的页 / it has no page that can be opened",
    Trouble.TOO_MANY_PAGES: "超过 {pages} 页 / more than {pages} pages",
    Trouble.NO_TEXT: (
        "没有文字层，是扫描件或图片，请按原件手工填写 / "
        "no text in it: a scan or pictures. Type the fields by hand from the paper"
    ),
    Trouble.TOO_MANY_SIGNS: (
        "有一页超过 {signs} 个字符 / one of its pages holds more than {signs} characters"
    ),
    Trouble.TOO_MANY_STROKES: (
        "有一页超过 {strokes} 条线，不作表格识别 / "
        "one of its pages holds more than {strokes} strokes: its tables are not looked for"
    ),
    Trouble.UNPACKS_TOO_LARGE: (
        "展开后超过 {room} MiB 内存（压缩炸弹，或图形引用自身），已中止 / "
        "unpacked it outgrows {room} MiB of memory (a bomb, or drawn within itself): stopped"
    ),
    Trouble.TOOK_TOO_LONG: (
        "读取超过 {cpu} 秒，已中止 / reading took longer than {cpu} s: stopped"
    ),
    Trouble.SAYS_TOO_MUCH: ("读出的内容超过 {out} MiB / what was read from it is over {out} MiB"),
    Trouble.CRASHED: "读取程序意外中止，文件未被读取 / the reader stopped by itself: nothing read",
    Trouble.BUSY: "正在读取其他文件，请稍后再试 / other files are being read: try again shortly",
}


class CannotRead(Exception):
    """A file that was not read: `trouble` names why; the message is `Trouble.words`."""

    def __init__(self, trouble: Trouble, limits: Limits) -> None:
        super().__init__(trouble.words(limits))
        self.trouble = trouble
        self.limits = limits


def named(told: Any) -> Trouble:
    """Return the trouble that the child names; CRASHED for a name that is none."""
    try:
        return Trouble(told)
    except ValueError:
        return Trouble.CRASHED
