/* proof.js: SHA-256 and Ed25519 by the browser itself; RFC 6962 inclusion, C2SP notes. No dependency. */
(() => {
  'use strict';
  const utf8 = new TextEncoder(), text = new TextDecoder();
  const bytes = b64 => Uint8Array.from(atob(b64), c => c.charCodeAt(0));
  const unhex = h => Uint8Array.from(h.match(/../g) || [], x => parseInt(x, 16));
  const b64 = b => btoa(String.fromCharCode(...b));
  const hex = b => Array.from(b, x => x.toString(16).padStart(2, '0')).join('');
  const join = (...parts) => {
    const all = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
    parts.reduce((at, p) => { all.set(p, at); return at + p.length; }, 0);
    return all;
  };
  const able = () => Boolean(globalThis.crypto && crypto.subtle);
  const sha256 = async data => new Uint8Array(await crypto.subtle.digest('SHA-256', data));
  const same = (a, b) => a.length === b.length && a.every((x, i) => x === b[i]);

  /* batong-leaf/1, then the leaf hash of RFC 6962 §2.1. */
  const commitment = (salt, body) => sha256(join(utf8.encode('batong-leaf/1\0'), salt, body));
  const leaf = entry => sha256(join(Uint8Array.of(0), entry));
  const node = (l, r) => sha256(join(Uint8Array.of(1), l, r));

  /* RFC 9162 §2.1.3.2. Sizes stay below 2^53. */
  const included = async (hash, index, size, path, root) => {
    if (!(index >= 0 && index < size)) return false;
    let at = index, last = size - 1, r = hash;
    for (const p of path) {
      if (last === 0) return false;
      if (at % 2 === 1 || at === last) {
        r = await node(p, r);
        while (at % 2 === 0 && at !== 0) { at = Math.floor(at / 2); last = Math.floor(last / 2); }
      } else r = await node(r, p);
      at = Math.floor(at / 2); last = Math.floor(last / 2);
    }
    return last === 0 && same(r, root);
  };

  /* RFC 9162 §2.1.4.2: the tree of `size` extends the one of `old` leaves. */
  const extends_ = async (old, size, path, oldRoot, root) => {
    if (!(old > 0 && old <= size)) return false;
    if (old === size) return path.length === 0 && same(oldRoot, root);
    let at = old - 1, last = size - 1;
    while (at % 2 === 1) { at = Math.floor(at / 2); last = Math.floor(last / 2); }
    const steps = at === 0 ? [oldRoot, ...path] : [...path];
    if (!steps.length) return false;
    let was = steps.shift(), is = was;
    for (const p of steps) {
      if (last === 0) return false;
      if (at % 2 === 1 || at === last) {
        was = await node(p, was);
        is = await node(p, is);
        while (at % 2 === 0 && at !== 0) { at = Math.floor(at / 2); last = Math.floor(last / 2); }
      } else is = await node(is, p);
      at = Math.floor(at / 2);
      last = Math.floor(last / 2);
    }
    return last === 0 && same(was, oldRoot) && same(is, root);
  };

  const key = vkey => {
    const [, name, id, b64] = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(vkey), raw = bytes(b64);
    return { name, id, kind: raw[0], raw: raw.slice(1) };
  };
  const signed = async (k, signature, message) => {
    const imported = await crypto.subtle.importKey('raw', k, { name: 'Ed25519' }, false, ['verify']);
    return crypto.subtle.verify({ name: 'Ed25519' }, imported, signature, message);
  };

  /* A C2SP signed note that is a checkpoint: three lines, an empty one, signature lines. */
  const parseNote = note => {
    const cut = note.lastIndexOf('\n\n');
    if (cut < 0) throw new Error('note');
    const body = note.slice(0, cut + 1), lines = body.split('\n');
    if (lines.length !== 4 || lines[3] || !/^(0|[1-9]\d{0,14})$/.test(lines[1])) throw new Error('checkpoint');
    const signatures = note.slice(cut + 2).split('\n').filter(Boolean).map(line => {
      const [dash, name, b64] = line.split(' ');
      if (dash !== '—') throw new Error('signature');
      const raw = bytes(b64);
      return { name, id: hex(raw.slice(0, 4)), raw: raw.slice(4) };
    });
    return { origin: lines[0], size: Number(lines[1]), root: bytes(lines[2]), body, signatures };
  };
  const verified = async (head, k) => {
    for (const s of head.signatures) {
      if (s.name !== k.name || s.id !== k.id) continue;
      if (k.kind === 1 && await signed(k.raw, s.raw, utf8.encode(head.body))) return true;
      if (k.kind === 4) {
        const at = new DataView(s.raw.buffer).getBigUint64(0);
        if (await signed(k.raw, s.raw.slice(8), utf8.encode(`cosignature/v1\ntime ${at}\n${head.body}`))) return true;
      }
    }
    return false;
  };
  const opened = async (head, vkey) => {
    const k = key(vkey);
    return k.kind === 1 && k.name === head.origin && verified(head, k);
  };

  /* A C2SP tlog-proof. */
  const parseProof = told => {
    const cut = told.indexOf('\n\n'), lines = told.slice(0, cut).split('\n');
    if (lines.shift() !== 'c2sp.org/tlog-proof@v1') throw new Error('proof');
    const extra = lines[0].startsWith('extra ') ? bytes(lines.shift().slice(6)) : null;
    return { extra, index: Number(lines.shift().slice(6)), path: lines.map(bytes), note: told.slice(cut + 2) };
  };
  const opens = async (head, index, path, salt, body) =>
    salt.length === 32 && included(await leaf(await commitment(salt, body)), index, head.size, path, head.root);

  /* Words of the page's language; {name} is replaced. */
  let words = {};
  const load = async () => { try { words = await (await fetch(document.body.dataset.words)).json(); } catch { /* keys stand for texts */ } };
  const has = name => name in words;
  const say = (name, values = {}) => (words[name] || name).replace(/\{(\w+)\}/g, (_, k) => values[k]);

  window.Batong = { bytes, b64, unhex, hex, join, utf8, text, able, sha256, same, commitment, leaf, included, opens, extends_, key, signed, parseNote, verified, opened, parseProof, load, has, say };
})();
