/* draw.js: the bundle of a draw computed again in this browser, written from the description of batong-draw/1. No
   dependency and no WebCrypto, so that it works on any page: Batong.draw.verify(bytes) gives a line a step up to the
   first that fails, {name, item, detail}; item is '' where the step holds. */
(() => {
  'use strict';
  const utf8 = new TextEncoder(), strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }), loose = new TextDecoder();
  class Wrong extends Error { constructor(item, reason) { super(reason); this.item = item; } }
  const need = (good, item, reason) => { if (!good) throw new Wrong(item, reason); };
  const HEX = utf8.encode('0123456789abcdef');
  const hex = b => { const told = new Uint8Array(2 * b.length); b.forEach((x, i) => { told[2 * i] = HEX[x >>> 4]; told[2 * i + 1] = HEX[x & 15]; }); return loose.decode(told); };
  const same = (a, b) => a.length === b.length && a.every((x, i) => x === b[i]);
  const compare = (a, b) => { for (let i = 0; i < a.length && i < b.length; i += 1) if (a[i] !== b[i]) return a[i] - b[i]; return a.length - b.length; };
  const join = parts => {
    const all = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
    let at = 0;
    for (const p of parts) { all.set(p, at); at += p.length; }
    return all;
  };
  const u32 = n => Uint8Array.of(n >>> 24, n >>> 16, n >>> 8, n);

  /* SHA-256 and SHA-512 (FIPS 180-4), their constants from the roots of the first primes. */
  const fraction = (prime, degree) => {
    const wanted = BigInt(prime) << BigInt(64 * degree);
    let low = 0n, high = 1n << 72n;
    while (low < high) { const m = (low + high + 1n) >> 1n; if (m ** BigInt(degree) <= wanted) low = m; else high = m - 1n; }
    return low & 0xffffffffffffffffn;
  };
  const primes = [];
  for (let n = 2; primes.length < 80; n += 1) if (primes.every(p => n % p)) primes.push(n);
  const K512 = primes.map(p => fraction(p, 3)), H512 = primes.slice(0, 8).map(p => fraction(p, 2));
  const K256 = Uint32Array.from(K512.slice(0, 64), n => Number(n >> 32n)), H256 = Uint32Array.from(H512, n => Number(n >> 32n));
  const padded = (data, block) => {
    const size = Math.ceil((data.length + block / 8 + 1) / block) * block, all = new Uint8Array(size);
    all.set(data); all[data.length] = 0x80;
    new DataView(all.buffer).setUint32(size - 4, data.length * 8);
    return new DataView(all.buffer);
  };
  /* A list has hundreds of thousands of leaves, each hashed some times: nothing is made anew here that need not be. */
  let scratch = new DataView(new ArrayBuffer(256));
  const w32 = new Int32Array(64), turn = (x, n) => (x >>> n) | (x << (32 - n));
  const sha256 = data => {
    const size = Math.ceil((data.length + 9) / 64) * 64, h = H256.slice();
    if (scratch.byteLength < size) scratch = new DataView(new ArrayBuffer(size));
    const view = scratch, all = new Uint8Array(scratch.buffer);
    all.set(data); all.fill(0, data.length, size); all[data.length] = 0x80;
    view.setUint32(size - 4, data.length * 8);
    for (let at = 0; at < size; at += 64) {
      for (let i = 0; i < 16; i += 1) w32[i] = view.getInt32(at + 4 * i);
      for (let i = 16; i < 64; i += 1) {
        const x = w32[i - 15], y = w32[i - 2];
        w32[i] = w32[i - 16] + (turn(x, 7) ^ turn(x, 18) ^ (x >>> 3)) + w32[i - 7] + (turn(y, 17) ^ turn(y, 19) ^ (y >>> 10));
      }
      let a = h[0] | 0, b = h[1] | 0, c = h[2] | 0, d = h[3] | 0, e = h[4] | 0, f = h[5] | 0, g = h[6] | 0, k = h[7] | 0;
      for (let i = 0; i < 64; i += 1) {
        const one = (k + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + K256[i] + w32[i]) | 0;
        const two = ((turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
        k = g; g = f; f = e; e = (d + one) | 0; d = c; c = b; b = a; a = (one + two) | 0;
      }
      h[0] += a; h[1] += b; h[2] += c; h[3] += d; h[4] += e; h[5] += f; h[6] += g; h[7] += k;
    }
    const out = new DataView(new ArrayBuffer(32));
    for (let i = 0; i < 8; i += 1) out.setUint32(4 * i, h[i]);
    return new Uint8Array(out.buffer);
  };
  const M64 = 0xffffffffffffffffn;
  const sha512 = data => {
    const view = padded(data, 128), h = H512.slice(), turn = (x, n) => ((x >> n) | (x << (64n - n))) & M64;
    for (let at = 0; at < view.byteLength; at += 128) {
      const w = [];
      for (let i = 0; i < 80; i += 1) {
        if (i < 16) { w.push(view.getBigUint64(at + 8 * i)); continue; }
        const x = w[i - 15], y = w[i - 2];
        w.push((w[i - 16] + (turn(x, 1n) ^ turn(x, 8n) ^ (x >> 7n)) + w[i - 7] + (turn(y, 19n) ^ turn(y, 61n) ^ (y >> 6n))) & M64);
      }
      let [a, b, c, d, e, f, g, k] = h;
      for (let i = 0; i < 80; i += 1) {
        const one = k + (turn(e, 14n) ^ turn(e, 18n) ^ turn(e, 41n)) + ((e & f) ^ (~e & M64 & g)) + K512[i] + w[i];
        const two = (turn(a, 28n) ^ turn(a, 34n) ^ turn(a, 39n)) + ((a & b) ^ (a & c) ^ (b & c));
        k = g; g = f; f = e; e = (d + one) & M64; d = c; c = b; b = a; a = (one + two) & M64;
      }
      [a, b, c, d, e, f, g, k].forEach((x, i) => { h[i] = (h[i] + x) & M64; });
    }
    const out = new DataView(new ArrayBuffer(64));
    h.forEach((x, i) => out.setBigUint64(8 * i, x));
    return new Uint8Array(out.buffer);
  };
  const head = (tag, ...fields) => {
    const name = utf8.encode(`batong-draw/1/${tag}`);
    return join([Uint8Array.of(name.length), name, ...fields.flatMap(f => [u32(f.length), f])]);
  };
  const hash = (tag, ...fields) => sha256(head(tag, ...fields));

  /* Canonical JSON (RFC 8785, ASCII keys, whole numbers, no null). */
  const jcs = v => {
    if (typeof v === 'string') { need(!/\p{Surrogate}/u.test(v), 'text', 'a lone surrogate'); return JSON.stringify(v); }
    if (typeof v === 'number') { need(Number.isSafeInteger(v), 'number', 'is not whole'); return String(v); }
    if (typeof v === 'boolean') return String(v);
    if (Array.isArray(v)) return `[${v.map(jcs)}]`;
    need(v && typeof v === 'object', 'value', 'has no canonical form');
    return `{${Object.keys(v).sort().map(k => { need(/^[\x00-\x7f]*$/.test(k), 'key', 'must be ASCII'); return `${JSON.stringify(k)}:${jcs(v[k])}`; })}}`;
  };
  const canon = v => utf8.encode(jcs(v));
  const load = (data, item) => {
    let value;
    try { value = JSON.parse(strict.decode(data)); need(same(canon(value), data), item, 'is not canonical JSON'); } catch { throw new Wrong(item, 'is not canonical JSON'); }
    return value;
  };
  const only = (v, keys, item) => {
    need(v && typeof v === 'object' && !Array.isArray(v) && Object.keys(v).sort().join(' ') === keys.split(' ').sort().join(' '), item, `must hold exactly ${keys}`);
    return v;
  };
  const list = (v, item) => { need(Array.isArray(v), item, 'must be a list'); return v; };
  const row = (v, size, item) => { need(Array.isArray(v) && v.length === size, item, `must be rows of ${size}`); return v; };
  const bytes = (v, size, item) => {
    need(Number.isInteger(size) && typeof v === 'string' && v.length === 2 * size && /^[0-9a-f]*$/.test(v), item, `must be ${size} bytes of hex`);
    return Uint8Array.from({ length: size }, (_, i) => parseInt(v.slice(2 * i, 2 * i + 2), 16));
  };
  const whole = (v, item, least = 0, most = Number.MAX_SAFE_INTEGER) => { need(Number.isSafeInteger(v) && v >= least && v <= most, item, `must be ${least} to ${most}`); return v; };
  const text = (v, item) => { need(typeof v === 'string', item, 'must be text'); return v; };

  /* Edwards25519: signatures of RFC 8032, proofs of RFC 9381 suite 0x03. */
  const P = 2n ** 255n - 19n, L = 2n ** 252n + 27742317777372353535851937790883648493n;
  const mod = n => { const r = n % P; return r < 0n ? r + P : r; };
  const power = (a, n) => { let r = 1n, b = mod(a); for (let e = n; e; e >>= 1n) { if (e & 1n) r = r * b % P; b = b * b % P; } return r; };
  const inverse = a => power(a, P - 2n), D = mod(-121665n * inverse(121666n)), ZERO = [0n, 1n, 1n, 0n];
  const add = (a, b) => {
    const p = (a[1] - a[0]) * (b[1] - b[0]), q = (a[1] + a[0]) * (b[1] + b[0]), r = 2n * a[3] * b[3] % P * D, s = 2n * a[2] * b[2];
    const e = mod(q - p), f = mod(s - r), g = mod(s + r), h = mod(q + p);
    return [e * f % P, g * h % P, f * g % P, e * h % P];
  };
  const times = (n, a) => { let r = ZERO, b = a; for (let e = n; e; e >>= 1n) { if (e & 1n) r = add(r, b); b = add(b, b); } return r; };
  const minus = a => [mod(-a[0]), a[1], a[2], mod(-a[3])];
  const number = b => Array.from(b).reduceRight((n, x) => (n << 8n) | BigInt(x), 0n);
  const encode = a => {
    const z = inverse(a[2]);
    let n = a[1] * z % P | (a[0] * z % P & 1n) << 255n;
    return Uint8Array.from({ length: 32 }, () => { const x = Number(n & 255n); n >>= 8n; return x; });
  };
  const decode = data => {
    const all = number(data), sign = all >> 255n, y = all & (1n << 255n) - 1n;
    const square = mod((y * y - 1n) * inverse(D * y * y + 1n));
    let x = power(square, (P + 3n) / 8n);
    if (x * x % P !== square) x = x * power(2n, (P - 1n) / 4n) % P;
    if (y >= P || x * x % P !== square || (x === 0n && sign)) return null;
    if ((x & 1n) !== sign) x = P - x;
    return [x, y, 1n, x * y % P];
  };
  const point = (data, item) => { const a = decode(data); need(a, item, 'is not a point of the curve'); return a; };
  const high = a => Boolean(a) && !same(encode(times(8n, a)), encode(ZERO));
  const BASE = decode(Uint8Array.from({ length: 32 }, (_, i) => (i ? 0x66 : 0x58)));
  const fits = (told, digest, raw, item) => {
    const key = bytes(told, 32, item), s = number(raw.slice(32)), k = number(sha512(join([raw.slice(0, 32), key, digest]))) % L;
    return s < L && same(encode(add(times(s, BASE), minus(times(k, point(key, item))))), raw.slice(0, 32));
  };
  /* By the key of the header, or of who succeeded to a lost machine. */
  const signed = (keys, role, digest, signature, item) => {
    const raw = bytes(signature, 64, item), { sign, heir } = keys[role];
    need(fits(sign, digest, raw, item) || (heir && fits(heir, digest, raw, item)), item, 'the signature does not fit');
  };
  const both = (s, digest, signatures, item) => { only(signatures, 'C I', item); for (const role of ['C', 'I']) signed(s.keys, role, digest, signatures[role], `${item} signatures.${role}`); };
  const vrf = (s, role, alpha, told, item) => {
    const proof = bytes(told, 80, item), key = bytes(s.keys[role].vrf, 32, item), y = point(key, item), gamma = point(proof.slice(0, 32), item);
    const c = number(proof.slice(32, 48)), r = number(proof.slice(48));
    need(r < L && high(y), item, 'is not a key and a proof');
    let h = null;
    for (let i = 0; i < 256 && !h; i += 1) {
      const p = decode(sha512(join([Uint8Array.of(3, 1), key, alpha, Uint8Array.of(i, 0)])).slice(0, 32));
      if (high(p)) h = times(8n, p);
    }
    const u = add(times(r, BASE), minus(times(c, y))), v = add(times(r, h), minus(times(c, gamma)));
    const right = sha512(join([Uint8Array.of(3, 2), key, ...[h, gamma, u, v].map(encode), Uint8Array.of(0)])).slice(0, 16);
    need(same(right, proof.slice(32, 48)), item, 'the proof does not belong to this key and input');
    return sha512(join([Uint8Array.of(3, 3), encode(times(8n, gamma)), Uint8Array.of(0)]));
  };

  /* The canonical zip: sorted, stored, fixed times and attributes; made again and compared. */
  const CRC = Uint32Array.from({ length: 256 }, (_, n) => { let c = n; for (let i = 0; i < 8; i += 1) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1; return c; });
  const crc32 = data => { let c = ~0; for (const b of data) c = CRC[(c ^ b) & 255] ^ (c >>> 8); return ~c >>> 0; };
  const packed = (...parts) => {
    const view = new DataView(new ArrayBuffer(parts.reduce((n, [size]) => n + size, 0)));
    parts.reduce((at, [size, n]) => { if (size === 2) view.setUint16(at, n, true); else view.setUint32(at, n, true); return at + size; }, 0);
    return new Uint8Array(view.buffer);
  };
  const zipped = members => {
    const names = [...members.keys()].map(n => [n, utf8.encode(n)]).sort((a, b) => compare(a[1], b[1])), local = [], central = [];
    let at = 0;
    for (const [name, raw] of names) {
      const body = members.get(name), flag = raw.every(x => x < 128) ? 0 : 0x800;
      const head = packed([2, 20], [2, flag], [2, 0], [2, 0], [2, 33], [4, crc32(body)], [4, body.length], [4, body.length], [2, raw.length], [2, 0]);
      central.push(utf8.encode('PK\x01\x02'), packed([2, 788]), head, packed([2, 0], [2, 0], [2, 0], [4, 0o100644 * 65536], [4, at]), raw);
      local.push(utf8.encode('PK\x03\x04'), head, raw, body);
      at += 4 + head.length + raw.length + body.length;
    }
    const middle = join(central);
    return join([...local, middle, utf8.encode('PK\x05\x06'), packed([2, 0], [2, 0], [2, names.length], [2, names.length], [4, middle.length], [4, at], [2, 0])]);
  };
  const container = s => {
    const { data } = s, view = new DataView(data.buffer, data.byteOffset, data.length), members = new Map();
    for (let at = 0; at + 30 <= data.length && view.getUint32(at) === 0x504b0304;) {
      const size = view.getUint32(at + 18, true), start = at + 30 + view.getUint16(at + 26, true), name = loose.decode(data.slice(at + 30, start));
      const body = data.slice(start, start + size);
      need(!members.has(name) && crc32(body) === view.getUint32(at + 14, true), name, 'bytes differ');
      members.set(name, body);
      at = start + size;
    }
    need(same(zipped(members), data), 'zip directory', 'differs from the canonical form');
    const more = ['recovery.json', 'succession.json'].filter(name => members.has(name));
    s.count = Math.max(0, members.size - 9 - more.length);
    const names = ['header', 'history', 'commits', 'reveals', 'beacon', 'openings', 'final'].map(n => `${n}.json`).concat('NOTE.txt', 'leaves.bin');
    for (let k = 0; k < s.count; k += 1) names.push(round(k));
    names.push(...more);
    const odd = [...names.filter(n => !members.has(n)), ...[...members.keys()].filter(n => !names.includes(n))].sort();
    need(!odd.length, odd[0] || '', 'missing or extra');
    s.members = members;
    s.json = Object.fromEntries(names.filter(n => n.endsWith('.json')).map(n => [n, load(members.get(n), n)]));
    return `${members.size} members, canonical`;
  };
  const round = k => `rounds/${String(k).padStart(2, '0')}.json`;

  /* The header: every field, both signatures, the chain of attempts. */
  const FIELDS = 'beacon caps contact draw elig_root excluded freshness keys kind lot max_rounds max_weight members n prev project purpose registry rules seq stand_in strata suite t_beacon t_commit t_reveal v verifier';
  const NONE = '00'.repeat(32), QUICKNET = ['52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971', 1692803367];
  const named = (rows, item, least) => {
    const names = list(rows, item).map(r => { const [name, n] = row(r, 2, item); whole(n, item, least); need(['string', 'number'].includes(typeof name), item, 'must have names'); return name; });
    need(new Set(names).size === names.length, item, 'a name twice');
    return names;
  };
  const sum = rows => rows.reduce((n, r) => n + r[1], 0);
  const form = h => {
    const again = whole(h && h.seq, 'header.seq') > 0;
    only(h, FIELDS + (again ? ' supersedes' : ''), 'header');
    need((h.prev !== NONE) === again, 'header.prev', 'first has none, later ones have');
    need(h.v === 'batong-draw/1' && h.suite === 'sha256-ecvrf03', 'header.v', 'is another format or suite');
    need(['expert', 'agency', 'inspection'].includes(h.kind), 'header.kind', 'is unknown');
    for (const key of ['draw', 'project', 'lot', 'purpose', 'freshness']) text(h[key], `header.${key}`);
    for (const key of ['elig_root', 'prev', 'rules', 'verifier']) bytes(h[key], 32, `header.${key}`);
    const registry = only(h.registry, 'n root snapshot', 'header.registry');
    bytes(registry.root, 32, 'header.registry.root'); text(registry.snapshot, 'header.registry.snapshot');
    need(typeof h.stand_in === 'boolean', 'header.stand_in', 'must be true or false');
    for (const key of ['n', 't_commit', 't_reveal', 't_beacon']) whole(h[key], `header.${key}`);
    whole(registry.n, 'header.registry.n'); whole(h.max_rounds, 'header.max_rounds', 1, 100); whole(h.max_weight, 'header.max_weight', 1, 16);
    const rule = only(h.contact, 'attempts gap', 'header.contact');
    const nobody = h.kind !== 'expert' && rule.attempts === 0 && rule.gap === 0;
    whole(rule.attempts, 'header.contact', nobody ? 0 : 1); whole(rule.gap, 'header.contact');
    const codes = named(h.strata, 'header.strata', 1), members = named(h.members, 'header.members', 0);
    need(codes.length, 'header.strata', 'at least one stratum');
    for (const [code, seats] of h.strata) { whole(code, 'header.strata', 0, 2 ** 32 - 1); whole(seats, 'header.strata', 1, h.kind === 'inspection' ? 10000 : 100); }
    need(same(codes, members), 'header.members', 'must name the strata in order');
    need(h.members.every(m => m[1] <= h.n) && sum(h.members) >= h.n, 'header.members', 'do not fit the pool');
    named(h.excluded, 'header.excluded', 0);
    need(registry.n === h.n + sum(h.excluded), 'header.excluded', 'registered = eligible + excluded');
    need(h.t_commit < h.t_reveal && h.t_reveal < h.t_beacon, 'header.t_beacon', 'times out of order');
    const caps = Object.entries(only(h.caps, Object.keys(h.caps || {}).join(' '), 'header.caps'));
    need(caps.length <= 1 && caps.every(([f]) => ['o', 'r'].includes(f)), 'header.caps', 'one field, o or r');
    for (const [, limit] of caps) whole(limit, 'header.caps', 1);
    need(['C', 'I', 'T'].every(role => role in h.keys), 'header.keys', 'C, I and T are needed');
    for (const [role, keys] of Object.entries(h.keys)) for (const key of Object.values(only(keys, 'CI'.includes(role) ? 'sign vrf' : 'sign', 'header.keys'))) bytes(key, 32, `header.keys.${role}`);
    const due = Math.max(1, Math.ceil((h.t_beacon - QUICKNET[1]) / 3) + 1);
    need([{ kind: 'dice' }, ...['drand', 'both'].map(kind => ({ chain: QUICKNET[0], kind, round: due }))].some(b => jcs(b) === jcs(h.beacon)), 'header.beacon', 'is none, or of another round');
  };
  const headerOf = (told, item) => {
    const { header: h, signatures } = only(told, 'header signatures', item);
    form(h);
    only(signatures, 'C I', item);
    const hh = hash('header', canon(h));
    signed(h.keys, 'C', hh, signatures.C, `${item} signatures.C`);
    signed(h.keys, 'I', hash('countersign', hh, bytes(signatures.C, 64, item)), signatures.I, `${item} signatures.I`);
    return [h, hh];
  };
  const header = s => {
    [s.h, s.hh] = headerOf(s.json['header.json'], 'header.json');
    s.keys = s.h.keys;
    for (const role of ['C', 'I']) need(high(decode(bytes(s.keys[role].vrf, 32, 'header.keys'))), `header.keys.${role}.vrf`, 'is not a point of full order');
    const holders = s.h.stand_in ? ['替身密钥', 'stand-in keys'] : ['登记密钥', 'registered keys'];
    const rolled = s.h.stand_in ? ['模拟骰子', 'simulated dice'] : ['见证骰子', 'witnessed dice'], brought = ['公共随机源', 'public randomness'];
    const drawn = { dice: rolled, drand: brought, both: [`${rolled[0]}加${brought[0]}`, `${rolled[1]} and ${brought[1]}`] }[s.h.beacon.kind];
    const keys = `${holders[0]}，${drawn[0]} / ${holders[1]}, ${drawn[1]}`;
    const note = `Batong draw batong-draw/1 ${s.h.draw}\n验证 / verify: python3 -I -S draw_verify.py BUNDLE, or batong draw verify BUNDLE\n${keys}\n`;
    need(same(utf8.encode(note), s.members.get('NOTE.txt')), 'NOTE.txt', 'does not say what the header says');
    return `${hex(s.hh)}, keys ${hex(sha256(canon(s.keys)))}`;
  };
  const history = s => {
    const told = [...list(s.json['history.json'], 'history.json'), s.json['header.json']];
    let before = NONE;
    told.forEach((one, seq) => {
      const item = `attempt ${seq}`, [h, hh] = headerOf(one, `history.json ${item}`);
      need(h.seq === seq && h.prev === before, item, 'the attempts have a gap');
      need(['project', 'lot', 'purpose'].every(key => h[key] === s.h[key]), item, 'is of another purpose');
      if (seq) need(only(h.supersedes, 'draw reason', item).draw === told[seq - 1].header.draw, item, 'is not the next one');
      before = hex(hh);
    });
    return `attempt ${told.length} of this project, lot and purpose`;
  };
  const pool = s => {
    const data = s.members.get('leaves.bin');
    need(data.length === 32 * s.h.n && s.h.n > 0, 'leaves.bin', 'is not as many leaves as stated');
    s.leaves = Array.from({ length: s.h.n }, (_, i) => data.slice(32 * i, 32 * i + 32));
    need(s.leaves.every((leaf, i) => !i || compare(s.leaves[i - 1], leaf) < 0), 'leaves.bin', 'must ascend without repeats');
    let level = s.leaves.map(leaf => sha256(join([Uint8Array.of(0), leaf])));
    while (level.length > 1) {
      const up = [];
      for (let i = 0; i < level.length; i += 2) up.push(i + 1 < level.length ? sha256(join([Uint8Array.of(1), level[i], level[i + 1]])) : level[i]);
      level = up;
    }
    need(hex(level[0]) === s.h.elig_root, 'leaves.bin', 'does not have the root of the header');
    return `${s.h.n} leaves`;
  };

  /* Shares and dice. */
  const rolesOf = (s, rows, item) => {
    const roles = Object.keys(s.keys).filter(role => role !== 'C').sort();
    need(same(list(rows, item).map(r => r && r.role), roles), item, 'must be one a role, in order');
    return roles;
  };
  const commits = s => {
    const told = only(s.json['commits.json'], 'commits open', 'commits.json'), fields = [];
    s.roles = rolesOf(s, told.commits, 'commits');
    s.c = {};
    for (const one of told.commits) {
      const item = `commits ${one.role}`, c = bytes(only(one, 'c escrow role sig', item).c, 32, item), escrow = bytes(one.escrow, text(one.escrow, item).length / 2, item);
      signed(s.keys, one.role, hash('commit-signature', s.hh, utf8.encode(one.role), c, escrow), one.sig, item);
      s.c[one.role] = c;
      fields.push(utf8.encode(one.role), c);
    }
    s.open = hash('open', s.hh, ...fields);
    need(told.open === hex(s.open), 'commits open', 'is not the hash of the commits');
    return `open ${told.open}${s.json['succession.json'] === undefined ? '' : succession(s, told.commits)}`;
  };
  const at64 = at => join([u32(Math.floor(at / 2 ** 32)), u32(at % 2 ** 32)]);
  /* The three whom a side names in its commitment. */
  const holders = (copy, item) => {
    const told = only(load(copy, item), 'holders v', item), held = list(told.holders, item).map(one => only(one, 'recipient sealed sign', item));
    for (const one of held) text(one.sealed, item);
    const apart = key => new Set(held.map(one => text(one[key], item))).size === 3;
    need(told.v === 'batong-escrow/1' && held.length === 3 && apart('sign') && apart('recipient'), item, 'must have three holders, each with keys of its own');
    return held;
  };
  /* The inspector's machine was lost: two of the three whom it had named itself signed who takes its part. */
  const succession = (s, rows) => {
    const item = 'succession I', told = only(s.json['succession.json'], 'given role sign', item), { escrow } = rows.find(one => one.role === 'I');
    need(told.role === 'I' && escrow.startsWith('7b'), item, 'has no holders, or no deputy');
    const heir = bytes(told.sign, 32, item), held = holders(bytes(escrow, escrow.length / 2, item), item);
    const places = list(told.given, item).map(one => whole(only(one, 'at sig x', item).x, item, 1, 3));
    need(places.length === 2 && places[0] < places[1], item, 'must be two, in order');
    for (const { at, sig, x } of told.given) {
      whole(at, item, s.h.t_reveal + 1);
      signed({ I: { sign: held[x - 1].sign } }, 'I', hash('succession', s.hh, utf8.encode('I'), heir, u32(x), at64(at)), sig, `${item} holder ${x}`);
    }
    s.keys = { ...s.keys, I: { ...s.keys.I, heir: told.sign } };
    return `; the key of I was recovered by holders ${places.join(' and ')}, who signed for a deputy`;
  };
  /* What was recovered out of a copy with named holders: two of three opened it, in time, each under its signature. */
  const recovery = (s, recovered) => {
    const name = 'recovery.json', told = s.json[name], copies = {};
    for (const { role, escrow } of s.json['commits.json'].commits) if (recovered.some(one => one.role === role) && escrow.startsWith('7b')) copies[role] = bytes(escrow, escrow.length / 2, `escrow ${role}`);
    const roles = Object.keys(copies).sort();
    need((told !== undefined) === roles.length > 0, name, 'is missing, or nothing was recovered');
    need(same((told || []).map(one => only(one, 'pieces role', name).role), roles), name, 'must be one a role, in order');
    for (const { role, pieces } of told || []) {
      const item = `escrow ${role}`, held = holders(copies[role], item);
      const found = list(pieces, item).map(one => {
        const { at, piece, sig, x } = only(one, 'at piece sig x', item), data = bytes(piece, 33, item);
        whole(x, item, 1, 3); whole(at, item, s.h.t_reveal + 1, s.h.t_beacon - 1);
        signed({ [role]: { sign: held[x - 1].sign } }, role, hash('escrow', s.hh, s.open, utf8.encode(role), u32(x), at64(at), data), sig, `${item} holder ${x}`);
        return [BigInt(x), BigInt(`0x${piece}`)];
      });
      need(found.length === 2 && found[0][0] < found[1][0], item, 'must be two holders, in order');
      const [[a, y], [b, z]] = found, prime = 2n ** 256n + 297n, half = (prime + 1n) / 2n;
      const share = (((y * b - z * a) * (b - a === 2n ? half : 1n)) % prime + prime) % prime;
      need(share.toString(16).padStart(64, '0') === recovered.find(one => one.role === role).r, item, 'does not give the committed share');
    }
  };
  const reveals = s => {
    const told = only(s.json['reveals.json'], 'closed reveals signatures', 'reveals.json'), fields = [];
    rolesOf(s, told.reveals, 'reveals');
    s.r = [];
    for (const one of told.reveals) {
      const item = `reveals ${one.role}`, share = bytes(only(one, 'how r role', item).r, 32, item), role = utf8.encode(one.role), c = s.c[one.role];
      const fits = one.how === 'default' ? same(share, hash('default', c)) : same(hash('commit', s.hh, role, share), c);
      need(fits && ['default', 'revealed', 'recovered'].includes(one.how), item, 'does not fit the commitment');
      fields.push(role, utf8.encode(one.how), share);
      s.r.push(role, share);
    }
    const closed = hash('reveals', s.open, ...fields);
    s.before = hex(closed);
    need(told.closed === s.before, 'reveals closed', 'is not the hash of the reveals');
    both(s, closed, told.signatures, 'reveals');
    recovery(s, told.reveals.filter(one => one.how === 'recovered'));
    return `${told.reveals.map(r => r.how).join(', ')}; closed ${s.before}`;
  };
  const drand = (s, told) => {
    const { signature, ...named_ } = only(told, 'chain kind round signature', 'beacon');
    need(jcs(named_) === jcs({ ...s.h.beacon, kind: 'drand' }), 'beacon.round', 'is not what the header names');
    const drawn = sha256(bytes(signature, 48, 'beacon.signature'));
    return [drawn, `drand round ${told.round}; NOT CHECKED HERE: that the signature is this round's (randomness ${hex(drawn)})`];
  };
  /* Dice, a round of the chain, or both one after the other. */
  const beacon = s => {
    const told = s.json['beacon.json'], { kind } = s.h.beacon, sources = { dice, drand };
    if (kind === 'both') need(only(told, 'dice drand kind', 'beacon').kind === kind, 'beacon.kind', 'must be both');
    const found = kind === 'both' ? [dice(s, told.dice), drand(s, told.drand)] : [sources[kind](s, told)];
    s.beta = hash('base', s.open, ...s.r, utf8.encode(kind), join(found.map(one => one[0])));
    return found.map(one => one[1]).join('; ');
  };
  const dice = (s, told) => {
    only(told, 'at digits draws kind session signatures witness', 'beacon');
    need(told.kind === 'dice', 'beacon.kind', 'must be dice');
    text(told.session, 'beacon.session'); text(told.witness, 'beacon.witness');
    const pairs = list(told.draws, 'beacon.draws').map(pair => list(pair, 'beacon.draws').map(p => text(p, 'beacon.draws'))), words = pairs.map(pair => pair.join(' '));
    const mine = pairs.filter(pair => pair[0] === hex(s.hh));
    need(same(words, [...words].sort()) && mine.length === 1 && same(mine[0], [hex(s.hh), s.before]), 'beacon.draws', 'not rolled for this draw');
    need(whole(told.at, 'beacon.at') >= s.h.t_beacon, 'beacon.at', 'rolled before its time');
    need(/^[0-9]{24}$/.test(text(told.digits, 'beacon.digits')), 'beacon.digits', 'must be 24 decimal digits');
    const { signatures, ...bare } = told, statement = hash('dice', canon(bare));
    only(signatures, 'I T', 'beacon.signatures');
    for (const role of ['I', 'T']) signed(s.keys, role, statement, signatures[role], `beacon.signatures.${role}`);
    return [utf8.encode(told.digits), `${s.h.stand_in ? 'simulated ' : ''}dice ${told.digits}`];
  };

  /* Openings: of which leaves which fields, no more and no fewer. */
  const body = (s, k) => {
    const item = `round ${k}`, told = only(only(s.json[round(k)], 'round signatures', item).round, 'ask change contacts k log outcome pi prev', item);
    need(told.k === k, item, 'is not numbered in order');
    need(['FILLED', 'INFEASIBLE'].includes(told.outcome), item, 'unknown outcome');
    for (const look of list(told.log, `${item} log`)) { row(look, 3, `${item} log`); whole(look[0], `${item} log`); bytes(look[1], 32, `${item} log`); text(look[2], `${item} log`); }
    return told;
  };
  const wanted = s => {
    const caps = Object.keys(s.h.caps), looks = s.bodies.flatMap(b => b.log), found = new Map();
    let everyone = s.h.max_weight > 1 ? ['w'] : [];
    if (looks.some(l => l[2] === 'SKIP_INFEASIBLE') || s.bodies.some(b => b.outcome === 'INFEASIBLE')) everyone.push('s', ...caps);
    if (s.h.kind === 'agency') everyone = [...'orsuw'];
    const open = (leaf, fields) => { const set = found.get(leaf) || new Set(everyone); fields.forEach(f => set.add(f)); if (set.size) found.set(leaf, set); };
    if (everyone.length) for (const leaf of s.leaves) open(hex(leaf), []);
    for (const [, leaf, verdict] of looks) {
      const fields = verdict === 'ACCEPT' ? ['s', ...caps] : verdict === 'SKIP_STRATUM' ? ['s'] : verdict.startsWith('SKIP_CAP:') ? caps.filter(f => verdict === `SKIP_CAP:${f}`) : [];
      open(leaf, fields);
    }
    return found;
  };
  const openings = s => {
    s.bodies = Array.from({ length: s.count }, (_, k) => body(s, k));
    const told = list(s.json['openings.json'], 'openings.json');
    s.known = new Map();
    told.forEach((one, k) => {
      const item = `openings.json ${k}`, { hash: hidden, open } = only(one, 'hash leaf open', item), hashes = { ...hidden }, values = {};
      for (const [f, part] of Object.entries(open)) {
        need(!(f in hashes), item, 'a field twice');
        only(part, 'salt value', item);
        hashes[f] = hex(hash('field', utf8.encode(f), bytes(part.salt, 32, item), canon(part.value)));
        values[f] = part.value;
      }
      only(hashes, 'o r s u w', item);
      need(one.leaf === hex(hash('leaf', ...[...'orsuw'].map(f => bytes(hashes[f], 32, item)))), item, 'the opening does not make the leaf');
      if ('s' in values) list(values.s, item).forEach(code => whole(code, item));
      if ('w' in values) whole(values.w, item, 1, 16);
      s.known.set(one.leaf, values);
    });
    const exact = wanted(s), inside = new Set(s.leaves.map(hex)), order = told.map(one => one.leaf);
    const fits = exact.size === s.known.size && [...exact].every(([leaf, set]) => s.known.has(leaf) && same([...set].sort(), Object.keys(s.known.get(leaf)).sort()));
    need(fits && order.every(leaf => inside.has(leaf)) && same(order, [...s.known.keys()].sort()), 'openings.json', 'opens too much or too little');
    return `${told.length} leaves opened, fields as the verdicts name them`;
  };

  /* Selection: tickets in order, a verdict that is true of each, whether the rest can still be filled. */
  const cap = s => Object.entries(s.h.caps)[0];
  const group = (s, leaf) => { const values = s.known.get(leaf) || {}, c = cap(s); return c && c[0] in values ? `v${jcs(values[c[0]])}` : `l${leaf}`; };
  const room = (s, leaf, seated) => (cap(s) ? cap(s)[1] : 1) - (seated.get(group(s, leaf)) || 0);
  const more = (map, key, n) => { map.set(key, (map.get(key) || 0) + n); };
  const possible = (s, seats, taken, seated) => {
    const edges = new Map(), link = (a, b, n) => { if (!edges.has(a)) edges.set(a, new Map()); edges.get(a).set(b, n); };
    let wish = 0;
    for (const [code, n] of seats) { link('source', `seat ${code}`, n); wish += n; }
    for (const [leaf, values] of s.known) {
      if (taken.has(leaf) || s.barred.has(leaf)) continue;
      const party = `group ${group(s, leaf)}`;
      for (const code of new Set(values.s || [])) if (seats.has(code)) link(`seat ${code}`, `leaf ${leaf}`, 1);
      link(`leaf ${leaf}`, party, 1);
      link(party, 'sink', room(s, leaf, seated));
    }
    for (; wish > 0; wish -= 1) {
      const came = new Map([['source', null]]), queue = ['source'];
      for (let i = 0; i < queue.length && !came.has('sink'); i += 1) for (const [next, n] of edges.get(queue[i]) || []) if (n > 0 && !came.has(next)) { came.set(next, queue[i]); queue.push(next); }
      if (!came.has('sink')) return false;
      for (let at = 'sink'; came.get(at) !== null; at = came.get(at)) {
        more(edges.get(came.get(at)), at, -1);
        if (!edges.has(at)) edges.set(at, new Map());
        more(edges.get(at), came.get(at), 1);
      }
    }
    return true;
  };
  const ordered = (s, seed, code) => {
    const begun = Array.from({ length: s.h.max_weight }, (_, j) => join([head('ticket', seed, u32(code), u32(j)), u32(32)]));
    return s.leaves.map(leaf => {
      const name = hex(leaf), most = s.h.max_weight > 1 ? s.known.get(name).w : 1;
      need(most >= 1 && most <= s.h.max_weight, 'openings w', "beyond the header's max_weight");
      let best = null;
      for (let j = 0; j < most; j += 1) { const t = hex(sha256(join([begun[j], leaf]))); if (best === null || t < best) best = t; }
      return best + name;
    }).sort().map(line => line.slice(64));
  };
  const verdict = (s, code, leaf, seated) => {
    const values = s.known.get(leaf) || {};
    if (s.taken.has(leaf)) return 'SKIP_TAKEN';
    if (values.s && !values.s.includes(code)) return 'SKIP_STRATUM';
    if (s.barred.has(leaf)) return `SKIP_BARRED:${s.barred.get(leaf)}`;
    return cap(s) && room(s, leaf, seated) <= 0 ? `SKIP_CAP:${cap(s)[0]}` : 'ACCEPT';
  };
  const change = (s, told, item) => {
    for (const recheck of list(only(told, 'rechecks vacated', item).rechecks, item)) {
      only(recheck, 'at barred facts', item); bytes(recheck.facts, 32, item); whole(recheck.at, item);
      for (const pair of list(recheck.barred, item)) {
        const [leaf, rule] = row(pair, 2, item);
        bytes(leaf, 32, item); need(text(rule, item).trim(), item, 'names no rule');
        s.barred.set(leaf, rule);
      }
    }
    const inside = new Set(s.leaves.map(hex));
    need([...s.barred.keys()].every(leaf => inside.has(leaf)), `${item} recheck`, 'bars a leaf outside the pool');
    for (const gone of list(told.vacated, item)) {
      const [leaf, why, evidence] = row(gone, 3, item);
      bytes(evidence, 32, item);
      need(['NO_SHOW', 'LATE_CONFLICT', 'WITHDRAWN'].includes(why) && s.seated.has(leaf), item, 'a member left who was not seated');
      s.seated.delete(leaf);
    }
    for (const leaf of s.barred.keys()) s.seated.delete(leaf);
    s.seats = new Map(s.h.strata.map(([code, n]) => [code, n - [...s.seated.values()].filter(c => c === code).length]));
  };
  const open = s => [...s.seats.values()].reduce((a, b) => a + b, 0);
  const log = (s, told, seed, item) => {
    const seated = new Map();
    for (const leaf of s.seated.keys()) more(seated, group(s, leaf), 1);
    if (told.outcome === 'INFEASIBLE') { need(!told.log.length && !possible(s, s.seats, s.taken, seated), item, 'a panel was possible'); return; }
    let at = 0;
    for (const [code, n] of s.h.strata.map(([c]) => [c, s.seats.get(c)])) {
      if (!n) continue;
      const line = ordered(s, seed, code)[Symbol.iterator]();
      while (s.seats.get(code)) {
        need(at < told.log.length, item, 'ends before the seats are filled');
        const leaf = line.next().value, [c, l, v] = told.log[at], where = `${item} line ${at}`;
        need(c === code && l === leaf, where, 'is not the next ticket');
        let right = verdict(s, code, leaf, seated);
        if (right === 'ACCEPT' && v === 'SKIP_INFEASIBLE') {
          const seats = new Map(s.seats), after = new Map(seated);
          more(seats, code, -1); more(after, group(s, leaf), 1);
          if (!possible(s, seats, new Set([...s.taken, leaf]), after)) right = v;
        }
        need(v === right, where, 'the verdict is not true');
        if (right === 'ACCEPT') {
          const values = s.known.get(leaf) || {};
          need('s' in values && Object.keys(s.h.caps).every(f => f in values), where, 'accepted without opening what was checked');
          s.taken.add(leaf); more(s.seats, code, -1); more(seated, group(s, leaf), 1);
        }
        at += 1;
      }
    }
    need(at === told.log.length, `${item} line ${at}`, 'goes on after the seats are filled');
  };
  const contacts = (s, told, item) => {
    const accepted = told.log.filter(l => l[2] === 'ACCEPT'), rule = s.h.contact;
    if (!rule.attempts) {
      need(list(told.contacts, item).length === 0, item, 'nobody is to be called');
      for (const [code, leaf] of accepted) s.seated.set(leaf, code);
      return;
    }
    need(list(told.contacts, item).length === accepted.length, item, 'must be one for each accepted');
    told.contacts.forEach((one, i) => {
      const [leaf, outcome, evidence, tries] = row(one, 4, item), [code, drawn] = accepted[i];
      need(leaf === drawn && ['CONFIRMED', 'DECLINED', 'NO_ANSWER', 'LATE_CONFLICT'].includes(outcome), item, 'is not that of the accepted leaf');
      bytes(evidence, 32, item);
      list(tries, item).forEach(t => whole(t, item));
      need(tries.length && tries[0] >= s.h.t_beacon && tries.every((t, k) => !k || tries[k - 1] <= t), item, 'at least one try after the draw, in order');
      const apart = tries.every((t, k) => !k || t - tries[k - 1] >= rule.gap);
      need(outcome !== 'NO_ANSWER' || (tries.length >= rule.attempts && apart), item, 'no answer needs more attempts, apart');
      if (outcome === 'CONFIRMED') s.seated.set(leaf, code);
    });
  };
  const rounds = s => {
    Object.assign(s, { seated: new Map(), taken: new Set(), barred: new Map() });
    need(s.count <= s.h.max_rounds, 'rounds', 'are more than the header allows');
    s.bodies.forEach((told, k) => {
      const item = `round ${k}`;
      need(told.prev === s.before, `${item} prev`, 'breaks the chain');
      signed(s.keys, 'I', hash('ask', s.hh, u32(k), bytes(s.before, 32, item), canon(told.change)), told.ask, `${item} ask`);
      change(s, told.change, `${item} change`);
      need((k > 0 || jcs(told.change) === '{"rechecks":[],"vacated":[]}') && open(s), item, 'nothing to fill');
      const alpha = hash('alpha', s.beta, u32(k)), pi = only(told.pi, 'C I', `${item} pi`);
      const outputs = ['C', 'I'].map(role => vrf(s, role, alpha, pi[role], `${item} pi.${role}`));
      log(s, told, hash('seed', s.beta, u32(k), ...outputs), `${item} log`);
      contacts(s, told, `${item} contacts`);
      const closing = hash('closing', s.hh, canon(told));
      both(s, closing, s.json[round(k)].signatures, item);
      s.before = hex(closing);
    });
    return `${s.count} rounds, every verdict recomputed`;
  };
  const final = s => {
    const told = only(s.json['final.json'], 'final signatures', 'final.json'), end = only(told.final, 'change order outcome prev seated', 'final');
    need(end.prev === s.before, 'final prev', 'is not the last closing');
    change(s, end.change, 'final change');
    if (text(end.order, 'final order')) bytes(end.order, 32, 'final order');
    const missing = open(s), last = s.bodies.at(-1);
    const ended = last && last.outcome === 'INFEASIBLE' ? 'INFEASIBLE' : s.count === s.h.max_rounds ? 'EXHAUSTED' : '?';
    const outcome = end.order ? 'CANCELLED' : missing ? ended : 'COMPLETE';
    need(end.outcome === outcome, 'final outcome', `must be ${outcome}`);
    const seated = [...s.seated].map(([leaf, code]) => [code, leaf]).sort((a, b) => a[0] - b[0] || (a[1] < b[1] ? -1 : 1));
    need(jcs(end.seated) === jcs(seated), 'final seated', 'is not who holds a seat');
    both(s, hash('transcript', s.hh, canon(end)), told.signatures, 'final.json');
    return `${outcome}: ${seated.length} seated, ${missing} seats open`;
  };

  const STEPS = { container, header, history, pool, commits, reveals, beacon, openings, rounds, final };
  const verify = data => {
    const s = { data }, report = [];
    for (const [name, step] of Object.entries(STEPS)) {
      try { report.push({ name, item: '', detail: step(s) }); } catch (fault) {
        const known = fault instanceof Wrong;
        return [...report, { name, item: (known && fault.item) || name, detail: known ? fault.message : 'malformed' }];
      }
    }
    return report;
  };
  (globalThis.Batong ||= {}).draw = { verify, steps: Object.keys(STEPS), sha256, sha512, hex };
})();
