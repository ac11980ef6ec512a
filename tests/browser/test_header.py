"""The head of every page in English: one row on a desk, and no word cut in two."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

READERS = ("tasks-owner", "receipts", "tasks-inspector", "home")
ROWS = """() => {
  const tops = [...document.querySelectorAll('header.site .wrap > *')]
    .map(each => each.getBoundingClientRect()).map(box => (box.top + box.bottom) / 2);
  return Math.max(...tops) - Math.min(...tops);
}"""
TALLEST = 72
"""Pixels of one row, the name of who is signed in above the office."""


@pytest.mark.parametrize("name", READERS)
def test_the_head_is_one_row_on_a_desk(name: str, open_spot: Callable[..., Page]) -> None:
    page = open_spot(name, query="lang=en")
    assert page.locator("header.site").evaluate("each => each.offsetHeight") <= TALLEST
    assert page.evaluate(ROWS) < 8
    cut = "each => each.scrollWidth > each.clientWidth"
    assert not page.locator("header.site nav:not(.tools)").evaluate(cut)


@pytest.mark.parametrize("name", READERS)
def test_the_head_is_one_row_at_1024_in_chinese(name: str, open_spot: Callable[..., Page]) -> None:
    page = open_spot(name, 1024, query="lang=zh")
    assert page.locator("header.site").evaluate("each => each.offsetHeight") <= TALLEST
    assert page.evaluate(ROWS) < 8
