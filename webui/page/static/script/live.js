/* live.js: what the public record tells of a draw that runs (batong-draw/1), checked here as it arrives; beside proof.js. */
(() => {
  'use strict';
  const B = window.Batong, { join, hex, same, utf8, sha256 } = B;
  class Wrong extends Error { constructor(item, reason) { super(reason); this.item = item; } }
  const need = (good, item, reason) => { if (!good) throw new Wrong(item, reason); };
  const u32 = n => Uint8Array.of(n >>> 24, n >>> 16 & 255, n >>> 8 & 255, n & 255);
  const H = (tag, ...fields) => { const name = utf8.encode(`batong-draw/1/${tag}`); return sha256(join(Uint8Array.of(name.length), name, ...fields.flatMap(f => [u32(f.length), f]))); };
  const raw = (told, size, item) => { need(typeof told === 'string' && told.length === 2 * size && /^[0-9a-f]*$/.test(told), item, `must be ${size} bytes of hex`); return B.unhex(told); };
  const jcs = v => Array.isArray(v) ? `[${v.map(jcs)}]` : v && typeof v === 'object' ? `{${Object.keys(v).sort().map(k => `${JSON.stringify(k)}:${jcs(v[k])}`)}}` : JSON.stringify(v);
  const canon = v => utf8.encode(jcs(v)), sum = list => list.reduce((n, x) => n + x, 0);

  /* By the key of the header, or of who succeeded to a lost machine. */
  const signed = async (keys, role, digest, signature, item) => {
    const { sign, heir } = keys[role], told = raw(signature, 64, item);
    need(await B.signed(raw(sign, 32, item), told, digest) || (heir && await B.signed(raw(heir, 32, item), told, digest)), item, 'the signature does not fit');
  };
  const at64 = at => join(u32(Math.floor(at / 2 ** 32)), u32(at % 2 ** 32));
  const holders = (copy, item) => JSON.parse(new TextDecoder().decode(raw(copy, copy.length / 2, item))).holders;
  const both = async (keys, digest, signatures, item) => { for (const role of 'CI') await signed(keys, role, digest, signatures[role], `${item} signatures.${role}`); };
  const root = async rows => { let row = rows; while (row.length > 1) { const next = []; for (let i = 0; i < row.length; i += 2) next.push(i + 1 < row.length ? sha256(join(Uint8Array.of(1), row[i], row[i + 1])) : row[i]); row = await Promise.all(next); } return row[0]; };

  /* A share that did not come: two of its three holders opened it, each under its own signature. */
  const opened = async (s, p, role, copy) => {
    const item = `escrow ${role}`, held = holders(copy, item);
    const told = p.recoveries.find(one => one.role === role);
    need(told && told.pieces.length === 2 && told.pieces[0].x !== told.pieces[1].x, item, 'must be two holders');
    for (const one of told.pieces) {
      need(one.at > s.h.t_reveal && one.at < s.h.t_beacon, item, 'not between the times');
      await signed({ [role]: held[one.x - 1] }, role, await H('escrow', s.hh, s.open, utf8.encode(role), u32(one.x), at64(one.at), raw(one.piece, 33, item)), one.sig, `${item} holder ${one.x}`);
    }
  };
  const steps = {
    header: async (s, p) => {
      const h = p.header;
      s.h = h; s.keys = h.keys; s.hh = await H('header', canon(h));
      need(hex(s.hh) === p.hh, 'header', 'is not the hash on record');
      await signed(h.keys, 'C', s.hh, p.signatures.C, 'header signatures.C');
      await signed(h.keys, 'I', await H('countersign', s.hh, raw(p.signatures.C, 64, 'header')), p.signatures.I, 'header signatures.I');
      need(h.registry.n === h.n + sum(h.excluded.map(one => one[1])), 'header.excluded', 'registered = eligible + excluded');
      need(h.t_commit < h.t_reveal && h.t_reveal < h.t_beacon, 'header.t_beacon', 'times out of order');
      return p.hh;
    },
    second: async (s, p) => { need(p.others === 0, 'second header', 'another header is open for this purpose'); },
    leaves: async (s, p) => {
      const all = p.leaves.match(/.{64}/g), top = await root(await Promise.all(all.map(leaf => sha256(join(Uint8Array.of(0), raw(leaf, 32, 'leaf'))))));
      need(all.length === s.h.n && all.every((leaf, i) => !i || all[i - 1] < leaf), 'leaves', 'must ascend, as many as stated');
      need(hex(top) === s.h.elig_root, 'leaves', 'do not have the root of the header');
      return `${all.length}`;
    },
    commit: async (s, p, row) => {
      const { role } = row, item = `commits ${role}`, c = raw(row.c, 32, item);
      await signed(s.h.keys, role, await H('commit-signature', s.hh, utf8.encode(role), c, raw(row.escrow, row.escrow.length / 2, item)), row.sig, item);
      need(p.at[`commit ${role}`] <= s.h.t_commit, item, 'late');
      s.c[role] = c;
    },
    open: async (s, p) => {
      const roles = Object.keys(s.h.keys).filter(role => role !== 'C').sort();
      s.open = await H('open', s.hh, ...roles.flatMap(role => [utf8.encode(role), s.c[role]]));
      need(hex(s.open) === p.open, 'open', 'is not the hash of the commitments');
      return p.open;
    },
    reveal: async (s, p, row) => {
      const item = `reveals ${row.role}`, r = raw(row.r, 32, item), c = s.c[row.role];
      need(same(await (row.how === 'default' ? H('default', c) : H('commit', s.hh, utf8.encode(row.role), r)), row.how === 'default' ? r : c), item, 'does not fit the commitment');
      need(row.how !== 'revealed' || p.at[`reveal ${row.role}`] <= s.h.t_reveal, item, 'late');
      const copy = p.commits.find(one => one.role === row.role).escrow;
      if (row.how === 'recovered' && copy.startsWith('7b')) await opened(s, p, row.role, copy);
      return row.how;
    },
    /* The inspector's machine was lost: two of the three whom it had named itself signed who takes its part. */
    succession: async (s, p, row) => {
      const item = 'succession I', { escrow } = p.commits.find(one => one.role === 'I'), heir = raw(row.sign, 32, item);
      need(row.role === 'I' && escrow.startsWith('7b') && row.given.length === 2 && row.given[0].x < row.given[1].x, item, 'must be two of its holders');
      const held = holders(escrow, item);
      for (const { at, sig, x } of row.given) {
        need(at > s.h.t_reveal && held[x - 1], item, 'not before the time for revealing is over');
        await signed({ I: { sign: held[x - 1].sign } }, 'I', await H('succession', s.hh, utf8.encode('I'), heir, u32(x), at64(at)), sig, `${item} holder ${x}`);
      }
      s.keys = { ...s.keys, I: { ...s.keys.I, heir: row.sign } };
      return row.given.map(one => one.x).join(' + ');
    },
    closed: async (s, p) => {
      const closed = await H('reveals', s.open, ...p.closed.reveals.flatMap(one => [utf8.encode(one.role), utf8.encode(one.how), raw(one.r, 32, 'reveals')]));
      need(hex(closed) === p.closed.closed, 'reveals closed', 'is not the hash of the reveals');
      await both(s.keys, closed, p.closed.signatures, 'reveals');
      return p.closed.closed;
    },
    dice: async (s, p) => {
      const { signatures, ...bare } = p.dice.dice || p.dice;
      need(bare.draws.some(one => one[0] === p.hh && one[1] === p.closed.closed), 'beacon.draws', 'not for this draw');
      need(bare.at >= s.h.t_beacon, 'beacon.at', 'rolled before its time');
      for (const role of 'IT') await signed(s.keys, role, await H('dice', canon(bare)), signatures[role], `beacon.signatures.${role}`);
      return bare.digits;
    },
    round: async (s, p, one, k) => { await both(s.keys, raw(one.closing, 32, `round ${k}`), one.signatures, `round ${k}`); return one.closing; },
    final: async (s, p) => { await both(s.keys, raw(p.final.root, 32, 'final'), p.final.signatures, 'final'); return p.final.root; },
  };
  /* A line a step that is there, up to the first that fails: {name, item, detail}; item is '' where it holds. */
  const live = async p => {
    const s = { c: {} }, dice = p.dice && p.dice.kind !== 'drand';
    const there = [['header'], ['second'], ...(p.leaves ? [['leaves']] : []), ...p.commits.map(row => ['commit', row, row.role]), ...(p.open ? [['open']] : []), ...p.reveals.map(row => ['reveal', row, row.role]), ...p.successions.map(row => ['succession', row, row.role]), ...(p.closed ? [['closed']] : []), ...(dice ? [['dice']] : []), ...p.closings.map((row, k) => ['round', row, k]), ...(p.final ? [['final']] : [])];
    const found = [];
    for (const [name, row, which] of there) {
      const full = which === undefined ? name : `${name} ${which}`;
      try { found.push({ name: full, item: '', detail: (await steps[name](s, p, row, which)) || '' }); } catch (fault) { found.push({ name: full, item: fault.item || name, detail: fault.message }); break; }
    }
    return found;
  };
  B.live = live;
})();
