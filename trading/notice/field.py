"""What a notice must say, where it appears, and words in it that call for a look: as data."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from monitor.refusal import Invalid

PATH = Path(__file__).with_name("field.toml")
MAX_TEXT = 100_000


@dataclass(frozen=True, slots=True)
class Warned:
    """A passage that may discriminate (招标投标法实施条例 32, 政府采购法实施条例 20)."""

    key: str
    field: str
    passage: str
    zh: str
    en: str


@cache
def _data() -> dict[str, dict[str, dict[str, object]]]:
    return tomllib.loads(PATH.read_text(encoding="utf-8"))


def label(key: str) -> str:
    """Return a field's name, 中文 / English."""
    entry = _data()["field"][key]
    return f"{entry['zh']} / {entry['en']}"


def required(category: str) -> Sequence[str]:
    """Return the fields that a notice of the category must have."""
    keys = _data()["required"][category]["keys"]
    return [str(key) for key in keys] if isinstance(keys, list) else []


def check_fields(category: str, fields: Mapping[str, str]) -> None:
    """Refuse an unknown or empty field, or a required one left out; raises Invalid."""
    basis = str(_data()["required"][category]["basis"])
    for key, text in fields.items():
        if key not in _data()["field"]:
            raise Invalid(f"fields.{key}", "公告没有此项 / a notice has no such field")
        if not text.strip() or len(text) > MAX_TEXT:
            raise Invalid(f"fields.{key}", "内容为空或过长 / empty or too long")
    for key in required(category):
        if key not in fields:
            raise Invalid(f"fields.{key}", f"公告缺少：{label(key)}", rule=basis)


def check_media(category: str, media: Sequence[str]) -> None:
    """Refuse an unknown medium, or a notice without the designated one; raises Invalid."""
    known = _data()["medium"]
    if not media or len(set(media)) != len(media) or not set(media) <= set(known):
        raise Invalid("media", "发布媒介有误 / no such medium, or one twice")
    designated = {name for name, entry in known.items() if category in _listed(entry)}
    if designated and not designated & set(media):
        raise Invalid(
            "media", "须在指定媒介发布 / the designated medium is missing", rule="招标投标法 16"
        )


def _listed(entry: Mapping[str, object]) -> list[str]:
    categories = entry["categories"]
    return [str(item) for item in categories] if isinstance(categories, list) else []


def lint(fields: Mapping[str, str]) -> list[Warned]:
    """Return passages that may discriminate; people decide, so nothing is refused."""
    found = []
    for field, text in fields.items():
        for key, entry in _data()["lint"].items():
            match = re.search(str(entry["pattern"]), text)
            if match:
                zh, en = str(entry["zh"]), str(entry["en"])
                found.append(Warned(key, field, match.group(), zh, en))
    return found


def keys() -> Sequence[str]:
    """Return every field that a notice may have."""
    return list(_data()["field"])


def media(category: str) -> dict[str, tuple[str, bool]]:
    """Return each medium's name, 中文 / English, and whether it is designated for the category."""
    return {
        key: (f"{entry['zh']} / {entry['en']}", category in _listed(entry))
        for key, entry in _data()["medium"].items()
        if not _listed(entry) or category in _listed(entry)
    }
