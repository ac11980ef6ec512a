"""A paper as read from a PDF: proposed fields, each with the place on the page that gave it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from trading.intake.finding import Finding, Intake, Severity
from trading.intake.notice import provinces, read_notice
from trading.intake.pdf.flow import Flow, flow
from trading.intake.pdf.grid import Grid, grids, judged, price_grid
from trading.intake.pdf.page import Box, Reading
from trading.registration.catalogue import load
from trading.registration.code import STANDARD

FIELDS = (
    "name", "code", "category", "region", "method", "owner", "agency", "budget_fen",
    "ceiling_fen", "deposit_fen", "sale_from", "sale_until", "deadline", "opening", "place",
)  # fmt: skip
ABOUT = ("text", "kind")
_WORDS = Path(__file__).with_name("word.toml")
_OPENS_AS = "招标/资审公告"
_ORDER = list(Severity)


@dataclass(frozen=True, slots=True)
class Proposed:
    """A field: its value or None, where it stands, and everything found out about it."""

    name: str
    value: Any
    box: Box | None
    findings: tuple[Finding, ...]

    @property
    def severity(self) -> Severity:
        """Return the most serious of its findings."""
        return max((one.severity for one in self.findings), key=_ORDER.index)

    @property
    def found(self) -> str:
        """Return the words that gave the value; "" where there is none."""
        plain = (one.found for one in self.findings if one.severity is Severity.READ)
        return next(plain, "") if self.value is not None else ""


@dataclass(frozen=True, slots=True)
class Paper:
    """What a paper proposes; `about` is what was found out about the paper as a whole."""

    title: str
    title_box: Box | None
    fields: tuple[Proposed, ...]
    prices: Grid | None
    price_findings: tuple[Finding, ...]
    about: tuple[Finding, ...]
    count: int
    read: tuple[int, ...]

    def field(self, name: str) -> Proposed:
        """Return a field by name."""
        return next(one for one in self.fields if one.name == name)


def propose(reading: Reading) -> Paper:
    """Propose the fields that a paper states; nothing is guessed without saying so."""
    text = flow(reading)
    title = text.raw[slice(*text.title)]
    intake = read_notice(_item(text.raw, title))
    prices = price_grid(grids(reading))
    return Paper(
        title=title,
        title_box=text.place(text.title),
        fields=tuple(_proposed(name, intake, text) for name in FIELDS),
        prices=prices,
        price_findings=judged(prices),
        about=tuple(_about(intake, reading, text)),
        count=reading.count,
        read=tuple(page.number for page in reading.pages),
    )


def _item(raw: str, title: str) -> dict[str, str]:
    """Return the paper as a portal would hand over its notice."""
    category = load().categories.get(_category(raw))
    opens = re.search(_words()["opens"], title + raw[:400])
    other = re.search(_words()["other"], title)
    return {
        "content_text": raw,
        "title": title,
        "business_type": category.zh if category else "",
        "info_type": _OPENS_AS if opens and not other else title,
        "region": provinces().get(_province(raw), ""),
    }


def _category(raw: str) -> str:
    """Return the category whose words are used most; "" where none is."""
    counts = {key: len(re.findall(said, raw)) for key, said in _words()["category"].items()}
    most = max(counts, key=lambda key: counts[key])
    return most if counts[most] else ""


@cache
def _words() -> dict[str, Any]:
    return tomllib.loads(_WORDS.read_text("utf-8"))


def _proposed(name: str, intake: Intake, text: Flow) -> Proposed:
    findings, value = intake.of(name), getattr(intake.fields, name)
    if name == "region" and value is None:
        value, findings = _region(intake, text.raw, findings)
    if name == "category" and value is not None:
        told = "由用词推断，须人工确认 / guessed by its words: a person decides"
        findings = (*findings, Finding(name, Severity.DOUBT, "", told))
    place = next((one.at for one in findings if one.at), None) or _printed(findings, text.raw)
    return Proposed(name, value, text.place(place), findings)


def _province(raw: str) -> str:
    """Return the two figures of the province that a text names first in full; "" for none."""
    named = {
        place.start(): key
        for key, zh in provinces().items()
        if (place := re.search(f"{zh}(?:省|市|.{{0,3}}自治区)", raw))
    }
    return named[min(named)] if named else ""


def _region(
    intake: Intake, raw: str, findings: tuple[Finding, ...]
) -> tuple[str | None, tuple[Finding, ...]]:
    """Propose what the code holds, else the province that is named: never more than a doubt."""
    code, province = intake.fields.code or "", _province(raw)
    if STANDARD.fullmatch(code) and (inside := re.search(r"[0-9]{6}", code)):
        told, found = "取自项目编号，未核代码表 / from the code, unchecked", code
        value = inside[0]
    elif province:
        told, found = (
            "取自文中省名，仅到省级 / from a province's name; no further",
            provinces()[province],
        )
        value = f"{province}0000"
    else:
        return None, findings
    both = (Severity.READ, Severity.DOUBT)
    return value, tuple(Finding("region", severity, found, told) for severity in both)


def _printed(findings: tuple[Finding, ...], raw: str) -> tuple[int, int] | None:
    """Return where the words of a finding stand, whatever white space is between them."""
    for said in (one.found for one in findings if one.found):
        spaced = r"\s*".join(re.escape(sign) for sign in "".join(said.split()))
        if spaced and (place := re.search(spaced, raw)):
            return place.span()
    return None


def _about(intake: Intake, reading: Reading, text: Flow) -> Iterator[Finding]:
    yield from (one for name in ABOUT for one in intake.of(name))
    if reading.blank:
        told = "这些页没有文字层，未读 / pages without text were not read"
        yield Finding("text", Severity.DOUBT, f"{reading.blank} / {reading.count}", told)
    left = reading.count - reading.blank - len(reading.pages)
    if left > 0:
        told = "页数较多，只读了含关键词的页 / only the pages that speak of a trade were read"
        yield Finding("text", Severity.DOUBT, f"{len(reading.pages)} / {reading.count}", told)
    if text.cut:
        yield Finding("text", Severity.DOUBT, "", "文字过长，其后未读 / too long: the rest unread")
