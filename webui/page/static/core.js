/* core.js: the live record of one trade. Contiguous frames, back-off, silence watchdog, gaps filled, each row checked here. */
(() => {
  'use strict';
  const B = window.Batong, $ = (s, r = document) => r.querySelector(s), body = document.body;
  const log = $('[data-log]'), template = $('template[data-row]'), project = body.dataset.project;
  const vkey = $('meta[name=log-key]').content, api = `/api/v1/projects/${project}/frame?after=`;
  const SILENCE = 25000, FIRST = 500, LONGEST = 15000;
  let size = 0, count = 0, sound = true, wait = FIRST, source = null, dog = 0, queue = Promise.resolve();

  const state = (name, words) => { const e = $('[data-live]'); if (e.dataset.state !== name) { e.dataset.state = name; e.textContent = words; } };
  const told = () => {
    const e = $('[data-checked]');
    e.hidden = false;
    e.className = 'card-note small ' + (sound ? 'good' : 'bad');
    e.textContent = !B.able() ? B.say('script.unable') : sound ? B.say('script.checked', { count, size }) : B.say('script.mismatch');
  };

  const stamp = iso => {
    const at = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Asia/Shanghai', dateStyle: 'short', timeStyle: 'short' });
    return at.format(new Date(iso));
  };
  const add = (record, index) => {
    const li = template.content.cloneNode(true).firstElementChild, name = B.say(`action.${record.action}`);
    li.id = `r${record.id}`;
    $('time', li).textContent = stamp(record.time);
    $('time', li).dateTime = record.time;
    $('b', li).textContent = name;
    if (record.outcome.done) $('.tag', li).remove();
    $('.quiet', li).textContent = B.say(`role.${record.actor.role}`);
    const a = $('a', li);
    a.href = `/record/${record.id}`;
    $('.sr', a).textContent = ` ${name}`;
    if (record.seq) a.append(` #${record.seq}`);
    li.dataset.index = index;
    li.className = 'new';
    const after = [...log.children].find(each => each.id.slice(1) < record.id);
    log.insertBefore(li, after || null);
    $('[data-count]').textContent = $('[data-count]').textContent.replace(/\d+/, log.children.length);
    if (size) $('[data-say]').textContent = B.say('script.arrived', { name });
    return li;
  };

  const row = async (opening, head) => {
    const data = B.bytes(opening.body), record = JSON.parse(B.text.decode(data));
    const li = document.getElementById(`r${record.id}`) || add(record, opening.index);
    if (!B.able() || (li.dataset.checked && li.dataset.index === String(opening.index))) return;
    const good = await B.opens(head, opening.index, opening.path.map(B.bytes), B.unhex(opening.salt), data);
    sound = sound && good;
    if (good && li.dataset.checked !== 'yes') count += 1;
    li.dataset.checked = good ? 'yes' : 'no';
    li.dataset.index = opening.index;
    const mark = document.createElement('span');
    mark.className = good ? 'mark-ok' : 'mark-bad';
    mark.setAttribute('role', 'img');
    mark.setAttribute('aria-label', B.say(good ? 'script.checked_one' : 'script.mismatch'));
    const old = $('[role=img]', li);
    if (old) old.replaceWith(mark); else $('a', li).before(mark);
  };

  /* A frame covers (from, to]; one that does not begin where we are is not used, the gap is fetched. */
  const take = async frame => {
    if (frame.to <= size && !frame.again) return;
    if (frame.from > size) { await fill(size); return; }
    const head = B.parseNote(frame.checkpoint);
    if (B.able() && !(head.size === frame.to && await B.opened(head, vkey))) sound = false;
    for (const opening of frame.openings) await row(opening, head);
    size = Math.max(size, frame.to);
    told();
    if (frame.reopened && frame.from > 0) await fill(0);
  };
  const fill = async after => {
    const answer = await fetch(api + after, { cache: 'no-store' });
    if (!answer.ok) throw new Error(answer.status);
    await take({ ...await answer.json(), again: true });
  };
  const later = work => { queue = queue.then(work).catch(again); return queue; };

  /* EventSource gives up for good after a 503: it is closed and opened again here, from where we are. */
  const alive = () => { clearTimeout(dog); dog = setTimeout(again, SILENCE); state('live', B.say('script.live')); wait = FIRST; };
  const open = () => {
    source = new EventSource(`/live/events?project=${project}&after=${size}`);
    source.onopen = alive;
    source.addEventListener('beat', alive);
    source.addEventListener('frame', event => { alive(); later(() => take(JSON.parse(event.data))); });
    source.onerror = again;
  };
  const again = () => {
    clearTimeout(dog);
    if (source) source.close();
    source = null;
    state('retry', B.say('script.retry'));
    dog = setTimeout(() => later(start), wait * (0.7 + Math.random() * 0.6));
    wait = Math.min(wait * 2, LONGEST);
  };
  const start = async () => { if (!size) await fill(0); if (!source) open(); };

  B.load().then(() => later(start));
})();
