/* send.js: a sealed folder goes up in blocks of 8 MiB, each checked against the signed manifest before it leaves.
   A private key among the files stops everything before the first byte. */
(() => {
  'use strict';
  const B = window.Batong, { $, $$, fill } = window.Page, body = document.body;
  const BLOCK = 8 * 1024 * 1024, AGE = 'age-encryption.org/v1\n', SMALL = 4 << 20, DOCUMENTS = ['manifest.json', 'manifest.sig'];
  const size = n => n >= 1e9 ? `${(n / 1e9).toFixed(2)} GB` : n >= 1e6 ? `${(n / 1e6).toFixed(1)} MB` : `${Math.ceil(n / 1e3)} kB`;
  const digest = async blob => B.hex(await B.sha256(await blob.arrayBuffer()));
  const rest = ms => new Promise(done => setTimeout(done, ms));
  const half = words => { const halves = words.split(' / '); return halves.length === 2 ? halves[Number(document.documentElement.lang === 'en')] : words; };
  class Stop extends Error {}

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
    const address = `/api/v1/bids/${body.dataset.project}`, head = { 'X-CSRF': body.dataset.csrf };
    let bid = null, upload = '', held = false, running = false, flight = null;
    const tell = words => { told.textContent = words; };
    const stop = (words, rule, receipt) => {
      refused.hidden = false;
      $('p', refused).textContent = [words, rule].filter(Boolean).join(' ');
      if (receipt) { const a = document.createElement('a'); a.href = `/receipts/${receipt}`; a.textContent = d.receipt; $('p', refused).append(' ', a); }
      refused.focus();
    };

    /* What may not leave is looked for in every file: names, and the marks of private keys. */
    const secret = async file => /\.identity\.txt$|\.pem$|\.key$/i.test(file.name) || /AGE-SECRET-KEY-1|PRIVATE KEY-----/.test(await file.slice(0, 65536).text());
    const look = async files => {
      for (const file of files) if (await secret(file)) throw new Stop(fill(d.secret, { name: file.name }));
      for (const file of files) {
        const sealed = !file.name.endsWith('.age') || (await file.slice(0, AGE.length).text()) === AGE;
        if (!sealed || !/\.age$|^capsule\.json$|^manifest\.(json|sig)$/.test(file.name)) throw new Stop(fill(d.plain, { name: file.name }));
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
      return { objects: objects.map(each => ({ ...each, file: by.get(each.name) })), documents: DOCUMENTS.map(name => by.get(name)), digest: await digest(by.get('manifest.json')) };
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
      tell(fill(d.ready, { count: bid.objects.length + 2, size: size(bid.objects.reduce((n, each) => n + each.size, 0)) }));
    };
    const take = async files => {
      if (running) return;
      refused.hidden = true;
      bid = null;
      table.hidden = true;
      tell('');
      if (!B.able()) return; // the plain form still works
      try { bid = await look(files); upload = crypto.randomUUID(); show(); } catch (e) { if (!(e instanceof Stop)) throw e; form.reset(); stop(e.message); }
    };

    const put = (each, at, block) => new Promise((done, fail) => {
      flight = new XMLHttpRequest();
      flight.open('PUT', `${address}/uploads/${upload}/${each.name}?at=${at}`);
      for (const name of Object.keys(head)) flight.setRequestHeader(name, head[name]);
      flight.upload.onprogress = event => each.say(at + event.loaded, fill(d.sending, { percent: Math.floor(100 * (at + event.loaded) / each.size) }));
      flight.onload = () => done(flight);
      flight.onerror = flight.onabort = () => fail(new Error('net'));
      flight.send(block);
    });
    /* What the server says no to is not tried again; all else is. */
    const sound = (status, told) => {
      if (status >= 400 && status < 500 && status !== 409) throw new Stop(half(told().detail || String(status)));
      if (status >= 400) throw new Error('net');
    };
    const known = async () => {
      const answer = await fetch(`${address}/uploads/${upload}`, { cache: 'no-store', headers: head }), told = await answer.json();
      sound(answer.status, () => told);
      return told.held;
    };
    const one = async (each, from) => {
      let at = from;
      while (at < each.size) {
        if (held) throw new Error('held');
        const block = each.file.slice(at, at + BLOCK);
        each.say(at, d.checking);
        if (await digest(block) !== each.parts[Math.floor(at / BLOCK)]) throw new Stop(fill(d.changed, { name: each.name }));
        const answer = await put(each, at, block);
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
      upload = crypto.randomUUID();
    };

    /* On and on until all is there: what the server holds is asked anew after every break. */
    const run = async () => {
      running = true;
      button.disabled = true;
      pause.hidden = false;
      for (let wait = 1; ;) {
        try {
          const have = await known();
          for (const each of bid.objects) {
            await one(each, have[each.name] || 0);
          }
          await hand();
          break;
        } catch (e) {
          if (e instanceof Stop) { stop(e.message); break; }
          if (held) { tell(d.paused); break; }
          tell(fill(d.broken, { seconds: wait }));
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
    const zone = $('[data-zone]', form);
    for (const name of ['dragover', 'dragleave', 'drop']) zone.addEventListener(name, async event => {
      event.preventDefault();
      zone.classList.toggle('over', name === 'dragover');
      if (name === 'drop') { const dropped = entries(event.dataTransfer); looking = dropped.then(take); await looking; }
    });
  };
  for (const form of $$('[data-send]')) start(form);
})();
