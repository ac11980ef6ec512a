/* send.js: a sealed folder goes up by tus 1.0 in parts of 8 MiB, each checked against the signed manifest before it leaves
   and again where it arrives; what is there already is not sent again, even after this page was closed.
   A private key among the files stops everything before the first byte. */
(() => {
  'use strict';
  const B = window.Batong, { $, $$, fill, secrets } = window.Page, body = document.body;
  const BLOCK = 8 * 1024 * 1024, AGE = 'age-encryption.org/v1\n', SMALL = 4 << 20, DOCUMENTS = ['manifest.json', 'manifest.sig'];
  const size = n => n >= 1e9 ? `${(n / 1e9).toFixed(2)} GB` : n >= 1e6 ? `${(n / 1e6).toFixed(1)} MB` : `${Math.ceil(n / 1e3)} kB`;
  const digest = async blob => B.hex(await B.sha256(await blob.arrayBuffer()));
  const rest = ms => new Promise(done => setTimeout(done, ms));
  const half = words => { const halves = words.split(' / '); return halves.length === 2 ? halves[Number(document.documentElement.lang === 'en')] : words; };
  class Stop extends Error {}
  class Late extends Error {}
  class Busy extends Error {}
  /* The same folder is the same upload, whoever sends it from whichever page. */
  const named = digest => [[0, 8], [8, 12], [12, 16], [16, 20], [20, 32]].map(([from, to]) => digest.slice(from, to)).join('-');

  /* A dropped folder, one level deep: a sealed bid has no folders in it. */
  const entries = async transfer => {
    const tops = [...transfer.items].map(item => (item.webkitGetAsEntry && item.webkitGetAsEntry()) || item.getAsFile()).filter(Boolean);
    const file = entry => new Promise((done, fail) => entry.file(done, fail));
    const list = async reader => {
      const all = [];
      for (;;) {
        const some = await new Promise((done, fail) => reader.readEntries(done, fail));
        if (!some.length) return all;
        all.push(...some);
      }
    };
    const found = [];
    for (const top of tops) {
      if (top instanceof File) found.push(top);
      else for (const each of top.isDirectory ? await list(top.createReader()) : [top]) if (each.isFile) found.push(await file(each));
    }
    return found;
  };

  const start = form => {
    const d = form.dataset, table = $('[data-table]', form), rows = $('tbody', table), button = $('.actions .btn-go', form), pause = $('[data-pause-send]', form), told = $('[data-told]', form), refused = $('[data-refused]', form);
    const address = `/api/v1/bids/${body.dataset.project}`, files = `/files/${body.dataset.project}`, TUS = { 'Tus-Resumable': '1.0.0' }, head = { 'X-CSRF': body.dataset.csrf };
    let bid = null, upload = '', held = false, running = false, flight = null;
    const tell = words => { told.textContent = words; };
    const stop = (words, rule, receipt) => {
      refused.hidden = false;
      $('p', refused).textContent = [words, rule].filter(Boolean).join(' ');
      if (receipt) { const a = document.createElement('a'); a.href = `/receipts/${receipt}`; a.textContent = d.receipt; $('p', refused).append(' ', a); }
      refused.focus();
    };

    /* What may not leave is looked for in every file: names, and the marks of private keys. */
    const secret = async file => { const { opening, pem } = await secrets(file); return opening || pem || /\.identity\.txt$|\.pem$|\.key$/i.test(file.name); };
    const look = async files => {
      for (const file of files) if (await secret(file)) throw new Stop(fill(d.secret, { name: file.name }));
      for (const file of files) {
        const sealed = !file.name.endsWith('.age') || (await file.slice(0, AGE.length).text()) === AGE;
        if (!sealed || !/\.age$|^capsule\.json$|^manifest\.(json|sig|p7s)$/.test(file.name)) throw new Stop(fill(d.plain, { name: file.name }));
      }
      const by = new Map(files.map(file => [file.name, file]));
      for (const name of DOCUMENTS) if (!by.has(name)) throw new Stop(fill(d.noManifest, { name }));
      let manifest;
      try { manifest = JSON.parse(by.get('manifest.json').size > SMALL ? '' : await by.get('manifest.json').text()); } catch { throw new Stop(fill(d.changed, { name: 'manifest.json' })); }
      const objects = [...manifest.objects, { name: 'capsule.json', sha256: manifest.capsule, parts: [manifest.capsule], size: (by.get('capsule.json') || {}).size }];
      for (const each of objects) {
        if (!by.has(each.name)) throw new Stop(fill(d.noManifest, { name: each.name }));
        if (by.get(each.name).size !== each.size) throw new Stop(fill(d.changed, { name: each.name }));
      }
      if (manifest.tender !== body.dataset.project || manifest.lot !== form.elements.section.value) throw new Stop(d.otherTrade);
      if (!d.notices.split(' ').includes(manifest.notice)) throw new Stop(d.otherNotice);
      if (manifest.version !== Number(d.version)) throw new Stop(fill(d.otherVersion, { told: manifest.version, wanted: d.version }));
      if (`p-${B.hex(await B.sha256(B.unhex(manifest.signer))).slice(0, 32)}` !== body.dataset.mask) throw new Stop(d.otherKey);
      return { objects: objects.map(each => ({ ...each, file: by.get(each.name) })), documents: [...DOCUMENTS, 'manifest.p7s'].map(name => by.get(name)).filter(Boolean), digest: await digest(by.get('manifest.json')) };
    };

    const show = () => {
      rows.replaceChildren(...bid.objects.map(each => {
        const tr = $('template[data-row]', form.parentNode).content.cloneNode(true).firstElementChild;
        $('th span', tr).textContent = each.name;
        $('.hash', tr).textContent = each.sha256;
        $('.num', tr).textContent = size(each.size);
        $('progress', tr).max = each.size || 1;
        $('progress', tr).value = 0;
        $('progress', tr).setAttribute('aria-label', each.name);
        each.say = (n, words) => { $('progress', tr).value = n; $('td .small', tr).textContent = words; };
        each.say(0, d.waits);
        return tr;
      }));
      table.hidden = false;
      tell(fill(d.ready, { count: bid.objects.length + bid.documents.length, size: size(bid.objects.reduce((n, each) => n + each.size, 0)) }));
    };
    const take = async files => {
      if (running) return;
      refused.hidden = true;
      bid = null;
      table.hidden = true;
      tell('');
      if (!B.able()) return; // the plain form still works
      try { bid = await look(files); upload = named(bid.digest); show(); } catch (e) { if (!(e instanceof Stop)) throw e; form.reset(); stop(e.message); }
    };

    const put = (each, at, block) => new Promise((done, fail) => {
      flight = new XMLHttpRequest();
      flight.open('PATCH', `${files}/${upload}/${each.name}`);
      const told = { ...head, ...TUS, 'Upload-Offset': at, 'Content-Type': 'application/offset+octet-stream' };
      for (const name of Object.keys(told)) flight.setRequestHeader(name, told[name]);
      flight.upload.onprogress = event => each.say(at + event.loaded, fill(d.sending, { percent: Math.floor(100 * (at + event.loaded) / each.size) }));
      flight.onload = () => done(flight);
      flight.onerror = flight.onabort = () => fail(new Error('net'));
      flight.send(block);
    });
    /* What the server says no to is not tried again; all else is: another's offset, a locked or a damaged part, no room just now. */
    const AGAIN = [409, 423, 460];
    const sound = (status, read) => {
      if (status < 400) return;
      const told = read();
      if (told.code === 'too_late') throw new Late();
      if (told.code === 'wrong_stage' || status < 500 && !AGAIN.includes(status)) throw new Stop(half(told.detail || String(status)));
      throw told.code === 'busy' ? new Busy(half(told.detail)) : new Error('net');
    };
    /* The manifest goes first: it says what every part must be. */
    const known = async () => {
      const answer = await fetch(`${address}/uploads/${upload}`, { method: 'PUT', cache: 'no-store', headers: head, body: bid.documents[0] }), told = await answer.json();
      sound(answer.status, () => told);
      return told.held;
    };
    const create = async each => {
      const told = { ...head, ...TUS, 'Upload-Length': each.size, 'Upload-Metadata': `upload ${btoa(upload)},filename ${btoa(each.name)}` };
      const answer = await fetch(files, { method: 'POST', headers: told }), said = answer.ok ? {} : await answer.json();
      sound(answer.status, () => said);
    };
    const one = async (each, from) => {
      let at = from || 0;
      if (from === undefined) await create(each);
      while (at < each.size) {
        if (held) throw new Error('held');
        const part = Math.floor(at / BLOCK), whole = each.file.slice(part * BLOCK, (part + 1) * BLOCK);
        each.say(at, d.checking);
        if (await digest(whole) !== each.parts[part]) throw new Stop(fill(d.changed, { name: each.name }));
        const block = whole.slice(at - part * BLOCK), answer = await put(each, at, block);
        sound(answer.status, () => JSON.parse(answer.responseText));
        at += block.size;
      }
      each.say(each.size, d.sent);
    };
    const hand = async () => {
      tell(d.handing);
      const told = new FormData();
      told.append('section', form.elements.section.value);
      for (const file of bid.documents) told.append('files', file, file.name);
      const answer = await fetch(`${address}?upload=${upload}`, { method: 'POST', headers: head, body: told });
      if (answer.status >= 500 && answer.status !== 503) throw new Error('net');
      const said = await answer.json();
      if (answer.ok) { location.assign(`/receipts/${said.record}?new=1`); return; }
      if (answer.status === 503) throw new Error('net');
      tell('');
      stop(`${d.stopped}${half(said.detail)}`, said.rule && fill(d.basis, { rule: said.rule }), said.receipt && said.record);
    };

    /* On and on until all is there: what the server holds is asked anew after every break. */
    const run = async () => {
      running = true;
      button.disabled = true;
      pause.hidden = false;
      for (let wait = 1, late = false; ;) {
        try {
          const have = late ? {} : await known();
          if (!late) for (const each of bid.objects) await one(each, have[each.name]);
          await hand();
          break;
        } catch (e) {
          if (e instanceof Late) { late = true; continue; } // its receipt says so
          if (e instanceof Stop) { stop(e.message); break; }
          if (held) { tell(d.paused); break; }
          tell(`${e instanceof Busy ? e.message : ''}${fill(d.broken, { seconds: wait })}`);
          await rest(wait * 1000);
          wait = Math.min(wait * 2, 30);
          if (held) { tell(d.paused); break; }
        }
      }
      running = false;
      button.disabled = held;
      pause.hidden = !held;
    };
    pause.addEventListener('click', () => {
      held = !held;
      pause.textContent = held ? d.resume : d.pause;
      if (held && flight) flight.abort();
      if (!held && !running) run();
    });
    /* Whoever presses while the files are still looked at is heard once they are. */
    let looking = Promise.resolve();
    form.addEventListener('submit', async event => {
      if (!B.able()) return;
      event.preventDefault();
      await looking;
      if (bid && !running) run();
      else if (!running && refused.hidden) stop(d.none);
    });
    for (const input of $$('input[type=file]', form)) input.addEventListener('change', () => { looking = take([...input.files]); });
    form.addEventListener('sealed', event => { looking = take(event.detail); });
    const zone = $('[data-zone]', form);
    for (const name of ['dragover', 'dragleave', 'drop']) zone.addEventListener(name, async event => {
      event.preventDefault();
      zone.classList.toggle('over', name === 'dragover');
      if (name === 'drop') { const dropped = entries(event.dataTransfer); looking = dropped.then(take); await looking; }
    });
  };
  /* The sealing frame: told what the invitation says, heard when it hands over sealed files; nothing else goes either way. */
  const around = root => {
    const frame = $('[data-frame]', root), origin = new URL(frame.src).origin, d = frame.dataset, able = $('[data-able]', root);
    const put = (name, state, values = {}) => {
      const li = $(`[data-try=${name}]`, root);
      li.dataset.state = state;
      $('.tag', li).className = `tag tag-${state}`;
      $('.tag', li).textContent = root.dataset[state];
      $('.sub', li).textContent = fill(li.dataset[state], values);
      if (state === 'stop') li.closest('details').open = true;
    };
    const silent = setTimeout(() => put('frame', 'stop'), 20000);
    /* What the frame found of this browser, and how far its clock is from the server's. */
    const tried = async ({ native, able: found }) => {
      put('frame', 'ok');
      put('cipher', native ? 'ok' : 'warn');
      put('keys', found.ed25519 && found.x25519 ? 'ok' : 'stop');
      put('worker', found.worker ? 'ok' : 'stop');
      put('room', found.room > 5e8 ? 'ok' : 'warn', { room: size(found.room) });
      const before = Date.now(), { now, passes } = await (await fetch('/api/v1/time', { cache: 'no-store' })).json();
      const offset = Math.round((new Date(now) - (before + Date.now()) / 2) / 1000);
      if (passes) put('clock', Math.abs(offset) > 5 ? 'warn' : 'ok', { seconds: Math.abs(offset) });
      else put('clock', 'ok', { seconds: 0 });
    };
    window.addEventListener('message', async ({ source, origin: from, data }) => {
      if (!source || source !== frame.contentWindow || from !== origin) return;
      if (data.kind === 'ready') {
        clearTimeout(silent);
        tried(data);
        const invitation = await (await fetch(`/bid/${body.dataset.project}/invitation.json`, { cache: 'no-store' })).text();
        source.postMessage({ kind: 'task', invitation, version: Number(d.version), name: d.bidder, uscc: d.uscc, ceiling: d.ceiling, mask: body.dataset.mask, price: d.price, days: d.days }, origin);
      } else if (data.kind === 'unable') { clearTimeout(silent); able.textContent = root.dataset.unable; put('frame', 'ok'); put('keys', 'stop'); }
      else if (data.kind === 'height') frame.height = data.height;
      else if (data.kind === 'sealed') {
        able.textContent = root.dataset.handed;
        const form = $('[data-send]');
        form.dispatchEvent(new CustomEvent('sealed', { detail: data.files }));
        for (const way of $$('[data-way]')) way.open = false;
        able.scrollIntoView();
      }
    });
  };
  for (const form of $$('[data-send]')) start(form);
  for (const root of $$('[data-around]')) around(root);
})();
