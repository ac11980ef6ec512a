/* drawn.js: a draw's page. What runs is got again every few seconds and checked here; a published bundle at the press of a button. */
(() => {
  'use strict';
  const { $, $$, swap } = window.Page;
  /* What a step that holds says of itself, by the page's words: the checks themselves know one tongue. */
  const SAID = [
    ['members', /^(\d+) members, canonical$/], ['attempt', /^attempt (\d+) of this project, lot and purpose$/],
    ['listed', /^(\d+) leaves$/], ['opened', /^(\d+) leaves opened, fields as the verdicts name them$/],
    ['recomputed', /^(\d+) rounds, every verdict recomputed$/], ['keys', /^(\w+), keys (\w+)$/],
    ['open', /^open (\w+)$/], ['succeeded', /^open (\w+); the key of I was recovered by holders (\d) and (\d), who signed for a deputy$/], ['closed', /^([a-z, ]+); closed (\w+)$/], ['how', /^(revealed|recovered|default)$/],
    ['simulated', /^simulated dice (\d{24})$/], ['dice', /^dice (\d{24})$/],
    ['drand', /^drand round (\d+); NOT CHECKED HERE: that the signature is this round's \(randomness (\w+)\)$/],
    ['seated', /^(\w+): (\d+) seated, (\d+) seats open$/],
  ];
  const said = (words, detail) => {
    for (const [name, form] of SAID) {
      const found = form.exec(detail), pattern = words[`said.${name}`];
      if (found && pattern) return pattern.replace(/\{(\d)\}/g, (_, n) => found[n].replace(/[A-Za-z]+/g, word => words[`how.${word}`] || word));
    }
    return detail;
  };
  const row = (words, one) => {
    const li = document.createElement('li'), b = document.createElement('b'), told = document.createElement('code'), [name, rest] = one.name.split(' ');
    li.className = one.item ? 'bad' : 'good';
    b.textContent = `${one.item ? '✗' : '✓'} ${words[name] || name}${rest ? ` ${Number.isNaN(Number(rest)) ? rest : Number(rest) + 1}` : ''}`;
    told.className = 'hash'; told.textContent = one.item ? `${one.item}: ${one.detail}` : said(words, one.detail);
    if (one.item) told.lang = 'en';
    li.append(b, ' ', told);
    return li;
  };

  const button = $('[data-verify]'), report = $('[data-report]');
  if (button) {
    const words = JSON.parse(report.dataset.words), verdict = $('[data-verdict]');
    button.hidden = false;
    button.addEventListener('click', async () => {
      button.disabled = true; report.replaceChildren(); verdict.textContent = '';
      try {
        await import(button.dataset.code);
        const answer = await fetch(button.dataset.verify), data = new Uint8Array(await answer.arrayBuffer());
        verdict.textContent = verdict.dataset.busy; verdict.className = '';
        await new Promise(done => { setTimeout(done, 50); }); /* to be seen: a long list is computed for seconds */
        const found = window.Batong.draw.verify(data);
        report.append(...found.map(one => row(words, one)));
        verdict.textContent = found.at(-1).item ? report.dataset.bad : report.dataset.good;
        verdict.className = found.at(-1).item ? 'bad' : 'good';
      } finally { button.disabled = false; }
    });
  }

  const list = $('[data-live-draw]');
  if (!list) return;
  const words = JSON.parse(list.dataset.words), red = $('[data-red]'), again = Number(list.dataset.again) * 1000, SKEW = 5;
  let seen = '';
  const alarm = (key, said) => {
    if (red.querySelector(`[data-key="${key}"]`)) return;
    const div = document.createElement('div'), b = document.createElement('b'), span = document.createElement('span');
    div.className = 'wall-alert'; div.dataset.key = key; b.textContent = red.dataset.words; span.textContent = said;
    div.append(b, span); red.append(div);
  };
  /* What else the page shows is written by the server: its other parts are got again and take the place of theirs. */
  const page = () => new Promise((done, fail) => {
    const asked = new XMLHttpRequest();
    asked.responseType = 'document'; asked.onload = () => (asked.status === 200 ? done(asked.response) : fail()); asked.onerror = fail;
    asked.open('GET', location.href); asked.send();
  });
  const renew = async () => {
    const fresh = await page();
    for (const part of $$('[data-part]')) { const next = $(`[data-part="${part.dataset.part}"]`, fresh); if (next) swap(part, next); }
  };
  const look = async () => {
    const answer = await fetch(list.dataset.liveDraw);
    if (!answer.ok) return;
    const told = await answer.text(), papers = JSON.parse(told), { now: theirs, ...same } = papers, mark = JSON.stringify(same);
    if (!('still' in list.dataset) && Math.abs(theirs - Date.now() / 1000) > SKEW) alarm('skew', red.dataset.skew);
    if (mark === seen) return;
    const moved = seen !== '';
    seen = mark;
    const found = await window.Batong.live(papers);
    list.replaceChildren(...found.map(one => row(words, one)));
    list.dataset.checked = found.filter(one => !one.item).length;
    for (const one of found) if (one.item) alarm(one.name.replace(/\W/g, '-'), `${words[one.name.split(' ')[0]] || one.name}: ${one.item}: ${one.detail}`);
    if (moved) await renew();
  };
  const hold = $('[data-hold]');
  let held = false;
  if (hold && again) { hold.hidden = false; hold.addEventListener('click', () => { held = !held; hold.setAttribute('aria-pressed', held); hold.textContent = held ? hold.dataset.go : hold.dataset.stop; }); }
  const go = async () => { try { if (!held) await look(); } catch { /* away: the next look tells */ } if (again) setTimeout(go, again); };
  go();
})();
