"""Accessibility of every page by axe-core 4.14.1: nothing found; and the gate can fail."""

import base64
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.address import SPOTS

AXE = "axe-core-4.14.1.min.js"
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}
LOOKS = ((1440, "light"), (390, "dark"), (320, "light"))
"""Wide, phone and larger still; what another width would show in the other scheme differs in
neither colours nor parts."""
Spotted = Callable[..., Page]


@pytest.fixture(scope="session")
def axe(vendor: Path) -> str:
    return (vendor / AXE).read_text("utf-8")


SHORTEN = """() => document.querySelectorAll('[data-log] > li:nth-child(n+13)')
  .forEach(row => row.remove())"""
"""A record of hundreds repeats one row; a dozen of it are looked at."""


def violations(axe: str, page: Page) -> list[Any]:
    page.evaluate(SHORTEN)
    page.evaluate(axe)
    response = page.evaluate("rules => axe.run(document, rules)", RULES)
    assert response["testEngine"]["version"] == "4.14.1"
    return [
        (each["id"], [node["target"] for node in each["nodes"]][:3])
        for each in response["violations"]
    ]


def in_every_look(axe: str, page: Page) -> dict[tuple[int, str], list[Any]]:
    """Return what is wrong at each width and in each scheme, where anything is."""
    found = {}
    for width, scheme in LOOKS:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        if wrong := violations(axe, page):
            found[width, scheme] = wrong
    return found


def test_the_vendored_file_is_the_one_that_was_locked(vendor: Path) -> None:
    lock = json.loads((vendor / "vendor.lock.json").read_text("utf-8"))
    assert set(lock) == {path.name for path in vendor.glob("*.js")}
    for name, told in lock.items():
        digest = hashlib.sha384((vendor / name).read_bytes()).digest()
        assert told["file"] == "sha384-" + base64.b64encode(digest).decode()


@pytest.mark.parametrize("name", SPOTS)
def test_no_page_breaks_a_rule(axe: str, open_spot: Spotted, name: str) -> None:
    assert in_every_look(axe, open_spot(name)) == {}


def test_no_part_breaks_a_rule(axe: str, parts: Callable[..., Page]) -> None:
    assert in_every_look(axe, parts()) == {}


@pytest.mark.parametrize("name", ["home", "project", "verify"])
def test_larger_english_text_breaks_no_rule(axe: str, open_spot: Spotted, name: str) -> None:
    page = open_spot(name, 390)
    page.goto(page.url.partition("?")[0] + "?size=large&lang=en")
    page.wait_for_selector(SPOTS[name].ready)
    assert violations(axe, page) == []


def test_the_gate_can_fail(axe: str, open_spot: Spotted) -> None:
    page = open_spot("home")
    page.evaluate("""() => {
      const image = document.createElement('img');
      const field = document.createElement('input');
      image.src = 'data:,';
      document.querySelector('main').append(image, field);
      document.documentElement.removeAttribute('lang');
    }""")
    found = in_every_look(axe, page)
    assert len(found) == len(LOOKS)
    for wrong in found.values():
        assert {rule for rule, _ in wrong} >= {"image-alt", "label", "html-has-lang"}
