"""How facts are shown: moments in Beijing time, money in figures and capitals, names of acts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Flask, g

from monitor.law.workday import SHANGHAI
from trading.money import capital_amount, format_yuan
from trading.registration.catalogue import load as load_catalogue
from webui.page.language import known, text

WEEKDAYS = "一二三四五六日"


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


def iso(value: datetime | str) -> str:
    """Write a moment for machines, to the second."""
    return instant(value).isoformat(timespec="seconds")


def yuan(fen: int | str) -> str:
    """Write fen as yuan in figures."""
    return format_yuan(int(fen))


def capitals(fen: int | str) -> str:
    """Write fen in capital characters."""
    return capital_amount(int(fen))


def act_name(action: str) -> str:
    """Name an act; one that the catalogue lacks goes by its own name."""
    key = f"action.{action}"
    return text(key) if known(key) else action


def category(name: str) -> str:
    """Name a category of trades by the registration catalogue."""
    entry: Any = load_catalogue().category(name)
    return str(entry.en if g.lang == "en" else entry.zh)


def install(app: Flask) -> None:
    """Make them filters of the templates."""
    for function in (moment, second, clock, day, iso, yuan, capitals, act_name, category):
        app.jinja_env.filters[function.__name__] = function
