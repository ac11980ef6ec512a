"""Accessibility of every page by axe-core 4.14.1: nothing found; and the gate can fail."""

import base64
import hashlib
import json
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Addresses, Opened

AXE = "axe-core-4.14.1.min.js"
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
NAMES = ("home", "none", "project", "record", "rooms", "verify", "error")


@pytest.fixture(scope="session")
def axe(vendor: Path) -> str:
    return (vendor / AXE).read_text("utf-8")


def violations(axe: str, page: Page) -> list[Any]:
    page.evaluate(axe)
    response = page.evaluate("rules => axe.run(document, rules)", RULES)
    assert response["testEngine"]["version"] == "4.14.1"
    return [
        (each["id"], [node["target"] for node in each["nodes"]][:3])
        for each in response["violations"]
    ]


def test_the_vendored_file_is_the_one_that_was_locked(vendor: Path) -> None:
    lock = json.loads((vendor / "vendor.lock.json").read_text("utf-8"))
    assert set(lock) == {path.name for path in vendor.glob("*.js")}
    for name, told in lock.items():
        digest = hashlib.sha384((vendor / name).read_bytes()).digest()
        assert told["file"] == "sha384-" + base64.b64encode(digest).decode()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("width", [1440, 390])
def test_no_page_breaks_a_rule(
    axe: str, open_page: Opened, addresses: Addresses, name: str, width: int
) -> None:
    page = open_page(addresses.all[name], width)
    if name in {"project", "record"}:
        page.wait_for_selector("[data-checked]:not([hidden])")
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        assert violations(axe, page) == [], scheme


@pytest.mark.parametrize("name", ["home", "project", "verify"])
def test_larger_english_text_breaks_no_rule(
    axe: str, open_page: Opened, addresses: Addresses, name: str
) -> None:
    page = open_page(addresses.all[name] + "?size=large&lang=en", 390)
    assert violations(axe, page) == []


def test_the_gate_can_fail(axe: str, open_page: Opened, addresses: Addresses) -> None:
    page = open_page(addresses.all["home"])
    page.evaluate("""() => {
      const image = document.createElement('img');
      const field = document.createElement('input');
      image.src = 'data:,';
      document.querySelector('main').append(image, field);
      document.documentElement.removeAttribute('lang');
    }""")
    assert {rule for rule, _ in violations(axe, page)} >= {"image-alt", "label", "html-has-lang"}
