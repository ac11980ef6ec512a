/* wall.js: the supervisors' wall beside core.js: rows get their trade, chips choose what the stream brings, the wall fills the screen. */
(() => {
  'use strict';
  const { $, $$ } = window.Page, log = $('[data-log]'), chips = $$('[data-choose]'), MOST = 400;
  const names = new Map($$('[data-trade]').map(e => [e.dataset.trade, e.textContent]));

  log.addEventListener('arriving', event => {
    const { li, record } = event.detail;
    $('.where', li).textContent = names.get(record.project) || '';
    while (log.children.length > MOST) log.lastElementChild.remove();
  });

  /* A chip is a link to the wall with that choice; here its rows and its stream come without leaving the wall. */
  for (const chip of chips) chip.addEventListener('click', event => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    for (const each of chips) if (each === chip) each.setAttribute('aria-current', 'true'); else each.removeAttribute('aria-current');
    log.dispatchEvent(new CustomEvent('choosing', { detail: chip.href }));
  });

  /* In the feed, arrows go from row to row, Enter opens its record and proof, P holds and lets go. */
  const step = { ArrowDown: 1, ArrowUp: -1 };
  log.addEventListener('keydown', event => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === 'p' || event.key === 'P') { $('[data-pause]').click(); return; }
    const links = $$('.hash', log), at = links.indexOf(document.activeElement), by = step[event.key];
    const to = by ? links[at + by] : { Home: links[0], End: links.at(-1) }[event.key];
    if (!to) return;
    event.preventDefault();
    to.focus();
  });

  const wall = $('[data-wall]'), full = $('[data-full]');
  if (document.fullscreenEnabled) {
    full.hidden = false;
    full.addEventListener('click', () => (document.fullscreenElement ? document.exitFullscreen() : wall.requestFullscreen()));
  }
})();
