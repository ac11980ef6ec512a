"""The rules of a page: accessibility, reflow, targets, weight, shift, no script; what breaks them."""

from __future__ import annotations

import gzip
import re
import urllib.request
from dataclasses import dataclass
from functools import cache
from typing import Any

from playwright.sync_api import Page

from tests.browser.address import STYLE, Spot
from tests.browser.keyboard import walk

AXE_VERSION = "4.14.1"
AXE_RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],  # what passed is not written out, which takes most of the time
}
AXE_RUN = """async rules => {
  const told = await axe.run(document, rules);
  return [told.testEngine.version, told.violations];
}"""
LOOKS = ((1440, "light"), (390, "dark"), (320, "light"))
"""Wide, phone and larger still; what another width would show in the other scheme differs in
neither colours nor parts."""
WIDTHS = (320, 390, 1024)
HTML = 30  # KiB on the wire
SHIFT = 0.1
SHORTEN = """() => document.querySelectorAll('[data-log] > li:nth-child(n+13)')
  .forEach(row => row.remove())"""
"""A record of hundreds repeats one row; a dozen of it are looked at."""
ARRIVED = """() => Promise.all(document.getAnimations()
  .filter(each => each.effect.getComputedTiming().endTime !== Infinity)
  .map(each => each.finished.catch(() => {})))"""
"""A row that comes while the scheme changes fades in the colours of the other: it is waited for."""
SMALL = """() => [...document.querySelectorAll(
    'button, summary, .btn, .button, .site a, .foot li a, .check, input:not([type=file], [type=hidden]), select')]
  .filter(e => e.checkVisibility() && e.getBoundingClientRect().height < 24).map(e => e.outerHTML.slice(0, 80))"""
FILES = """() => ({
  script: [...document.scripts].map(e => e.src).filter(Boolean),
  style: [...document.querySelectorAll('link[rel=stylesheet]')].map(e => e.href),
  inline: [...document.scripts].filter(e => !e.src).length,
})"""
DEAD = ("[data-drop]:not(form *)", "[data-pause]", "[data-held]", ".needs-js")
"""Controls that do nothing without script; a form within a drop zone is sent by its button."""

Found = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Rules:
    """What a page is held to; each method returns what breaks a rule, and nothing when none is."""

    axe: str

    def accessible(self, page: Page) -> list[Any]:
        """Accessibility as axe-core sees it, at the width and in the scheme that is shown."""
        page.evaluate(SHORTEN)
        if not page.evaluate("'axe' in window"):
            page.evaluate(self.axe)
        version, violations = page.evaluate(AXE_RUN, AXE_RULES)
        assert version == AXE_VERSION
        return [(each["id"], [node["target"] for node in each["nodes"]][:3]) for each in violations]

    def in_every_look(self, page: Page) -> dict[tuple[int, str], list[Any]]:
        """Accessibility at each width and in each scheme."""
        found = {}
        for width, scheme in LOOKS:
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            page.evaluate(ARRIVED)
            if wrong := self.accessible(page):
                found[width, scheme] = wrong
        return found

    def whole(self, page: Page, spot: Spot) -> Found:
        """All that one visit with script tells: what it weighs, shifts, and shows at each width."""
        page.wait_for_timeout(300)  # what shifts late shifts too
        found: Found = {"shift": page.evaluate("window.shift")}
        if found["shift"] < SHIFT:
            del found["shift"]
        found |= heavy(page, spot) | reflow(page) | by_look(self.in_every_look(page))
        page.set_viewport_size({"width": 390, "height": 900})
        page.context.set_offline(True)  # what a live page renews while one walks is walked past
        if lost := walk(page):
            found["keyboard"] = lost
        page.evaluate("document.documentElement.dataset.size = 'large'")
        return found | {f"{each}, larger": told for each, told in reflow(page).items()}


def by_look(found: dict[tuple[int, str], list[Any]]) -> Found:
    """What axe found, by the look in which it did."""
    return {f"axe at {width} {scheme}": wrong for (width, scheme), wrong in found.items()}


def heavy(page: Page, spot: Spot) -> Found:
    """What is over its size, or inline."""
    files, html, found = page.evaluate(FILES), page.content(), Found()
    for kind, most in (("script", spot.script), ("style", STYLE)):
        if not 0 < (size := sum(map(weight, files[kind])) / 1024) <= most:
            found[kind] = f"{size:.1f} KiB of {most}"
    if (size := len(gzip.compress(html.encode())) / 1024) > HTML:
        found["html"] = f"{size:.1f} KiB of {HTML}"
    inline = re.findall(r"""<[^>]*\s(?:style|on[a-z]+)=["'][^>]*>""", html)
    if files["inline"] or inline:
        found["inline"] = inline or "script"
    return found


@cache
def weight(url: str) -> int:
    """Return the bytes of a file on the wire; an address of ours names its content."""
    request = urllib.request.Request(url, headers={"Accept-Encoding": "gzip"})  # noqa: S310
    with urllib.request.urlopen(request) as answer:  # noqa: S310 - our own address
        assert answer.headers["Content-Encoding"] == "gzip"
        return len(answer.read())


def reflow(page: Page) -> Found:
    """Where it scrolls sideways, and which targets are too small for a finger."""
    found: Found = {}
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        wide, shown = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        if not wide <= shown == width:
            found[f"sideways at {width}"] = wide
    if small := page.evaluate(SMALL):
        found["small targets"] = small
    return found


def plain(page: Page) -> Found:
    """What a reader without script lacks, is shown in vain, or cannot reach."""
    found = reflow(page)
    if not page.locator("h1").first.is_visible():
        found["h1"] = "not visible"
    for each in DEAD:
        if count := page.locator(f"{each}:visible").count():
            found[each] = count
    return found
