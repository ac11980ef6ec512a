"""How facts are shown: moments in Beijing time, money in figures and capitals, names of acts."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any, cast

from flask import Flask, g
from jinja2 import pass_context
from jinja2.runtime import Context

from monitor.law.rule import load as load_rules
from monitor.law.workday import SHANGHAI
from trading.money import MoneyError, capital_amount, format_yuan, parse_amount
from trading.registration.catalogue import load as load_catalogue
from webui.page.language import catalogue, known, named, text

WEEKDAYS = "一二三四五六日"
FORMULA = ("=", "+", "-", "@", "\t", "\r")
DAY, HOUR, MINUTE = 86400, 3600, 60  # seconds
_ARTICLE = re.compile(r"(?P<law>\S*[\u4e00-\u9fff][^\d\s]*)\s*(?P<number>\d[\d、,-]*)")
_BASIS = re.compile(r" \([^()]*[\u4e00-\u9fff][^()]*(?:\([^()]*\)[^()]*)?\)")
"""The Chinese law in brackets inside an English message: it stands in English beside it."""


def instant(value: datetime | str) -> datetime:
    """Return an instant in Beijing time; text is ISO 8601."""
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return moment.astimezone(SHANGHAI)


def moment(value: datetime | str) -> str:
    """Write a moment to the minute."""
    return f"{instant(value):%Y-%m-%d %H:%M}"


def second(value: datetime | str) -> str:
    """Write a moment to the second."""
    return f"{instant(value):%Y-%m-%d %H:%M:%S}"


def clock(value: datetime | str) -> str:
    """Write the time of day."""
    return f"{instant(value):%H:%M}"


def day(value: datetime | str) -> str:
    """Write a day with its weekday in the reader's language."""
    local = instant(value)
    if g.lang == "en":
        return f"{local:%A, %-d %B %Y}"
    return f"{local:%Y} 年 {local.month} 月 {local.day} 日 星期{WEEKDAYS[local.weekday()]}"


def hms(value: datetime | str) -> str:
    """Write the time of day to the second."""
    return f"{instant(value):%H:%M:%S}"


def ticking(until: datetime, now: datetime) -> str:
    """Write the time left as a timer shows it: in words, and by the second on the last day."""
    rest = int((until - now).total_seconds())
    if rest >= DAY:
        return span(until, now)
    return f"{rest // HOUR:02d}:{rest // MINUTE % 60:02d}:{rest % 60:02d}"


def span(until: datetime, now: datetime) -> str:
    """Write the time between two moments in words, in its two largest units."""
    minutes = max(1, int((until - now).total_seconds()) // MINUTE)
    counts = (minutes // 1440, minutes // 60 % 24, minutes % 60)
    units = [(n, name) for n, name in zip(counts, ("days", "hours", "minutes"), strict=True) if n]
    return " ".join(text(f"part.{name}", count=n) for n, name in units[:2])


def age(now: datetime, since: datetime) -> str:
    """Write how long ago a moment was, in its largest unit, to the second."""
    seconds = max(0, int((now - since).total_seconds()))
    return text("part.seconds", count=seconds) if seconds < MINUTE else span(now, since)


def day_of(value: datetime | str) -> str:
    """Write a moment's day in Beijing for an address."""
    return f"{instant(value):%Y-%m-%d}"


def iso(value: datetime | str) -> str:
    """Write a moment for machines, to the second."""
    return instant(value).isoformat(timespec="seconds")


def yuan(fen: int | str) -> str:
    """Write fen as yuan in figures."""
    return format_yuan(int(fen))


def capitals(fen: int | str) -> str:
    """Write fen in capital characters."""
    return capital_amount(int(fen))


def typed_capitals(typed: object) -> str:
    """Write a typed amount of yuan in capital characters; what is no amount gives nothing."""
    try:
        return capital_amount(parse_amount(str(typed)))
    except MoneyError:
        return ""


def said(message: str) -> str:
    """Return the reader's half of a message in 中文 / English."""
    halves = message.split(" / ")
    if len(halves) != 2:
        return message
    return _BASIS.sub("", halves[1]) if g.lang == "en" else halves[0]


def basis(rule: str) -> str:
    """Name a rule as a reader knows it: its law and article, else the platform's own name."""
    told = {each.id: each.basis for each in load_rules()}.get(rule, rule)
    if match := _ARTICLE.fullmatch(told):
        number = match["number"].replace("、", text("part.list"))
        return text("part.article", law=_law(match["law"]), number=number)
    if re.fullmatch(r"[a-z_.]+", told):
        return text("part.house_rule", rule=rule)
    return cast(str, _law(told))


def _law(name: str) -> object:
    """Name a law in the reader's language; one that the catalogue lacks goes by its own name."""
    return text(f"law.{name}") if known(f"law.{name}") else named(name)


def act_name(action: str) -> str:
    """Name an act; one that the catalogue lacks goes by its own name."""
    key = f"action.{action}"
    return text(key) if known(key) else action


def deed_name(action: str) -> str:
    """Name a deed that is still to be done: in English its imperative, else the act's name."""
    imperative = catalogue().get(f"action.{action}", {}).get("do")
    return imperative if imperative and g.lang == "en" else act_name(action)


def category(name: str) -> str:
    """Name a category of trades by the registration catalogue."""
    entry: Any = load_catalogue().category(name)
    return str(entry.en if g.lang == "en" else entry.zh)


def binds(name: str) -> bool:
    """Tell whether trades of a category are real: a rehearsal is none."""
    return load_catalogue().category(name).binds


FILTERS = (
    moment, second, clock, hms, ticking, span, age, day, day_of, iso, yuan, capitals,
    typed_capitals, said, basis, act_name, deed_name, category, binds,
)  # fmt: skip


def cell(told: object) -> str:
    """Write a cell that no spreadsheet takes for a formula: a name may begin with anything."""
    words = "" if told is None else str(told)
    return f"'{words}" if words.startswith(FORMULA) else words


def install(app: Flask) -> None:
    """Make them filters of the templates."""
    for function in FILTERS:
        app.jinja_env.filters[function.__name__] = spoken(function)


def spoken(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a filter that asks for the page: of a constant too it is worked out at each reading.

    Else the template engine works it out once, in the language of whoever came first.
    """

    @pass_context
    def told(_: Context, *values: Any) -> Any:
        return function(*values)

    return told
