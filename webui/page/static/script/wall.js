/* wall.js: the supervisors' wall beside core.js: rows get their trade and group, chips choose, the wall fills the screen. */
(() => {
  'use strict';
  const { $, $$ } = window.Page, log = $('[data-log]'), chips = $$('[data-group]'), MOST = 400;
  const names = new Map($$('[data-trade]').map(e => [e.dataset.trade, e.textContent]));
  const group = new Map(chips.flatMap(chip => (chip.dataset.roles || '').split(' ').map(role => [role, chip.dataset.group])));
  let chosen = chips.find(chip => chip.hasAttribute('aria-current')).dataset.group;

  const fits = li => { li.hidden = chosen !== '' && li.dataset.of !== chosen; };
  log.addEventListener('arriving', event => {
    const { li, record } = event.detail;
    li.dataset.of = group.get(record.actor.role) || '';
    $('.where', li).textContent = names.get(record.project) || '';
    fits(li);
    while (log.children.length > MOST) log.lastElementChild.remove();
  });

  /* Without script a chip asks the server; here the rows that came stay, and the others are hidden. */
  const choose = (chip, event) => {
    event.preventDefault();
    chosen = chip.dataset.group;
    for (const each of chips) each.toggleAttribute('aria-current', each === chip);
    chip.setAttribute('aria-current', 'true');
    for (const li of log.children) fits(li);
  };
  if (!new URLSearchParams(location.search).get('who')) for (const chip of chips) chip.addEventListener('click', event => choose(chip, event));

  const wall = $('[data-wall]'), full = $('[data-full]');
  if (document.fullscreenEnabled) {
    full.hidden = false;
    full.addEventListener('click', () => (document.fullscreenElement ? document.exitFullscreen() : wall.requestFullscreen()));
  }
})();
