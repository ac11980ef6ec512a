"""Every page keeps every rule of a reader with script."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.browser.address import SPOTS, Spot
from tests.browser.rule import LOOKS, Rules, heavy

Spotted = Callable[..., Page]
SPOIL = """() => {
  const image = document.createElement('img');
  const field = document.createElement('input');
  const wide = document.createElement('canvas');
  image.src = 'data:,';
  wide.width = 1500;
  wide.style.maxInlineSize = 'none';
  document.querySelector('main').append(image, field, wide);
  document.documentElement.removeAttribute('lang');
  document.querySelector('.skip').style.outline = 'none';
  field.addEventListener('focus', () => field.blur());
  window.shift = 1;
}"""


@pytest.mark.parametrize("name", SPOTS)
def test_a_page_keeps_every_rule(rules: Rules, open_spot: Spotted, name: str) -> None:
    assert rules.whole(open_spot(name), SPOTS[name]) == {}


def test_the_gate_can_fail(rules: Rules, open_spot: Spotted) -> None:
    page = open_spot("home")
    page.evaluate(SPOIL)
    found = rules.whole(page, Spot("home", "/"))
    assert {"shift", "inline", "sideways at 320", "sideways at 320, larger"} <= set(found)
    ringless, unreached = found["keyboard"]
    assert ringless.startswith("no ring: <a ")
    assert unreached.startswith("never reached: <input")
    for width, scheme in LOOKS:
        told = {rule for rule, _ in found[f"axe at {width} {scheme}"]}
        assert told >= {"image-alt", "label", "html-has-lang"}


def test_weights_that_are_wrong_are_told(open_spot: Spotted) -> None:
    page = open_spot("home")
    page.evaluate("""() => {
      document.querySelectorAll('script, link').forEach(e => e.remove());
      const noise = Array.from({length: 9999}, () => Math.random().toString(36));
      document.querySelector('main').append(noise.join(''));
    }""")
    assert set(heavy(page, SPOTS["home"])) == {"script", "style", "html"}
