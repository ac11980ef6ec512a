"""One plain notice that has nothing wrong, for tests to spoil."""

from typing import Any

from trading.intake.finding import Intake, Severity
from trading.intake.notice import read_notice

ITEM: dict[str, Any] = {
    "title": "某县体育馆公开招标公告",
    "publish_date": "2026-03-16 10:00",
    "region": "福建省",
    "issuer": "",
    "agency": "",
    "budget": "",
    "project_code": "E3506010601100717001",
    "detail_url": "https://x/html/a/350000/0101/20260316/1.html",
    "business_type": "工程建设",
    "info_type": "招标/资审公告",
    "record_id": "r1",
    "structured_fields": {},
    "content_text": (
        "一、项目概况\n招标项目名称：某县体育馆\n招标人：某县教育局\n招标代理机构：某某咨询有限公司\n"
        "招标方式：公开招标\n合同估算价：500万元\n最高限价：490万元\n投标保证金：10万元\n"
        "请于2026年3月17日09:00至2026年3月31日17:00（北京时间）获取招标文件\n"
        "投标截止时间：2026年4月20日09:30\n开标时间：2026年4月20日09:30\n开标地点：开标一室\n"
    ),
}


def changed(**values: Any) -> Intake:
    return read_notice(ITEM | values)


def said(old: str, new: str) -> Intake:
    """Take in the model notice with one part of its text changed."""
    assert old in ITEM["content_text"]
    return changed(content_text=ITEM["content_text"].replace(old, new))


def worst(intake: Intake, field: str) -> Severity:
    order = list(Severity)
    return max((one.severity for one in intake.of(field)), key=order.index)
