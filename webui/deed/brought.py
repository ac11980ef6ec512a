"""Fields that take what is brought from elsewhere: a file, bytes in hex, a JSON document."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Any, ClassVar

from webui.deed.field import Field, Text, Typed


@dataclass(frozen=True, slots=True, kw_only=True)
class Blob(Field):
    """A dropped file; base64 by JSON."""

    shape: ClassVar[str] = "file"
    most: int = 48 * 1024
    accept: str = ""

    def value(self, typed: Typed) -> Any:
        """Return the bytes."""
        try:
            data = typed if isinstance(typed, bytes) else base64.b64decode(typed, validate=True)
        except (binascii.Error, ValueError, TypeError):
            raise self.wrong("文件内容应为 base64 / must be base64") from None
        if len(data) > self.most:
            raise self.wrong(f"文件不超过{self.most // 1024} KiB / at most {self.most} bytes")
        return data


@dataclass(frozen=True, slots=True, kw_only=True)
class Document(Field):
    """A JSON document: an object or a list, pasted or sent as it stands."""

    shape: ClassVar[str] = "long"

    def value(self, typed: Typed) -> Any:
        """Return the document."""
        if isinstance(typed, dict | list):
            return typed
        try:
            told = json.loads(self.text(typed, 200_000))
        except ValueError:
            raise self.wrong("应为 JSON / must be JSON") from None
        if not isinstance(told, dict | list):
            raise self.wrong("应为 JSON 对象 / must be a JSON object")
        return told


class Object(Document):
    """A JSON object; a sign that no database keeps is refused here, wherever in it it stands."""

    shape: ClassVar[str] = "long"

    def value(self, typed: Typed) -> Any:
        """Return the object."""
        told = super().value(typed)
        if not isinstance(told, dict) or "\\u0000" in json.dumps(told):
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
