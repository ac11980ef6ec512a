"""Fields that take what is brought from elsewhere: a file, bytes in hex, a JSON document."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from math import isfinite
from typing import Any, ClassVar

from webui.deed.field import PART, Field, Text, Typed

LONGEST, DEEPEST = 200_000, 32
"""Characters of a JSON document, and how deep it may lie in itself."""
SAFE = 2**53 - 1
"""The largest whole number that RFC 8785 writes."""


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
        return not any(sign == "\0" or "\ud800" <= sign <= "\udfff" for sign in told)
    if isinstance(told, float):
        return isfinite(told)
    return not isinstance(told, int) or abs(told) <= SAFE


@dataclass(frozen=True, slots=True, kw_only=True)
class Document(Field):
    """A JSON document: an object or a list, pasted or sent as it stands."""

    shape: ClassVar[str] = "long"

    @property
    def longest(self) -> int:
        """Return how many bytes of a form it may take."""
        return PART + 4 * LONGEST

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
        if len(json.dumps(told, ensure_ascii=False)) > LONGEST:
            raise self.wrong(f"不超过{LONGEST}字 / at most {LONGEST} characters")
        return told

    def _read(self, typed: Typed) -> Any:
        try:
            return json.loads(self.text(typed, LONGEST))
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
