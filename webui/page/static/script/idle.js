/* idle.js: on an office's pages. Shortly before nobody's use ends the session it is said, in each tab from the last use of any; one press stays in. */
(() => {
  'use strict';
  const $ = (s, r = document) => r.querySelector(s);
  const say = words => { $('[data-say]').textContent = words; };
  const idle = $('[data-idle]'), SEEN = 'batong.seen';
  if (idle) {
    const words = $('span', idle), whole = Number(idle.dataset.idle) * 1000, first = words.textContent, lead = Math.min(120000, whole / 2);
    let seen = Date.now(), told = '';
    const use = () => { seen = Date.now(); try { localStorage.setItem(SEEN, seen); } catch { /* private mode */ } };
    addEventListener('storage', event => { if (event.key === SEEN) seen = Number(event.newValue) || seen; });
    const look = () => {
      const rest = whole - (Date.now() - seen), now = rest <= 0 ? idle.dataset.over : rest <= lead ? idle.dataset.soon : '';
      if (now === told) return;
      told = now;
      idle.classList.toggle('due', !!now);
      words.textContent = now || first;
      if (now) say(now);
    };
    $('a', idle).addEventListener('click', async event => {
      event.preventDefault();
      const answer = await fetch(event.target.href, { cache: 'no-store', redirect: 'manual' }).catch(() => null);
      if (!answer || !answer.ok) { open(event.target.href, '_blank', 'noopener'); return; }
      use();
      look();
      say(idle.dataset.stayed);
    });
    use();
    setInterval(look, 1000);
  }
})();
