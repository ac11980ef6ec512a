/* verify.js: receipt, tlog-proof, record, log line, checkpoints, log: checked here. Nothing is uploaded. */
(() => {
  'use strict';
  const B = window.Batong, $ = (s, r = document) => r.querySelector(s), MOST = 4 << 20;
  const list = $('[data-list]'), say = (name, values) => B.say(`script.${name}`, values);

  /* The keys: a C2SP tlog-policy with one flat quorum, and the receipt key in a comment. */
  const policy = () => {
    const told = $('#policy').value, rows = told.split('\n').filter(l => l.trim() && l[0] !== '#').map(l => l.trim().split(/\s+/));
    const named = name => rows.filter(r => r[0] === name), witnesses = new Map(named('witness').map(r => [r[1], B.key(r[2])]));
    const wanted = named('quorum')[0][1], group = named('group').find(r => r[1] === wanted);
    const members = group ? group.slice(3) : witnesses.has(wanted) ? [wanted] : [];
    const quorum = !group ? members.length : group[2] === 'all' ? members.length : group[2] === 'any' ? 1 : Number(group[2]);
    const receipt = /# batong receipt key ([0-9a-f]{64})/.exec(told);
    return { log: named('log')[0][1], witnesses: members.map(m => witnesses.get(m)), quorum, receipt: receipt && B.unhex(receipt[1]) };
  };

  const stamps = { timeZone: 'Asia/Shanghai', dateStyle: 'short', timeStyle: 'medium' };
  const beijing = at => say('beijing', { time: new Intl.DateTimeFormat('sv-SE', stamps).format(new Date(at)) });

  const checkpoint = async (note, keys, add) => {
    const head = B.parseNote(note);
    const good = await B.opened(head, keys.log);
    add(good, good ? say('log_signed', { name: head.origin, size: head.size }) : say('log_unsigned'));
    let count = 0;
    for (const w of keys.witnesses) if (await B.verified(head, w)) count += 1;
    add(count >= keys.quorum, say('witnessed', { count, quorum: keys.quorum }));
    return head;
  };
  const here = async name => {
    const answer = await fetch(`/log/${name}`);
    return answer.ok ? new Uint8Array(await answer.arrayBuffer()) : null;
  };
  /* Of several checkpoints each extends the one before it: both roots come out of the same tiles. */
  const seen = [];
  const growth = async (head, add) => {
    const others = seen.filter(h => h.origin === head.origin);
    seen.push(head);
    if (!others.length) return;
    const { size } = B.parseNote(B.text.decode(await here('checkpoint')));
    for (const other of others) {
      const [one, two] = [other, head].sort((a, b) => a.size - b.size);
      const good = await B.extends(here, size, one, two);
      add(good, say(good === null ? 'not_this_log' : good ? 'extends' : 'forked', { old: one.size, size: two.size }));
    }
  };
  /* Leaves [start, end) of a log; with all of them, every tile that the root is made of is made again. */
  const stretch = async (read, start, end, keys, add, tell) => {
    const head = await checkpoint(B.text.decode(await read('checkpoint')), keys, add), to = end === null ? head.size : end;
    if (!(start >= 0 && start < to && to <= head.size)) { add(false, say('beyond', { size: head.size })); return; }
    const { entries, good } = await B.stretch(read, head, start, to, tell);
    add(good, say(good ? 'stretch' : 'not_stretch', { start, end: to }));
    const told = await read('openings.jsonl');
    if (!told) return;
    const { count, wrong } = await B.openings(B.text.decode(told), entries, start);
    if (wrong === undefined) add(true, say('opened', { count })); else add(false, say('not_opened', { index: wrong }));
  };
  const inclusion = async (proof, salt, data, keys, add) => {
    const head = await checkpoint(proof.note, keys, add);
    const good = await B.opens(head, proof.index, proof.path, salt, data);
    add(good, good ? say('included', { index: proof.index }) : say('excluded'));
  };

  /* Canonical JSON of what receipts hold: objects, lists, ASCII keys, strings, whole numbers. */
  const canonical = v => Array.isArray(v) ? `[${v.map(canonical)}]`
    : v && typeof v === 'object' ? `{${Object.keys(v).sort().map(k => `${JSON.stringify(k)}:${canonical(v[k])}`)}}` : JSON.stringify(v);
  const receipt = async (file, keys, add) => {
    const { signature, ...told } = JSON.parse(file.receipt);
    const covered = B.utf8.encode(`batong-bid/1/receipt\0${canonical(told)}`);
    const good = keys.receipt && await B.signed(keys.receipt, B.unhex(signature), covered);
    add(Boolean(good), good ? say('receipt_signed', { outcome: say(`outcome_${told.outcome}`), at: beijing(told.at) }) : say('receipt_unsigned'));
    if (!file.proof) { add(null, say('no_proof')); return; }
    const proof = B.parseProof(file.proof), data = proof.extra.slice(32), record = JSON.parse(B.text.decode(data));
    await inclusion(proof, proof.extra.slice(0, 32), data, keys, add);
    const facts = record.facts, pairs = {
      record: [record.id, told.record], project: [record.project, told.project], bid: [record.subject, told.bid],
      outcome: ['refused' in record.outcome, told.outcome !== 'accepted'], lot: [facts.section, told.lot],
      version: [facts.version, told.version], manifest: [facts.manifest, told.manifest], leaf: [facts.leaf, told.leaf], at: [facts.arrived, told.at],
    };
    const field = Object.keys(pairs).find(k => pairs[k][0] !== pairs[k][1]);
    add(!field, field ? say('receipt_differs', { field }) : say('receipt_same'));
  };
  const proofFile = async (text, keys, add) => {
    const proof = B.parseProof(text);
    if (proof.extra) return inclusion(proof, proof.extra.slice(0, 32), proof.extra.slice(32), keys, add);
    await checkpoint(proof.note, keys, add);
    add(null, say('bare_proof'));
  };
  const record = async (file, keys, add) => {
    let told = file.proof;
    if (!told) {
      const answer = await fetch(`/api/v1/log/proof/${Number(file.index)}`);
      told = answer.ok ? (await answer.json()).proof : null;
    }
    if (!told) { add(null, say('no_proof')); return; }
    const proof = B.parseProof(told);
    if (proof.index !== file.index) { add(false, say('excluded')); return; }
    await inclusion(proof, B.unhex(file.salt), B.bytes(file.body), keys, add);
  };
  class Unknown extends Error {}
  const lines = text => { try { return text.trim().split('\n').slice(0, 1000).map(line => JSON.parse(line)); } catch { throw new Unknown(); } };
  const check = async (text, keys, add) => {
    const is = B.elsewhere(text);
    if (is) return add(null, say(is));
    if (text.startsWith('c2sp.org/tlog-proof@v1\n')) return proofFile(text, keys, add);
    if (text.includes('\n\n— ')) return growth(await checkpoint(text, keys, add), add);
    for (const file of lines(text)) {
      if (!file) throw new Unknown();
      else if (file.v === 'batong-bid/1/receipt-file') await receipt(file, keys, add);
      else if (file.salt && file.body && 'index' in file) await record(file, keys, add);
      else throw new Unknown();
    }
  };

  const show = file => {
    const card = $('template[data-result]').content.cloneNode(true).firstElementChild;
    $('h3', card).textContent = file.name;
    list.prepend(card);
    $('[data-results]').hidden = false;
    return (good, words) => {
      const li = document.createElement('li'), b = document.createElement('b');
      b.className = good === null ? 'tag' : good ? 'tag tag-ok' : 'tag tag-stop';
      b.textContent = say(good === null ? 'note' : good ? 'pass' : 'fail');
      li.append(b, ' ', words);
      $('ul', card).append(li);
    };
  };
  /* A folder that was chosen, or this site's own log. */
  const log = async (name, read, start, end) => {
    const add = show({ name }), bar = $('[data-bar]');
    if (!B.able()) { add(null, say('unable')); return; }
    let keys;
    try { keys = policy(); } catch { add(false, say('bad_keys')); return; }
    const tell = (done, all) => { bar.hidden = done >= all; bar.max = all; bar.value = done; };
    try { await stretch(read, start, end, keys, add, tell); } catch (e) { add(false, say('no_file', { name: e.message })); }
    bar.hidden = true;
  };
  const folder = files => {
    const all = new Map([...files].map(f => [f.webkitRelativePath.split('/').slice(1).join('/'), f]));
    return name => all.has(name) ? all.get(name).arrayBuffer().then(b => new Uint8Array(b)) : null;
  };
  const take = async files => {
    for (const file of files) {
      const add = show(file);
      if (!B.able()) { add(null, say('unable')); continue; }
      if (file.size > MOST) { add(null, say('too_big')); continue; }
      let keys;
      try { keys = policy(); } catch { add(false, say('bad_keys')); continue; }
      try { await check(await file.text(), keys, add); } catch (e) { if (e instanceof Unknown) add(null, say('unknown')); else add(false, say('malformed')); }
    }
  };

  B.load().then(() => {
    const zone = $('[data-drop]'), input = $('#file');
    zone.hidden = $('[data-log]').hidden = false;
    $('#folder').addEventListener('change', e => log(e.target.files[0]?.webkitRelativePath.split('/')[0] || '', folder(e.target.files), 0, null));
    $('[data-range]').addEventListener('submit', e => {
      e.preventDefault();
      const [from, to] = ['#from', '#to'].map(id => $(id).value);
      log(`${location.host}/log`, here, Number(from || 0), to ? Number(to) : null);
    });
    $('[data-no-script]').hidden = true;
    input.addEventListener('change', () => take([...input.files]));
    for (const name of ['dragover', 'dragleave', 'drop']) zone.addEventListener(name, event => {
      event.preventDefault();
      zone.classList.toggle('over', name === 'dragover');
      if (name === 'drop') take([...event.dataTransfer.files]);
    });
  });
})();
