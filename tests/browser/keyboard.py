"""A page gone through by Tab: every control is reached, and shows that it has the focus."""

from __future__ import annotations

from playwright.sync_api import Page

CONTROLS = """() => {
  window.reached = new WeakSet();
  window.begun = document.activeElement !== document.body;  // a summary of errors has the focus
  window.controls = () => [...document.querySelectorAll(
      'a[href], button, select, input, textarea, summary, [tabindex="0"]')]
    .filter(e => !e.disabled && e.tabIndex >= 0 && e.checkVisibility() && e.getClientRects().length);
  return window.controls().length;
}"""
STEP = """() => {
  const e = document.activeElement;
  if (!e || e === document.body) return null;
  if (window.reached.has(e)) return '';
  window.reached.add(e);
  if (e.type === 'radio') document.getElementsByName(e.name).forEach(each => window.reached.add(each));
  const ring = getComputedStyle(e), r = e.getBoundingClientRect();
  const x = Math.min(Math.max(r.left + r.width / 2, 0), innerWidth - 1);
  const y = Math.min(Math.max(r.top + Math.min(r.height / 2, 40), 0), innerHeight - 1);
  const at = document.elementFromPoint(x, y);
  const faults = [
    [window.begun || e.matches('.skip'), 'before the link to the content'],
    [r.bottom > 0 && r.top < innerHeight && r.width > 0, 'off the screen'],
    [at && (e.contains(at) || at.contains(e)), 'behind something'],
    [parseFloat(ring.outlineWidth) >= 2 && ring.outlineStyle === 'solid', 'no ring'],
  ];
  window.begun = true;
  const told = faults.filter(([well]) => !well).map(([, word]) => word);
  return told.length ? `${told.join(', ')}: ${e.outerHTML.slice(0, 90)}` : '';
}"""
LEFT = """() => window.controls().filter(e => !window.reached.has(e)).map(e => e.outerHTML.slice(0, 90))"""
COUNT = "() => window.controls().length"
STOPS = 8
"""A field of a moment has a stop for each of its parts."""


def walk(page: Page) -> list[str]:
    """Press Tab through the page; returns each control that is not reached, or not shown well."""
    most, faults, laps, pressed = page.evaluate(CONTROLS) * STOPS, list[str](), 0, 0
    # A page that follows the log may have more controls by now than when the walk began.
    while pressed < most or pressed < (most := page.evaluate(COUNT) * STOPS):
        page.keyboard.press("Tab")
        pressed += 1
        told = page.evaluate(STEP)
        laps += told is None
        if told:
            faults.append(told)
        if laps and not (left := page.evaluate(LEFT)):
            return faults
        if laps > 1:  # a lap that began at a summary of errors left out what is above
            return [*faults, *(f"never reached: {each}" for each in left)]
    return [*faults, "the end is never reached"]
