"""Fields that take what is brought from elsewhere: a file, bytes in hex, a JSON document."""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass
from math import isfinite
from typing import Any, ClassVar

from webui.deed.field import PART, Field, Text, Typed

LONGEST, DEEPEST = 200_000, 32
"""Characters of a JSON document, and how deep it may lie in itself."""
SAFE = 2**53 - 1
"""The largest whole number that RFC 8785 writes."""
UNKEPT = re.compile(r"[\x00\ud800-\udfff]")
"""What PostgreSQL's text or UTF-8 cannot hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Blob(Field):
    """A dropped file; base64 by JSON."""

    shape: ClassVar[str] = "file"
    most: int = 48 * 1024
    accept: str = ""

    @property
    def longest(self) -> int:
        """Return how many bytes of a form it may take."""
        return PART + self.most

    def value(self, typed: Typed) -> Any:
        """Return the bytes."""
        try:
            data = typed if isinstance(typed, bytes) else base64.b64decode(typed, validate=True)
        except (binascii.Error, ValueError, TypeError):
            raise self.wrong("文件内容应为 base64 / must be base64") from None
        if len(data) > self.most:
            raise self.wrong(f"文件不超过{self.most // 1024} KiB / at most {self.most} bytes")
        return data


SIGNATURES = {
    "PDF": (b"%PDF-",),
    "Word": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"PK\x03\x04"),
    "OFD": (b"PK\x03\x04",),
    "ZIP": (b"PK\x03\x04",),
}
"""How files of each kind begin; docx and OFD are ZIP by their very formats."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper(Blob):
    """A dropped file that must begin as one of its kinds does, whatever its name says."""

    kinds: tuple[str, ...]

    def value(self, typed: Typed) -> Any:
        """Return the bytes; raises Invalid for what is none of the kinds."""
        data = super(Paper, self).value(typed)
        begins = tuple(each for kind in self.kinds for each in SIGNATURES[kind])
        if not data.startswith(begins):
            raise self.wrong(
                f"文件不是 {'、'.join(self.kinds)}，没有采用；请选择另一个文件 / "
                f"the file is no {', '.join(self.kinds)} and was not taken: choose another"
            )
        return data


def can_be_kept(told: object) -> bool:
    """Tell whether JSON is what RFC 8785 can write and the database keep: whole numbers, text."""
    level = [told]
    for _ in range(DEEPEST):
        if not all(_plain(each) for each in level):
            return False
        level = [one for each in level for one in _inside(each)]
        if not level:
            return True
    return False


def _inside(told: object) -> list[object]:
    if isinstance(told, dict):
        return [*told, *told.values()]
    return told if isinstance(told, list) else []


def _plain(told: object) -> bool:
    if isinstance(told, str):
        return UNKEPT.search(told) is None
    if isinstance(told, float):
        return isfinite(told)
    return not isinstance(told, int) or abs(told) <= SAFE


@dataclass(frozen=True, slots=True, kw_only=True)
class Document(Field):
    """A JSON document: an object or a list, pasted or sent as it stands."""

    shape: ClassVar[str] = "long"
    most: int = LONGEST

    def value(self, typed: Typed) -> Any:
        """Return the document."""
        told = typed if isinstance(typed, dict | list) else self._read(typed)
        if not isinstance(told, dict | list):
            raise self.wrong("应为 JSON 对象 / must be a JSON object")
        if not can_be_kept(told):
            raise self.wrong(
                "JSON 过深、数过大或者含有无法保存的字符 / "
                "too deep, a number too large, or a sign that cannot be kept"
            )
        if len(json.dumps(told, ensure_ascii=False)) > self.most:
            raise self.wrong(f"不超过{self.most}字 / at most {self.most} characters")
        return told

    def _read(self, typed: Typed) -> Any:
        try:
            return json.loads(self.text(typed, self.most))
        except (ValueError, RecursionError):
            raise self.wrong("应为 JSON / must be JSON") from None


class Object(Document):
    """A JSON object."""

    shape: ClassVar[str] = "long"

    def value(self, typed: Typed) -> Any:
        """Return the object."""
        told = super().value(typed)
        if not isinstance(told, dict):
            raise self.wrong("应为 JSON 对象 / must be a JSON object")
        return told


class List(Document):
    """A JSON list."""

    def value(self, typed: Typed) -> Any:
        """Return the list."""
        told = super().value(typed)
        if not isinstance(told, list):
            raise self.wrong("应为 JSON 数组 / must be a JSON list")
        return told


class Bytes(Text):
    """Bytes in lower-case hex."""

    def value(self, typed: Typed) -> Any:
        """Return the bytes."""
        try:
            return bytes.fromhex(self.text(typed, 400))
        except ValueError:
            raise self.wrong("应为十六进制 / must be hex") from None
