"""Language: one catalogue, Chinese first and English whole; `?lang=` and then the cookie decide."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from flask import Flask, Response, g, request
from markupsafe import Markup, escape

from bidding.hall.failure.damage import MENDING

FOLDER = Path(__file__).with_name("catalogue")
LANGUAGES = {"zh": "zh-CN", "en": "en"}
SIZES = ("normal", "large")
CHINESE, NOTHING = Markup(' lang="zh-CN"'), Markup()
FIGURES = {"mending": int(MENDING.total_seconds() // 60)}
"""Figures of the platform's own rules that stand in texts: {mending}, in minutes."""
HAN = re.compile("[\u3400-\u9fff]")
YEAR = 365 * 24 * 3600


class NoSuchText(KeyError):
    """A page asks for a text that the catalogue does not have."""


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """Return every text by its dotted key: {"zh": …, "en": …}, an act's also with its "do"."""
    texts: dict[str, dict[str, str]] = {}
    for path in sorted(FOLDER.rglob("*.toml")):
        texts.update(_flat(tomllib.loads(path.read_text("utf-8")), path.stem))
    return texts


def _flat(table: dict[str, Any], name: str) -> dict[str, dict[str, str]]:
    if set(LANGUAGES) <= set(table):
        return {name: table}
    found: dict[str, dict[str, str]] = {}
    for key, value in table.items():
        found.update(_flat(value, f"{name}.{key}"))
    return found


def text(key: str, lang: str | None = None, /, **values: object) -> str:
    """Return a text in the reader's language, Markup where a value is; raises NoSuchText."""
    told = pattern(key, lang)
    filled = FIGURES | values
    if any(isinstance(each, Markup) for each in values.values()):
        return escape(told).format(**filled)
    return told.format(**filled)


def named(value: object) -> object:
    """Mark what is Chinese in an English page as such: names, and what people have typed."""
    foreign = g.lang == "en" and isinstance(value, str) and not isinstance(value, Markup)
    if not foreign or not HAN.search(str(value)):
        return value
    return Markup('<span lang="zh-CN">{}</span>').format(value)


def chinese(value: object) -> Markup:
    """Return the attribute of an element that can hold no other: a field, an option."""
    foreign = g.lang == "en" and HAN.search(str(value))
    return CHINESE if foreign else NOTHING


def pattern(key: str, lang: str | None = None) -> str:
    """Return a text with its {places} still open, for scripts to fill; raises NoSuchText."""
    entry = catalogue().get(key)
    if entry is None:
        raise NoSuchText(key)
    return entry[lang or g.lang]


def tongue(zh: str, en: str) -> str:
    """Return which of two texts is in the reader's language."""
    return en if g.lang == "en" else zh


def turned(name: str, value: str) -> str:
    """Return this page's own query with one value changed: what was searched for stays."""
    return "?" + urlencode(request.args.to_dict() | {name: value})


def known(key: str) -> bool:
    """Tell whether the catalogue has a text."""
    return key in catalogue()


def install(app: Flask) -> None:
    """Choose language and size of text before each request; keep the choice in cookies."""

    @app.before_request
    def choose() -> None:
        g.lang = _chosen("lang", tuple(LANGUAGES))
        g.size = _chosen("size", SIZES)

    @app.after_request
    def keep(response: Response) -> Response:
        for name in ("lang", "size"):
            asked = request.args.get(name)
            if asked is not None and asked == g.get(name):
                response.set_cookie(name, asked, max_age=YEAR, samesite="Lax", httponly=True)
        return response

    # Globals, so that macros have them without their page's context.
    app.jinja_env.globals.update(t=text, pattern=pattern, turned=turned)
    app.jinja_env.filters.update(named=named, chinese=chinese)

    @app.context_processor
    def words() -> dict[str, Any]:
        return {"lang": g.lang, "html_lang": LANGUAGES[g.lang], "size": g.size}


def _chosen(name: str, allowed: tuple[str, ...]) -> str:
    for told in (request.args.get(name), request.cookies.get(name)):
        if told in allowed:
            return told
    return allowed[0]
