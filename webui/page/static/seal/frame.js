/* frame.js: the sealing frame. Files, price and key are chosen in here and never leave but sealed, as files handed to the
   page around it. Its policy lets it reach nobody; it is told what the invitation says, and nothing of any session. */
(() => {
  'use strict';
  const $ = s => document.querySelector(s), body = document.body, d = body.dataset, parent = d.parent;
  const policy = self.trustedTypes ? trustedTypes.createPolicy('seal', { createScriptURL: url => url }) : { createScriptURL: url => url };
  const fill = (words, values) => words.replace(/\{(\w+)\}/g, (_, k) => values[k]);
  const say = (words, bad = false) => { const e = $('[data-told]'); e.textContent = words; e.className = bad ? 'error-words' : ''; };
  const size = n => n >= 1e9 ? `${(n / 1e9).toFixed(2)} GB` : n >= 1e6 ? `${(n / 1e6).toFixed(1)} MB` : `${Math.ceil(n / 1e3)} kB`;
  const field = name => $(`[name=${name}]`), send = message => { if (window.parent) window.parent.postMessage(message, parent); }; // none once its page is left
  const yuan = fen => (Number(fen) / 100).toLocaleString('en', { minimumFractionDigits: 2 });
  let task = null, made = null, sample = null, worker = null, held = false, begun = 0;

  const fen = () => {
    const found = /^\s*[¥￥]?\s*(\d{1,3}(?:,\d{3})+|\d{1,13})(?:\.(\d{1,2}))?\s*元?\s*$/.exec(field('price').value);
    return found ? BigInt(found[1].replaceAll(',', '') + (found[2] || '').padEnd(2, '0')) : 0n;
  };
  const signer = async () => {
    const text = field('key').files[0] ? await field('key').files[0].slice(0, 10000).text() : '';
    if (text.includes('ENCRYPTED')) throw new Error(d.locked);
    if (text.includes('AGE-SECRET-KEY-1')) throw new Error(d.isOpening);
    const found = /-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\s]+)-----END PRIVATE KEY-----/.exec(text);
    if (!found) throw new Error(d.noKey);
    const der = Uint8Array.from(atob(found[1].replace(/\s/g, '')), c => c.charCodeAt(0));
    const own = Bid.unhex(await Bid.publicKey(await crypto.subtle.importKey('pkcs8', der, 'Ed25519', true, ['sign'])));
    if (`p-${Measure.sha256(own).slice(0, 32)}` !== task.mask) throw new Error(d.otherKey);
    return der;
  };
  /* All that can be seen to be wrong is said before anything is sealed. */
  const wrong = files => {
    const odd = file => /[\x00-\x1f\x7f/\\:*?"<>|]/.test(file.name) || new TextEncoder().encode(file.name).length > 200;
    const found = [];
    if (!files.length) found.push(['files', d.noFiles]);
    else if (files.length > 200) found.push(['files', d.manyFiles]);
    else if (files.some(odd)) found.push(['files', d.badName]);
    if (!fen()) found.push(['price', d.badPrice]);
    else if (task.ceiling && fen() > BigInt(task.ceiling)) found.push(['price', fill(d.above, { ceiling: yuan(task.ceiling) })]);
    if (!/^[1-9]\d{0,4}$/.test(field('period_days').value.trim())) found.push(['period_days', d.badDays]);
    if (!field('quality').value.trim()) found.push(['quality', d.badQuality]);
    return found;
  };
  const listed = () => (field('files').files.length || !sample ? [...field('files').files] : [sample]).sort((a, b) => (a.name < b.name ? -1 : 1));
  const mark = found => {
    for (const name of ['files', 'price', 'period_days', 'quality', 'key']) field(name).setAttribute('aria-invalid', String(found.some(each => each[0] === name)));
    say(found.map(each => each[1]).join('\n'), Boolean(found.length));
    if (found.length) field(found[0][0]).focus();
  };

  /* The key that opens the bid is kept by its owner before the first byte is sealed. */
  const prepare = async () => {
    const files = listed(), found = wrong(files);
    let key;
    try { key = await signer(); } catch (e) { found.push(['key', e.message || d.noKey]); }
    mark(found);
    if (found.length) return;
    const invited = JSON.parse(task.invitation), begun = await cut(), told = begun || await fresh(invited);
    const draft = { bid: told.bid, version: task.version, name: task.name, uscc: task.uscc, fen: String(fen()), days: Number(field('period_days').value), quality: field('quality').value.trim() };
    made = { files, invited, draft, key, recipient: told.recipient, capsule: told.capsule };
    await summary(files);
    $('[data-keep]').hidden = false;
    for (const part of document.querySelectorAll('[data-fresh]')) part.hidden = Boolean(begun);
    $('[name=kept]').checked = Boolean(begun);
    say(begun ? d.goingOn : '');
    $(begun ? '[data-start]' : '[data-rescue]').focus();
  };
  /* What will be sealed, once more before it is: the price in figures and in words, every file, and whether there is room. */
  const summary = async files => {
    const total = files.reduce((n, file) => n + Bid.padded(file.size), Bid.padded(0)), { quota, usage } = await navigator.storage.estimate();
    const told = fill(total > quota - usage ? d.noRoom : d.room, { total: size(total), free: size(quota - usage) });
    const list = $('[data-listed]'), price = $('[data-price]');
    price.textContent = fill(d.priced, { figures: yuan(fen()), words: Bid.capitals(fen()) });
    list.replaceChildren(...files.map(file => { const li = document.createElement('li'); li.textContent = `${file.name} · ${size(file.size)}`; return li; }));
    $('[data-spare]').textContent = told;
    $('[data-spare]').className = total > quota - usage ? 'error-words' : '';
  };
  /* A sealing that was cut off is gone on with: its key was saved then, and what is public of it lies beside its files. */
  const OPEN = 'open.json', home = () => navigator.storage.getDirectory(), same = () => [task.mask, task.version, JSON.parse(task.invitation).notice].join(' ');
  const cut = async () => {
    try { const told = JSON.parse(await (await (await (await home()).getFileHandle(OPEN)).getFile()).text()); return told.same === same() ? told : null; } catch { return null; }
  };
  const fresh = async invited => {
    const root = await home(), secret = Age.newSecret(), bid = crypto.randomUUID(), recipient = await Age.recipientOf(secret), link = $('[data-rescue]');
    for await (const name of root.keys()) await root.removeEntry(name, { recursive: true });
    link.href = URL.createObjectURL(new Blob([`# bid: ${bid}\n# public key: ${recipient}\n${Age.identity(secret)}\n`]));
    link.download = `sealed-${task.version}.identity.txt`;
    $('[data-own]').textContent = link.download;
    return { same: same(), bid, recipient, capsule: await Bid.capsule(invited, bid, secret) };
  };
  const remember = async told => {
    const file = await (await (await home()).getFileHandle(OPEN, { create: true })).createWritable();
    await file.write(JSON.stringify(told));
    await file.close();
  };
  const start = async () => {
    if (!$('[name=kept]').checked) { say(d.keepFirst, true); return; }
    for (const e of document.querySelectorAll('[data-form] input, [data-form] button')) e.disabled = true;
    await remember({ same: same(), bid: made.draft.bid, recipient: made.recipient, capsule: made.capsule });
    $('[data-run]').hidden = false;
    begun = performance.now();
    worker = new Worker(policy.createScriptURL(d.worker));
    worker.onmessage = heard;
    worker.onerror = () => say(d.failed, true);
    worker.postMessage({ kind: 'load', scripts: d.scripts.split(' ') });
  };
  const heard = async ({ data }) => {
    if (data.kind === 'loaded') worker.postMessage({ kind: 'seal', ...made });
    else if (data.kind === 'progress') {
      const bar = $('progress'), seconds = (performance.now() - begun) / 1000;
      bar.max = data.total || 1;
      bar.value = data.done;
      const left = data.done ? Math.ceil(seconds * (data.total - data.done) / data.done) : 0;
      say(fill(data.native ? d.going : d.goingSlow, { done: size(data.done), total: size(data.total), left }));
    } else if (data.kind === 'failed') say(fill(d.failedWhy, { why: data.why }), true);
    else if (data.kind === 'sealed') {
      const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle(made.draft.bid);
      const files = await Promise.all(data.names.map(async name => (await folder.getFileHandle(name)).getFile()));
      say(fill(d.sealed, { count: files.length }));
      $('[data-hold]').hidden = true;
      await (await home()).removeEntry(OPEN);
      send({ kind: 'sealed', files, manifest: data.manifest });
      worker.terminate();
    }
  };

  /* A demo alone is told a price: whoever plays it need bring no file. */
  $('[data-sample]').addEventListener('click', () => {
    sample = new File([`${d.sampleText}\n`], d.sampleName);
    field('price').value = task.price;
    field('period_days').value = task.days;
    field('price').dispatchEvent(new Event('input'));
    say(fill(d.sampleUsed, { name: sample.name }));
  });
  $('[data-prepare]').addEventListener('click', prepare);
  $('[data-start]').addEventListener('click', start);
  $('[data-hold]').addEventListener('click', () => {
    held = !held;
    worker.postMessage({ kind: held ? 'pause' : 'resume' });
    $('[data-hold]').textContent = held ? d.resume : d.pause;
    if (held) say(d.paused);
  });
  field('price').addEventListener('input', () => { const n = fen(); $('[data-capitals]').textContent = n ? Bid.capitals(n) : ''; });
  window.addEventListener('message', ({ origin, source, data }) => {
    if (origin !== parent || source !== window.parent || data.kind !== 'task' || task) return;
    task = data;
    body.hidden = false;
    if (task.ceiling) $('[data-limit]').textContent = fill(d.ceiling, { ceiling: yuan(task.ceiling) });
    $('[data-sample]').hidden = !task.price;
    tall();
  });
  /* What this browser can do, tried and not read from its name: keys, room for sealed files, a worker. */
  const makes = async algorithm => { try { await crypto.subtle.generateKey(algorithm, true, algorithm === 'Ed25519' ? ['sign', 'verify'] : ['deriveBits']); return true; } catch { return false; } };
  const works = () => new Promise(done => {
    try {
      const trial = new Worker(policy.createScriptURL(d.worker)), end = good => { trial.terminate(); done(good); };
      trial.onmessage = () => end(true);
      trial.onerror = () => end(false);
      trial.postMessage({ kind: 'load', scripts: d.scripts.split(' ') });
    } catch { done(false); }
  });
  const able = async () => {
    const { quota, usage } = await navigator.storage.estimate();
    return { ed25519: await makes('Ed25519'), x25519: await makes('X25519'), worker: await works(), room: quota - usage };
  };
  const tall = () => send({ kind: 'height', height: Math.ceil($('[data-all]').getBoundingClientRect().height) + 24 });
  new ResizeObserver(tall).observe($('[data-all]'));
  (async () => {
    if (!crypto.subtle || !navigator.storage || !navigator.storage.getDirectory) { send({ kind: 'unable' }); return; }
    send({ kind: 'ready', native: await Age.native(), able: await able() });
  })();
})();
