/* core.js: the live record of one trade. Contiguous frames, back-off, silence watchdog, gaps filled; each row checked
   here, and each checkpoint against the last one that this browser saw. The rest of the page follows the record. */
(() => {
  'use strict';
  const B = window.Batong, { $, $$, say: aloud, fill: put, sync } = window.Page, body = document.body;
  const log = $('[data-log]'), template = $('template[data-row]'), project = body.dataset.project;
  /* A page of many trades names its own frames and stream, and from which leaf on it shows them. */
  let { frames: api = `/api/v1/projects/${project}/frame`, stream = `/live/events?project=${project}`, after: first = '0' } = body.dataset;
  let begin = Number(first);
  const vkey = $('meta[name=log-key]').content, asked = (url, told) => `${url}${url.includes('?') ? '&' : '?'}${told}`;
  const SILENCE = 25000, FIRST = 500, LONGEST = 15000;
  let size = begin, begun = false, count = 0, sound = true, wait = FIRST, source = null, dog = 0, queue = Promise.resolve();

  const state = (name, words) => { const e = $('[data-live]'); if (e.dataset.state !== name) { e.dataset.state = name; e.textContent = words; } };
  const told = () => {
    const e = $('[data-checked]');
    e.hidden = false;
    e.className = 'card-note small ' + (sound ? 'good' : 'bad');
    e.textContent = !B.able() ? B.say('script.unable') : sound ? B.say('script.checked', { count, size }) : B.say('script.mismatch');
  };

  /* The last checkpoint that was proven here, kept between visits: a log that forks or shrinks is seen by who comes again. */
  const kept = `batong.head ${vkey}`;
  let held = null;
  try { held = JSON.parse(localStorage.getItem(kept)); } catch { /* private mode */ }
  const follows = async (head, frame) => {
    if (!held) return true;
    const { from, path } = frame.consistency;
    return from === held.size && B.extends_(held.size, head.size, path.map(B.bytes), B.bytes(held.root), head.root);
  };
  const keep = head => {
    held = { size: head.size, root: B.b64(head.root) };
    try { localStorage.setItem(kept, JSON.stringify(held)); } catch { /* private mode */ }
  };

  const stamps = { timeZone: 'Asia/Shanghai', dateStyle: 'short', timeStyle: 'short' };
  const stamp = iso => new Intl.DateTimeFormat('sv-SE', stamps).format(new Date(iso));
  /* The words of a row are those of the body that is proven, whoever wrote the row. */
  const write = (li, record) => {
    const name = B.say(`action.${record.action}`), told = [['time', stamp(record.time)], ['b', name], ['.quiet', B.say(`role.${record.actor.role}`)]];
    for (const [part, wanted] of told) if ($(part, li).textContent !== wanted) $(part, li).textContent = wanted;
    const no = $('.tag-stop', li);
    if (record.outcome.done && no) no.remove();
    if (!record.outcome.done && !no) $('b', li).after(' ', $('.tag-stop', template.content).cloneNode(true));
    return name;
  };
  const add = (record, index) => {
    const li = template.content.cloneNode(true).firstElementChild, name = write(li, record);
    li.id = `r${record.id}`;
    $('time', li).dateTime = record.time;
    const a = $('a', li);
    a.href = `/record/${record.id}`;
    $('.sr', a).textContent = ` ${name}`;
    if (record.seq) a.append(` #${record.seq}`);
    li.dataset.index = index;
    li.className = 'new';
    log.dispatchEvent(new CustomEvent('arriving', { detail: { li, record } }));
    const after = [...log.children].find(each => each.id.slice(1) < record.id);
    log.insertBefore(li, after || null);
    $('[data-count]').textContent = $('[data-count]').textContent.replace(/\d+/, log.children.length);
    if (begun) aloud(B.say('script.arrived', { name }));
    if (log.scrollTop > 40) above(1);
    return li;
  };

  /* The page was written before this leaf: so was what it says of witnesses. */
  let behind = false;
  const proven = new Map();
  const row = async (opening, head, believed) => {
    const data = B.bytes(opening.body), record = JSON.parse(B.text.decode(data));
    const there = document.getElementById(`r${record.id}`), li = there || add(record, opening.index);
    if (!there || li.dataset.index === undefined) behind = true;
    li.dataset.index = opening.index;
    if (!B.able() || proven.get(record.id) === opening.index) return;
    const good = believed && await B.opens(head, opening.index, opening.path.map(B.bytes), B.unhex(opening.salt), data);
    if (B.has('script.live')) write(li, record);
    if (good) count = proven.set(record.id, opening.index).size; else sound = false;
    li.dataset.checked = good ? 'yes' : 'no';
    const mark = document.createElement('span');
    mark.className = good ? 'mark-ok' : 'mark-bad';
    mark.setAttribute('role', 'img');
    mark.setAttribute('aria-label', B.say(good ? 'script.checked_one' : 'script.mismatch'));
    const old = $('[role=img]', li);
    if (old) old.replaceWith(mark); else $('a', li).prepend(mark);
  };

  /* A frame covers [from, to) and begins where the last one ended; else the gap is fetched. */
  const take = async frame => {
    if (frame.to <= size && !frame.again) return;
    if (frame.from > size || (!frame.again && body.dataset.own !== undefined)) { await gap(size); return; }
    const head = B.parseNote(frame.checkpoint);
    let believed = false;
    if (B.able()) {
      believed = head.size === frame.to && await B.opened(head, vkey) && await follows(head, frame);
      if (believed) keep(head); else sound = false;
    }
    for (const opening of frame.openings) await row(opening, head, believed);
    const grown = behind || (begun && frame.openings.length);
    behind = false;
    size = Math.max(size, frame.to);
    told();
    if (frame.reopened && frame.from > begin) await gap(begin);
    if (grown) refresh();
    if ('still' in body.dataset) sync();
  };
  /* `seen`: from where the checkpoint's consistency is to be shown. A log shorter than that is refused: 400. */
  const gap = async after => {
    const answer = await fetch(asked(api, `after=${after}&seen=${held ? held.size : after}`), { cache: 'no-store' });
    if (answer.status === 400) { sound = false; told(); }
    if (!answer.ok) throw new Error(answer.status);
    await take({ ...await answer.json(), again: true });
  };
  const later = work => { queue = queue.then(work).catch(again); return queue; };

  /* What else the page shows is written by the server: the same page is got again, and what differs takes its place.
     XMLHttpRequest parses it into a document in which nothing runs; no string is turned into markup here. */
  const parts = root => new Map($$('[data-part]', root).map(e => [e.dataset.part, e]));
  const pristine = new Map([...parts(document)].map(([name, e]) => [name, e.cloneNode(true)]));
  const differs = (a, b) => !a || (b.dataset.key ? a.dataset.key !== b.dataset.key : !a.isEqualNode(b));
  const renew = fresh => {
    const boxes = $$('[data-parts]'), news = $$('[data-parts]', fresh);
    if (boxes.length !== news.length) return;
    boxes.forEach((box, i) => {
      const old = parts(box), wanted = [...parts(news[i]).values()];
      let place = null;
      for (const part of wanted) {
        const name = part.dataset.part, there = old.get(name);
        let node = there;
        if (differs(pristine.get(name), part) && !(there && there.contains(document.activeElement))) {
          node = document.importNode(part, true);
          node.classList.add('fresh');
          if (there) there.replaceWith(node); else if (place) place.after(node); else box.prepend(node);
          pristine.set(name, part);
        }
        place = node || place;
        old.delete(name);
      }
      for (const [name, gone] of old) { gone.remove(); pristine.delete(name); }
    });
  };
  const page = href => new Promise((came, missed) => {
    const request = new XMLHttpRequest();
    request.addEventListener('loadend', () => { if (request.status === 200 && request.response) came(request.response); else missed(request.status); });
    request.open('GET', href);
    request.responseType = 'document';
    request.send();
  });
  let due = 0;
  const refresh = () => {
    clearTimeout(due);
    due = setTimeout(() => page(location.href).then(renew, () => {}), 400);
  };

  /* What only time changes, and a log that stands still, come by themselves to a page that asks for it. */
  if (body.dataset.again) setInterval(() => { if (!paused && !document.hidden) refresh(); }, Number(body.dataset.again) * 1000);

  /* Paused, frames wait; nothing is lost, and how many new ones wait is told. */
  const hold = $('[data-held]'), more = $('button', hold), pauser = $('[data-pause]'), words = [pauser.textContent, pauser.dataset.resume];
  let paused = false, waiting = [], fresh = 0;
  const above = n => { fresh += n; hold.hidden = !fresh; more.textContent = put(more.dataset.words, { count: fresh }); };
  const calm = () => { fresh = 0; hold.hidden = true; };
  const pause = stop => {
    paused = stop;
    pauser.setAttribute('aria-pressed', String(stop));
    pauser.textContent = words[Number(stop)];
    state(stop ? 'held' : 'live', B.say(stop ? 'script.paused' : 'script.live'));
    if (stop) return;
    const frames = waiting;
    waiting = [];
    calm();
    for (const frame of frames) later(() => take(frame));
  };
  pauser.addEventListener('click', () => pause(!paused));
  more.addEventListener('click', () => { if (paused) pause(false); log.scrollTop = 0; calm(); log.focus(); });
  log.addEventListener('scroll', () => { if (log.scrollTop < 8 && !paused) calm(); });
  const come = frame => { if (!paused) { later(() => take(frame)); return; } waiting.push(frame); if (frame.openings.length) above(frame.openings.length); };

  /* EventSource gives up for good after a 503: it is closed and opened again here, from where we are. */
  const alive = () => { clearTimeout(dog); dog = setTimeout(again, SILENCE); if (!paused) state('live', B.say('script.live')); wait = FIRST; };
  let refused = false;
  const open = () => {
    const from = waiting.length ? waiting.at(-1).to : size;
    source = new EventSource(asked(stream, `after=${from}`));
    refused = true;
    source.onopen = () => { refused = false; alive(); };
    source.addEventListener('beat', alive);
    source.addEventListener('frame', event => { alive(); come(JSON.parse(event.data)); });
    source.addEventListener('end', over);
    source.onerror = again;
  };
  /* The session has ended: nobody comes again by himself. */
  const over = () => { clearTimeout(dog); source.close(); state('retry', B.say('script.ended')); };
  const shut = () => { clearTimeout(dog); if (source) source.close(); source = null; };
  const again = () => {
    shut();
    state('retry', B.say('script.retry'));
    dog = setTimeout(() => later(start), wait * (0.7 + Math.random() * 0.6));
    wait = Math.min(wait * 2, LONGEST);
  };
  /* A stream that was refused is asked for why: a log shorter than what was seen here is told, not waited for. */
  const start = async () => { if (!begun || (refused && !paused)) await gap(begun ? size : begin); begun = true; if (!source) open(); };

  /* Another choice of what the stream brings: the rows and the stream of that page take the place of these. */
  let chosen = 0;
  const choose = href => {
    const mine = ++chosen;
    later(async () => {
      if (mine !== chosen) return;
      shut();
      waiting = [];
      calm();
      const fresh = await page(href).catch(() => { location.assign(href); return null; });
      if (!fresh) return;
      log.replaceChildren(...[...$('[data-log]', fresh).children].map(li => document.importNode(li, true)));
      $('[data-count]').textContent = $('[data-count]', fresh).textContent;
      ({ frames: api, stream, after: first } = fresh.body.dataset);
      proven.clear();
      begin = size = Number(first);
      begun = false;
      history.replaceState(null, '', href);
      await start();
    });
  };
  log.addEventListener('choosing', event => choose(event.detail));

  B.load().then(() => { pauser.hidden = false; state('wait', B.say('script.connecting')); later(start); });
})();
