/* page.js: on every page. Time left by the server's clock; amounts in capitals; files with progress; the summary of errors. */
(() => {
  'use strict';
  const $ = (s, r = document) => r.querySelector(s), $$ = (s, r = document) => [...r.querySelectorAll(s)];
  const body = document.body, fill = (words, values) => words.replace(/\{(\w+)\}/g, (_, k) => values[k]);
  const say = words => { $('[data-say]').textContent = words; };

  /* The reader's own clock is never read. A demo's time stands still. The server alone decides what is late. */
  let base = Date.parse(body.dataset.now), mark = performance.now();
  const still = 'still' in body.dataset, now = () => base + (still ? 0 : performance.now() - mark);
  const sync = async () => {
    let best = null;
    for (let i = 0; i < 3; i++) {
      const a = performance.now(), answer = await fetch('/api/v1/time', { cache: 'no-store' });
      if (!answer.ok) return;
      const told = Date.parse((await answer.json()).now), b = performance.now();
      if (!best || b - a < best.trip) best = { trip: b - a, told: told + (b - a) / 2, at: b };
    }
    base = best.told;
    mark = best.at;
    if (still) { tick(); return; }
    for (const e of $$('[data-skew]')) e.textContent = fill(e.dataset.skew, { error: Math.max(0.01, best.trip / 2000).toFixed(2) });
  };
  const two = n => String(n).padStart(2, '0');
  const left = (seconds, words) => {
    const days = Math.floor(seconds / 86400), hours = Math.floor(seconds / 3600) % 24, minutes = Math.floor(seconds / 60) % 60;
    if (days) return fill(words.split('|')[hours ? 0 : minutes ? 1 : 2], { days, hours, minutes });
    return `${two(hours)}:${two(minutes)}:${two(seconds % 60)}`;
  };
  const clock = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Asia/Shanghai', timeStyle: 'medium' });
  const tick = () => {
    const t = now();
    for (const e of $$('[data-clock]')) e.textContent = clock.format(t);
    for (const e of $$('[data-until]')) {
      const seconds = Math.floor((Date.parse(e.dataset.until) - t) / 1000);
      e.textContent = seconds > 0 ? left(seconds, e.dataset.days) : e.dataset.over;
      e.classList.toggle('urgent', seconds > 0 && seconds <= 300);
      if (!still && [600, 300, 60, 10].includes(seconds)) say(fill(e.dataset.soon, { time: left(seconds, e.dataset.days) }));
    }
    if (!still) setTimeout(tick, 1000 - t % 1000);
  };
  if ($('[data-until], [data-clock]')) {
    tick();
    if (!still) { sync().catch(() => {}); setInterval(() => sync().catch(() => {}), 300000); }
  }

  /* Capital characters while typing; the same rule as the server's. */
  const FIGURES = '零壹贰叁肆伍陆柒捌玖', PLACES = ['', '拾', '佰', '仟'];
  const spell = n => {
    for (const [unit, name] of [[1e8, '亿'], [1e4, '万']]) {
      if (n < unit) continue;
      const high = Math.floor(n / unit), low = n % unit;
      return spell(high) + name + (low && low < unit / 10 ? '零' : '') + (low ? spell(low) : '');
    }
    const f = String(n), words = [...f].map((c, i) => FIGURES[c] + (c === '0' ? '' : PLACES[f.length - 1 - i])).join('');
    return words.replace(/零+/g, '零').replace(/(.)零$/, '$1');
  };
  const capitals = typed => {
    const found = /^\s*[¥￥]?\s*(\d{1,3}(?:,\d{3})+|\d{1,13})(?:\.(\d{1,2}))?\s*元?\s*$/.exec(typed);
    if (!found) return '';
    const yuan = Number(found[1].replaceAll(',', '')), rest = Number((found[2] || '').padEnd(2, '0'));
    const jiao = Math.floor(rest / 10), fen = rest % 10, whole = yuan || !rest ? `${spell(yuan)}元` : '';
    if (!rest) return `人民币${whole}整`;
    return `人民币${whole}${yuan && (!jiao || yuan % 10 === 0) ? '零' : ''}${jiao ? `${FIGURES[jiao]}角` : ''}${fen ? `${FIGURES[fen]}分` : ''}`;
  };

  /* A box to drop into. The form stays an ordinary one; with [data-files] it is sent with a bar for each file. */
  const size = n => n >= 1e9 ? `${(n / 1e9).toFixed(2)} GB` : n >= 1e6 ? `${(n / 1e6).toFixed(1)} MB` : `${Math.ceil(n / 1e3)} kB`;
  const listed = (input, list) => list.replaceChildren(...[...input.files].map(file => {
    const li = document.createElement('li'), said = document.createElement('span'), bar = document.createElement('progress');
    said.className = 'said';
    said.textContent = size(file.size);
    bar.max = file.size || 1;
    bar.value = 0;
    bar.hidden = true;
    bar.setAttribute('aria-label', file.name);
    li.append(file.name, said, bar);
    return li;
  }));
  /* What a file holds of secrets, by its beginning: the opening key (age), a private key (PEM). */
  const secrets = async file => {
    const text = await file.slice(0, 65536).text();
    return { opening: text.includes('AGE-SECRET-KEY-1'), pem: text.includes('PRIVATE KEY-----') };
  };
  /* Whoever brings a file of its own does not want the demo's sample in its place. */
  const chosen = input => { const { form } = input, sample = form && form.elements.sample; if (sample && input.name === 'file' && input.files.length) sample.checked = false; };
  const take = (zone, event) => {
    const input = $('input', zone), kept = new DataTransfer();
    event.preventDefault();
    zone.classList.toggle('over', event.type === 'dragover');
    if (event.type !== 'drop' || !event.dataTransfer.files.length) return;
    for (const file of [...event.dataTransfer.files].slice(0, input.multiple ? 1000 : 1)) kept.items.add(file);
    input.files = kept.files;
    listed(input, $('.files', zone));
    chosen(input);
  };
  /* One request in the order of the form, so the bytes that have gone say how far each file is. */
  const send = (form, event) => {
    const lists = $$('.files', form), rows = lists.flatMap(list => $$('li', list).map(li => [li, list.dataset]));
    if (!rows.length) return;
    event.preventDefault();
    const request = new XMLHttpRequest(), main = event.submitter || $('button', form);
    const lost = () => { main.disabled = false; for (const [li, words] of rows) $('.said', li).textContent = words.lost; say(rows[0][1].lost); };
    main.disabled = true;
    request.upload.addEventListener('progress', told => {
      let gone = told.loaded;
      for (const [li, words] of rows) {
        const bar = $('progress', li), part = Math.max(0, Math.min(bar.max, gone));
        gone -= bar.max;
        bar.hidden = false;
        bar.value = part;
        $('.said', li).textContent = part === bar.max ? words.sent : fill(words.sending, { percent: Math.floor(100 * part / bar.max) });
      }
    });
    request.addEventListener('error', lost);
    request.addEventListener('load', () => {
      if (request.responseURL !== form.action || !request.response) location.assign(request.responseURL);
      else { swap($('main'), $('main', request.response)); window.scrollTo(0, 0); }
    });
    request.open('POST', form.action);
    request.responseType = 'document'; // the browser parses it; no script in it runs, and no string is turned into markup here
    request.send(new FormData(form, event.submitter));
  };

  const swap = (old, fresh) => { const node = document.importNode(fresh, true); old.replaceWith(node); bind(node); return node; };
  const bind = root => {
    for (const e of $$('[data-capitals]', root)) e.addEventListener('input', () => { document.getElementById(e.dataset.capitals).textContent = capitals(e.value); });
    for (const zone of $$('.drop[data-drop]', root)) {
      const input = $('input', zone), list = $('.files', zone);
      if (!list) continue;
      input.addEventListener('change', () => { listed(input, list); chosen(input); });
      for (const name of ['dragover', 'dragleave', 'drop']) zone.addEventListener(name, event => take(zone, event));
    }
    for (const form of $$('form[data-files]', root)) form.addEventListener('submit', event => send(form, event));
    const summary = $('[data-summary]', root);
    if (summary) summary.focus();
    document.dispatchEvent(new CustomEvent('bound', { detail: root }));
  };
  bind(document);

  /* An invitation comes behind the # of its address, which no server is told; it goes into its field and out of sight. */
  const invited = $('#invitation'), code = location.hash.slice(1);
  if (invited && code.length > 40) { invited.value = code; history.replaceState(null, '', location.pathname); }

  /* What is on its way: the page looks again by itself until it is there. */
  if ($('[data-reload]')) setTimeout(() => location.reload(), 4000);

  window.Page = { $, $$, say, fill, now, left, swap, capitals, secrets, sync: () => sync().catch(() => {}) };
})();
