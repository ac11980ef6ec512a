"""A page in English says of everything Chinese on it that it is Chinese: names, and typed texts.

Every page is looked at without script (test_without_script.py); here are those that script fills.
"""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.browser.tongue import foreign

WALKED = (
    "home", "project", "record", "rooms", "error", "tasks-owner", "desk-done", "opening", "publish",
    "finance-trade", "wall", "people", "trustee", "order-issue",
)  # fmt: skip


@pytest.mark.parametrize("name", WALKED)
def test_nothing_foreign_stands_unmarked(name: str, open_spot: Callable[..., Page]) -> None:
    page = open_spot(name, query="lang=en")
    assert page.locator("html").get_attribute("lang") == "en"
    assert foreign(page) == []


def test_a_text_that_is_not_marked_is_found(parts: Callable[..., Page]) -> None:
    page = parts(query="?lang=en")
    page.evaluate("document.body.append('未翻译')")
    assert "body: 未翻译" in foreign(page)
