"""The national portal's export of notices as a file: read, chosen from, and what it leaves open."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from trading.intake.notice import OPENING_KINDS

Item = Mapping[str, Any]

LABELS = {
    "kind": "公告种类 / kind of notice",
    "text": "正文 / text",
    "category": "交易类别 / category",
    "name": "项目名称 / name",
    "region": "地区 / region",
    "owner": "招标人 / owner",
    "agency": "代理机构 / agency",
    "code": "项目编号 / code",
    "method": "交易方式 / method",
    "budget_fen": "预算或估算价 / budget or estimate",
    "ceiling_fen": "最高限价 / price ceiling",
    "deposit_fen": "投标保证金 / bid deposit",
    "published": "发布时间 / published",
    "sale_from": "文件获取起 / documents from",
    "sale_until": "文件获取止 / documents until",
    "deadline": "投标截止 / bid deadline",
    "opening": "开标时间 / opening",
    "place": "开标地点 / place",
}
"""What intake's fields are called in reports."""

_KINDS = {
    "works": (
        ("construction", "施工|总承包|EPC"),
        ("service", "监理|勘察|设计|咨询"),
        ("goods", "设备|材料"),
    ),
    "procurement": (
        ("service", "服务|安保|运营|赛事|大赛|运动会|培训|评估|活动|维修|维护"),
        ("goods", ""),
    ),
}
_ELSE = {"works": "construction", "procurement": "goods", "other": "other"}


class NoticeFileInvalid(ValueError):
    """A file is no export of notices, or does not hold the notice that was asked for."""


def read_notices(path: Path) -> list[Item]:
    """Return the notices of a file: a JSON list of objects. Raises NoticeFileInvalid."""
    try:
        loaded = json.loads(path.read_text("utf-8-sig"))
    except OSError as error:
        raise NoticeFileInvalid(f"{path}: 无法读取 / cannot be read: {error.strerror}") from None
    except ValueError:
        raise NoticeFileInvalid(f"{path}: 不是 JSON / is not JSON in UTF-8") from None
    if not isinstance(loaded, list) or not all(isinstance(item, dict) for item in loaded):
        raise NoticeFileInvalid(f"{path}: 应为公告数组 / must be a JSON list of notices")
    if not loaded:
        raise NoticeFileInvalid(f"{path}: 没有公告 / holds no notice")
    return loaded


def find_notice(items: Sequence[Item], wanted: str | None) -> Item:
    """Return the one notice with this project code or record id. Raises NoticeFileInvalid."""
    name = (wanted or "").strip()
    found = [
        item for item in items if name in (said(item, "project_code"), said(item, "record_id"))
    ]
    if not name and len(items) > 1:
        raise NoticeFileInvalid(f"请用 --code 指明一则 / name one by --code: {_listed(items)}")
    if not name or len(found) == 1:
        return (found or list(items))[0]
    if not found:
        raise NoticeFileInvalid(f"{name}: 没有此公告 / no such notice; {_listed(items)}")
    told = ", ".join(f"{said(one, 'record_id')}《{said(one, 'title')[-24:]}》" for one in found)
    raise NoticeFileInvalid(
        f"{name}: 有 {len(found)} 则，请改用记录编号 / several notices, choose by record id: {told}"
    )


def subject_kind(category: str, name: str) -> str:
    """Guess the catalogue's kind of subject from a project's name: notices do not print it."""
    rows = _KINDS.get(category, ())
    return next((kind for kind, words in rows if re.search(words, name)), _ELSE.get(category, ""))


def said(item: Item, key: str) -> str:
    """Return a field of the export as text, or nothing."""
    value = item.get(key)
    return value.strip() if isinstance(value, str) else ""


def _listed(items: Sequence[Item]) -> str:
    """List what opens a trade: by its code, or by its record where the code is another's too."""
    opening = [item for item in items if said(item, "info_type") in OPENING_KINDS]
    codes = [said(item, "project_code") for item in opening]
    names = [
        code if code and codes.count(code) == 1 else said(item, "record_id")
        for item, code in zip(opening, codes, strict=True)
    ]
    return ", ".join(names)
