"""A notice as it is begun: lawful dates, and texts of what the platform already knows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from monitor.role import Role
from trading.desk.body import body_of, seated
from trading.desk.dates import Dates, propose
from trading.money import format_yuan
from trading.notice.field import required
from trading.notice.notice import NoticeKind, current_notice
from trading.registration.project import found_project, kind_of, rules_for, sections
from webui.deed.deed import Case

HOUR = timedelta(hours=1)
LAW = {
    "documents": "在本平台免费获取招标文件，注册即可，不设其他条件。",
    "submission": "在本平台递交密封的电子投标文件；投标截止后送达或者未密封的，拒收。",
    "opening": "与投标截止同一时间，在本平台和交易中心开标室公开进行。",
}
"""What holds for every trade here (电子招标投标办法 20, 26, 27, 29)."""
DEMO = {
    "place": "示例市示例路 1 号（演示地点）",
    "time": "合同签订后 180 日历天",
    "funds": "财政资金，已落实",
    "qualification": "具备独立法人资格和与本项目相应的资质（演示）",
    "consortium": "不接受联合体投标",
    "demand": "见招标文件第三章（演示）",
    "notice_period": "自公告发布之日起五个工作日",
    "start_price": "见出让文件（演示）",
    "deposit": "见出让文件（演示）",
    "agency": "无（招标人自行办理）",
    "policy": "见招标文件（演示）",
    "other": "无",
}
"""What a newcomer only reads; in a real folder these places are empty."""


def stands(key: str) -> Callable[[Case], bool]:
    """Return whether a notice of the case's category must say that."""

    def only(case: Case) -> bool:
        return case.project is not None and key in required(case.told(found_project).category)

    return only


def said(key: str) -> Callable[[Case], str]:
    """Return what that place of a notice is begun with."""
    return lambda case: _texts(case).get(key, "")


def title(case: Case) -> str:
    """Return the title that a notice is begun with."""
    word = "采购公告" if case.told(found_project).category == "procurement" else "招标公告"
    more = "更正公告" if kind(case) == NoticeKind.CORRECTION.value else word
    return f"{case.told(found_project).name}{more}"


def kind(case: Case) -> str:
    """Return what kind of notice comes next."""
    return (NoticeKind.CORRECTION if case.told(current_notice) else NoticeKind.TENDER).value


def date(name: str) -> Callable[[Case], datetime]:
    """Return the moment of that name that a notice is begun with."""
    return lambda case: getattr(lawful(case), name)


def lawful(case: Case) -> Dates:
    """Return the earliest lawful dates from now on; those of the last notice where they still are.

    In a demo time stands still, so documents may be had at once; else from the next full hour.
    """
    start = case.now.replace(second=0, microsecond=0) if case.source.demo else _next_hour(case.now)
    last, found = case.told(current_notice), propose(_rules(case), start)
    if last is None:
        return found
    return Dates(
        max(last.supply_from, found.supply_from),
        max(last.supply_until, found.supply_until),
        max(last.deadline, found.deadline),
    )


def _texts(case: Case) -> Mapping[str, str]:
    last = case.told(current_notice)
    if last is not None:
        return {key: str(text) for key, text in last.fields.items()}
    return LAW | (DEMO if case.source.demo else {}) | _known(case)


def _known(case: Case) -> dict[str, str]:
    with case.source.platform.read() as session:
        project = found_project(session, case.id)
        owner = body_of(session, project.owner)
        watchers = seated(session, project.id, Role.DEPARTMENT)
        lots = sections(session, project.id)
    named = f"{owner.name}（统一社会信用代码 {owner.uscc}）" if owner else ""
    estimate = format_yuan(project.estimate_fen)
    address = "，示例市示例路 1 号，电话见平台（演示）" if case.source.demo else ""
    return {
        "owner": f"{named}{address}",
        "nature": f"{project.name}；{kind_of(project).zh}。",
        "quantity": f"{len(lots)} 个标段，估算价合计 {estimate} 元。",
        "budget": f"{estimate} 元",
        "ceiling": f"{estimate} 元",
        "supervision": "、".join(each.name for each in watchers),
    }


def _rules(case: Case) -> Any:
    return rules_for(case.told(found_project), case.now)


def _next_hour(now: datetime) -> datetime:
    return now.astimezone(UTC).replace(minute=0, second=0, microsecond=0) + 2 * HOUR
