"""Take in one real notice: what it says field by field, and what it lacks or gets wrong."""

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from monitor.refusal import Invalid
from trading.intake import figure
from trading.intake.finding import Intake, Severity
from trading.intake.judge import judge
from trading.intake.reading import Text, moment
from trading.intake.report import Candidate, Report
from trading.registration.catalogue import load
from trading.registration.code import STANDARD, checked_project

OPENING_KINDS = frozenset({"招标/资审公告", "采购/资审公告", "交易公告"})
_NO_NAME = re.compile(r"[（(]?(?:盖章|公章|签字或盖章)[）)]?|[/\-—无]*")
_TITLE_METHOD = re.compile("公开招标|邀请招标|竞争性谈判|竞争性磋商|询价|单一来源")
_DAMAGE = {
    r"\ufffd|锟斤拷|[ÃÂâæçè][\x80-\xbf¤-¿]": ("乱码 / characters destroyed", Severity.BROKEN),
    r"</?[a-z]+>|&[a-z]+;?|\{[a-z-]+:[^}]*\}": ("残留网页代码 / left-over markup", Severity.DOUBT),
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}": ("夹杂内部标识 / internal ids", Severity.DOUBT),
}
_SHORT = 30


def read_notice(item: Mapping[str, Any]) -> Intake:
    """Return proposed fields and findings of one notice (keys as the national portal's export).

    Nothing is corrected: a value is as printed, or it is not proposed and a finding says why.
    """
    report = Report()
    text = Text(_said(item, "content_text"))
    _condition(report, text.raw)
    _kind(report, item)
    _category(report, _said(item, "business_type"))
    _name(report, text, _said(item, "title"))
    _unit(report, text, "owner", _said(item, "issuer"))
    _unit(report, text, "agency", _said(item, "agency"))
    _code(report, text, _said(item, "project_code"))
    _region(report, _said(item, "region"), _said(item, "detail_url"))
    _method(report, text, _said(item, "title"))
    figure.amounts(report, text, _said(item, "budget"))
    _published(report, _said(item, "publish_date"))
    figure.moments(report, text, item.get("structured_fields") or {})
    _place(report, text)
    judge(report)
    return report.intake(_said(item, "record_id"))


def _said(item: Mapping[str, Any], key: str) -> str:
    value = item.get(key)
    return value.strip() if isinstance(value, str) else ""


def _condition(report: Report, raw: str) -> None:
    """Say in what state the text is."""
    if len(raw) < _SHORT:
        message = "正文缺失或过短 / no text, or next to none"
        report.add("text", Severity.MISSING, raw, message, "招标公告和公示信息发布管理办法 5")
    for pattern, (message, severity) in _DAMAGE.items():
        if found := re.search(pattern, raw):
            report.add("text", severity, found[0], message)


def _kind(report: Report, item: Mapping[str, Any]) -> None:
    kind = _said(item, "info_type")
    if kind in OPENING_KINDS:
        report.add("kind", Severity.READ, kind, "可据以登记 / opens a trade")
    else:
        report.doubt("kind", kind, "不是启动交易的公告，许多字段本不在内 / opens no trade")


def _category(report: Report, printed: str) -> None:
    for key, category in load().categories.items():
        if category.zh == printed:
            report.propose("category", key, printed)
            return
    report.doubt("category", printed, "交易类别不在目录 / not a category of the catalogue")


def _name(report: Report, text: Text, title: str) -> None:
    hits = [Candidate(hit.value, hit.snippet, hit.at) for hit in text.hits("line", "name")]
    if not hits and title:
        report.doubt("name", title, "正文无项目名称，标题不作项目名称 / only a title, not a name")
    report.choose("name", hits)
    _whole(report, "name")


def _unit(report: Report, text: Text, field: str, portal: str) -> None:
    """Read the owner or the agency; a place for a seal is not a name."""
    hits = [Candidate(hit.value, hit.snippet, hit.at) for hit in text.hits("line", field)]
    hits += [Candidate("".join(portal.split()), f"门户 / portal: {portal}")] if portal else []
    for hit in hits:
        if _NO_NAME.fullmatch(hit.value):
            report.add(field, Severity.BROKEN, hit.found, "不是单位名称 / not the name of a unit")
    report.choose(field, [hit for hit in hits if not _NO_NAME.fullmatch(hit.value)])
    _whole(report, field)


def _whole(report: Report, field: str) -> None:
    """A bracket that does not close shows that the source broke the value."""
    value = report.values.get(field, "")
    if sum(map(value.count, "（(")) != sum(map(value.count, "）)")):
        report.doubt(field, value, "括号不成对，原文可能断行 / a bracket is open: cut at a line?")


def _code(report: Report, text: Text, portal: str) -> None:
    printed = [Candidate(hit.value, hit.snippet, hit.at) for hit in text.hits("line", "code")]
    category = report.values.get("category")
    if not portal:
        report.choose("code", printed)
        return
    try:
        form = load().category(category or "other").code
        checked_project(portal, form)
        report.propose("code", portal, f"门户 / portal: {portal}")
    except Invalid as fault:
        report.add("code", Severity.BROKEN, portal, str(fault), fault.rule)
    if others := [one.found for one in printed if one.value != portal]:
        report.doubt("code", " | ".join(others), "正文另有编号 / the notice prints another number")


def _region(report: Report, name: str, address: str) -> None:
    """Take the region from the code if its province is the portal's, else the portal's province."""
    code = report.values.get("code", "")
    inside = re.search(r"[0-9]{6}", code)[0] if STANDARD.fullmatch(code) else ""  # type: ignore[index]
    found = re.search(r"/([0-9]{6})/", address)
    portal = found[1] if found else ""
    expected = next((key for key, zh in provinces().items() if name.startswith(zh)), "")
    if inside and inside[:2] != expected:
        report.doubt("region", f"{code} | {name}", "编号与公告地区不符 / code and portal differ")
    if inside and inside[:2] == expected:
        report.propose("region", inside, code, "取自编号，未核代码表 / from the code, unchecked")
    elif portal and portal[:2] == expected:
        report.propose("region", portal, f"{name} | {address}", "仅到省级 / province only")
    else:
        report.missing("region", "无法确定地区代码 / no region code", "GB/T 2260")


@cache
def provinces() -> dict[str, str]:
    """Return the provinces by the six figures of their codes (GB/T 2260)."""
    path = Path(__file__).with_name("province.toml")
    return {str(key): str(zh) for key, zh in tomllib.loads(path.read_text("utf-8")).items()}


def _method(report: Report, text: Text, title: str) -> None:
    hits = [Candidate(hit.value, hit.snippet, hit.at) for hit in text.hits("word", "method")]
    several = [hit for hit in hits if hit.value == "竞争性谈判竞争性磋商询价"]
    for hit in several:
        report.doubt("method", hit.found, "列出多种，勾选丢失 / several named, the tick is lost")
    if found := _TITLE_METHOD.search(title):
        hits.append(Candidate(found[0], f"标题 / title: {title}"))
    report.choose("method", [hit for hit in hits if hit not in several])


def _published(report: Report, printed: str) -> None:
    at, has_hour = moment("".join(printed.split()))
    if at is None or not has_hour:
        report.missing("published", "发布时间未写明 / no time of publication")
        return
    report.propose("published", at, printed)
    if at.hour == at.minute == 0:
        report.doubt("published", printed, "零时整，疑为只有日期 / midnight: perhaps a date only")


def _place(report: Report, text: Text) -> None:
    hits = [Candidate(hit.value, hit.snippet, hit.at) for hit in text.hits("line", "place")]
    report.choose("place", hits)
    _whole(report, "place")
