"""What stands on a page in a language that its reader did not choose."""

from __future__ import annotations

from playwright.sync_api import Page

LOOK = """() => {
  const han = /\\p{Script=Han}/u, found = new Set();
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const shown = e => e.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    const around = node.parentElement, tongue = around.closest('[lang]');
    if (!han.test(node.data) || !shown(around) || tongue.lang.startsWith('zh')) continue;
    const at = around.className ? `${around.localName}.${around.className}` : around.localName;
    found.add(`${at}: ${node.data.trim().replace(/\\s+/g, ' ').slice(0, 80)}`);
  }
  return [...found];
}"""
"""Every visible text with Chinese characters that no element says to be Chinese."""


def foreign(page: Page) -> list[str]:
    """Return the Chinese texts of an English page that are not marked as Chinese, each once."""
    found: list[str] = page.evaluate(LOOK)
    return found
