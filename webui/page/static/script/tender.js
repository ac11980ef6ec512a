/* tender.js: what a tenderer does on its own machine: make and read the bid key, sign, draft the offer, check the seal.
   Neither key nor price ever leaves this page but as a file that its owner saves. */
(() => {
  'use strict';
  const B = window.Batong, { $, $$, fill, say } = window.Page, body = document.body, project = body.dataset.project;
  const b64 = data => btoa(String.fromCharCode(...new Uint8Array(data)));
  const id = () => B.unhex(project.replaceAll('-', ''));
  const save = (link, text, name) => {
    if (link.href) URL.revokeObjectURL(link.href);
    link.href = URL.createObjectURL(new Blob([text]));
    link.download = name;
  };
  const tell = (root, words, bad = false) => { const e = $('[data-told]', root); e.textContent = words; e.className = bad ? 'error-words' : ''; };

  /* PKCS #8 in PEM, byte for byte as `batong keygen` writes it: 48 bytes, one line. */
  const HEAD = '-----BEGIN PRIVATE KEY-----', TAIL = '-----END PRIVATE KEY-----';
  const pem = async key => `${HEAD}\n${b64(await crypto.subtle.exportKey('pkcs8', key))}\n${TAIL}\n`;
  const parse = async text => {
    if (text.includes('ENCRYPTED')) throw new Error('locked');
    if (text.includes('AGE-SECRET-KEY-1')) throw new Error('opening');
    const found = /-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\s]+)-----END PRIVATE KEY-----/.exec(text);
    if (!found) throw new Error('none');
    try { return await crypto.subtle.importKey('pkcs8', B.bytes(found[1].replace(/\s/g, '')), { name: 'Ed25519' }, true, ['sign']); } catch { throw new Error('none'); }
  };
  const raw = async key => {
    const x = (await crypto.subtle.exportKey('jwk', key)).x.replaceAll('-', '+').replaceAll('_', '/');
    return B.bytes(x.padEnd(44, '='));
  };
  const mask = async key => `p-${B.hex(await B.sha256(key)).slice(0, 32)}`;
  const sign = async (key, message) => B.hex(new Uint8Array(await crypto.subtle.sign({ name: 'Ed25519' }, key, message)));
  const read = async (input, root, then) => {
    const file = input.files[0];
    if (!file) return;
    try { await then(await parse(file.size > 10000 ? '' : await file.text())); } catch (e) { tell(root, root.dataset[e.message] || root.dataset.none, true); }
  };

  /* The key: made here or read here; what is posted is the public key and a signature. */
  const keys = root => {
    const form = $('[data-prove]', root), make = $('[data-make]', root), saved = $('[data-saved]', root);
    let fresh = false;
    const ready = async key => {
      const own = await raw(key), name = await mask(own);
      form.hidden = true;
      if (body.dataset.mask && body.dataset.mask !== name) { tell(root, root.dataset.notYours, true); return; }
      const message = B.join(B.utf8.encode('batong-mask/1\0'), id(), B.utf8.encode(root.dataset.challenge));
      form.elements.proof.value = `${B.hex(own)} ${await sign(key, message)}`;
      tell(root, fresh ? root.dataset.saveFirst : fill(root.dataset.ready, { mask: name }));
      form.hidden = fresh;
    };
    if (make) make.addEventListener('click', async () => {
      try {
        const pair = await crypto.subtle.generateKey({ name: 'Ed25519' }, true, ['sign', 'verify']);
        save($('[data-save]', root), await pem(pair.privateKey), root.dataset.name);
        fresh = true;
        saved.checked = false;
        $('[data-made]', root).hidden = false;
        make.classList.remove('btn-go');
        await ready(pair.privateKey);
        $('[data-save]', root).focus();
      } catch { tell(root, root.dataset.unable, true); }
    });
    $('[data-pem]', root).addEventListener('change', event => { fresh = false; read(event.target, root, ready); });
    /* A key that only this page holds is not proven: whoever goes on has saved it. */
    if (saved) saved.addEventListener('change', () => {
      form.hidden = fresh && !saved.checked;
      if (fresh) tell(root, saved.checked ? '' : root.dataset.saveFirst);
    });
  };

  /* The statement that withdraws a bid (bidding/submission.py), signed by the key behind the pseudonym. */
  const withdrawal = root => {
    $('[data-pem]', root).addEventListener('change', event => read(event.target, root, async key => {
      if (await mask(await raw(key)) !== body.dataset.mask) throw new Error('notYours');
      const statement = `${project}\n${body.dataset.section}\n${root.dataset.bid}\n`;
      $('[name=signature]', root).value = await sign(key, B.utf8.encode(`batong-bid/1/withdrawal\0${statement}`));
      tell(root, '');
    }));
  };

  /* The draft: typed here, checked here, saved here. */
  const draft = root => {
    const field = name => $(`[name=${name}]`, root), d = root.dataset, faults = $('[data-faults]', root), link = document.createElement('a');
    const check = () => {
      const found = [], price = field('price').value.replace(/[,¥￥元\s]/g, '');
      const fen = /^\d{1,13}(\.\d{1,2})?$/.test(price) ? Math.round(Number(price) * 100) : 0;
      if (!fen) found.push(['price', d.badPrice]);
      else if (d.ceiling && fen > Number(d.ceiling)) found.push(['price', fill(d.above, { ceiling: (Number(d.ceiling) / 100).toLocaleString('en', { minimumFractionDigits: 2 }) })]);
      if (!/^[1-9]\d{0,4}$/.test(field('period_days').value.trim())) found.push(['period_days', d.badDays]);
      if (!field('quality').value.trim()) found.push(['quality', d.badQuality]);
      return [found, price];
    };
    /* A price that nobody could take is told while it is typed, where it is typed. */
    const typed = field('price'), at = document.createElement('p');
    at.className = 'error-words';
    at.id = 'w-price';
    at.setAttribute('role', 'status');
    typed.closest('.field').append(at);
    typed.setAttribute('aria-describedby', `${typed.getAttribute('aria-describedby') || ''} w-price`.trim());
    typed.addEventListener('input', () => {
      const words = typed.value.trim() ? (check()[0].find(f => f[0] === 'price') || ['', ''])[1] : '';
      if (at.textContent !== words) at.textContent = words;
      typed.setAttribute('aria-invalid', String(Boolean(words)));
    });
    const mend = found => {
      for (const name of ['price', 'period_days', 'quality']) field(name).setAttribute('aria-invalid', String(found.some(f => f[0] === name)));
      faults.hidden = !found.length;
      $('ul', faults).replaceChildren(...found.map(([name, words]) => {
        const li = document.createElement('li'), a = document.createElement('a');
        a.href = `#f-${name}`;
        a.textContent = words;
        li.append(a);
        return li;
      }));
      if (found.length) faults.focus();
    };
    const sample = $('[data-sample]', root);
    if (sample) sample.addEventListener('click', () => {
      field('price').value = sample.dataset.price;
      field('period_days').value = sample.dataset.days;
      for (const name of ['price', 'period_days']) field(name).dispatchEvent(new Event('input', { bubbles: true }));
    });
    $('[data-save-draft]', root).addEventListener('click', () => {
      const [found, price] = check();
      mend(found);
      tell(root, '');
      if (found.length) return;
      const told = { name: d.bidder, uscc: d.uscc, price, period_days: Number(field('period_days').value), quality: field('quality').value.trim(), bid: d.bid, version: Number(d.version) };
      save(link, JSON.stringify(told, null, 2), d.file);
      link.click();
      tell(root, fill(d.saved, { file: d.file }));
    });
  };

  /* The commands follow the folder that files are saved to. */
  const folder = input => {
    const pre = $('#seal-command'), words = pre.textContent;
    const quoted = typed => /[^\w./~:\\-]/.test(typed) ? `"${typed}"` : typed;
    input.addEventListener('input', () => {
      const typed = input.value.trim().replace(/[/\\]+$/, '') || '.';
      pre.textContent = words.replace(/~\/Downloads\/(\S+)/g, (_, name) => quoted(`${typed}/${name}`));
    });
  };

  /* CLOSE: one's own leaf under its root, and its record in the log; all of it worked out here. */
  const seal = async list => {
    const d = list.dataset;
    const add = (good, words) => { const li = document.createElement('li'), b = document.createElement('b'); b.className = good ? 'tag tag-ok' : 'tag tag-stop'; b.textContent = good ? '✓' : '✗'; li.append(b, ' ', words); list.append(li); };
    if (!B.able()) { add(false, d.cannot); return; }
    const told = await (await fetch(d.seal)).json(), close = JSON.parse(told.close);
    if (told.leaf !== d.leaf) { add(false, d.notUnder); return; }
    add(true, d.same);
    const under = await B.included(await B.leaf(B.unhex(told.leaf)), told.index, close.bids.count, told.path.map(B.unhex), B.unhex(close.bids.root));
    add(under, under ? fill(d.under, { index: told.index + 1, count: close.bids.count }) : d.notUnder);
    const record = await (await fetch(`/api/v1/records/${told.record}`)).json(), bytes = B.bytes(record.body);
    const facts = JSON.parse(B.text.decode(bytes)).facts, digest = B.hex(await B.sha256(B.utf8.encode(told.close)));
    if (!record.proof || facts.close !== digest) { add(false, d.notInLog); return; }
    const proof = B.parseProof(record.proof), head = B.parseNote(proof.note);
    const good = await B.opened(head, d.vkey) && await B.opens(head, proof.index, proof.path, B.unhex(record.salt), bytes);
    add(good, good ? fill(d.inLog, { index: proof.index }) : d.notInLog);
  };

  /* When a certificate ends (X.509, DER): of the first pair of times in it the second. The file is read here alone. */
  const ends = data => {
    const pem = /-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END/.exec(B.text.decode(data));
    const der = pem ? B.bytes(pem[1].replace(/\s/g, '')) : data, text = String.fromCharCode(...der.slice(0, 8192));
    const found = der[0] === 48 && /(?:\x17\x0d\d{12}Z|\x18\x0f\d{14}Z)(?:\x17\x0d(\d{12})Z|\x18\x0f(\d{14})Z)/.exec(text);
    if (!found) return null;
    const told = found[2] || (found[1] < '5' ? '20' : '19') + found[1];
    return new Date(told.replace(/(....)(..)(..)(..)(..)(..)/, '$1-$2-$3T$4:$5:$6Z'));
  };
  const certificate = root => {
    const d = root.dataset, day = at => at.toLocaleDateString(document.documentElement.lang, { timeZone: 'Asia/Shanghai' });
    $('input', root).addEventListener('change', async event => {
      const file = event.target.files[0], end = file && ends(new Uint8Array(await file.arrayBuffer())), until = new Date(d.valid);
      const words = !end ? d.bad : end < new Date(d.today) ? d.over : end < until ? d.early : d.ok;
      if (file) tell(root, end ? fill(words, { end: day(end), until: day(until) }) : words, words !== d.ok);
    });
  };

  for (const root of $$('[data-certificate]')) certificate(root);
  for (const root of $$('[data-key]').filter(e => e !== body)) keys(root);
  for (const root of $$('[data-withdraw]')) withdrawal(root);
  for (const root of $$('[data-draft]')) draft(root);
  for (const input of $$('[data-where]')) folder(input);
  for (const list of $$('[data-seal]')) seal(list).catch(() => { list.textContent = list.dataset.cannot; });
  for (const button of $$('[data-copy]')) button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
    say(button.dataset.done);
  });
})();
