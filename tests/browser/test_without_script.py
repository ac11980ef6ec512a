"""Every page reads without script, in English and larger text, and says what of it is Chinese."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.browser.address import SPOTS
from tests.browser.rule import plain
from tests.browser.tongue import foreign

Spotted = Callable[..., Page]


@pytest.mark.parametrize("name", SPOTS)
def test_a_page_reads_without_script_in_larger_english(open_spot: Spotted, name: str) -> None:
    page = open_spot(name, 390, query="lang=en&size=large", java_script_enabled=False)
    assert page.evaluate("document.documentElement.dataset.size") == "large"
    assert page.evaluate("document.documentElement.lang") == "en"
    assert plain(page) == {}
    assert foreign(page) == []


def test_what_a_reader_without_script_lacks_is_told(open_spot: Spotted) -> None:
    page = open_spot("home", java_script_enabled=False)
    page.evaluate("""() => {
      const dead = document.createElement('button');
      dead.dataset.pause = '';
      dead.textContent = 'II';
      document.querySelector('main').append(dead);
      document.querySelector('h1').hidden = true;
    }""")
    assert plain(page) == {"h1": "not visible", "[data-pause]": 1}
