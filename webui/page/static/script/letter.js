/* letter.js: sealed letters opened here by one's own key (age v1: X25519, HKDF, ChaCha20-Poly1305). The key stays here. */
(() => {
  'use strict';
  const { $, fill } = window.Page, box = $('[data-letters]'), told = $('[data-told]', box), list = $('[data-list]', box);
  const utf8 = new TextEncoder(), text = new TextDecoder();
  const bytes = b64 => Uint8Array.from(atob(b64), c => c.charCodeAt(0));
  const join = (...parts) => Uint8Array.from(parts.flatMap(p => [...p]));
  const same = (a, b) => a.length === b.length && a.every((x, i) => x === b[i]);

  /* Bech32 (BIP 173) without its checksum: a key mistyped opens nothing. */
  const secret = key => {
    const signs = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l', values = [...key.toLowerCase().slice(16, -6)].map(c => signs.indexOf(c)), out = [];
    let bits = 0, held = 0;
    for (const v of values) { held = (held << 5 | v) & 4095; bits += 5; if (bits >= 8) { bits -= 8; out.push(held >> bits & 255); } }
    return Uint8Array.from(out);
  };
  const hkdf = async (ikm, salt, info) => {
    const key = await crypto.subtle.importKey('raw', ikm, 'HKDF', false, ['deriveBits']);
    return new Uint8Array(await crypto.subtle.deriveBits({ name: 'HKDF', hash: 'SHA-256', salt, info: utf8.encode(info) }, key, 256));
  };
  const shared = async (own, other) => {
    const wrap = Uint8Array.from([48, 46, 2, 1, 0, 48, 5, 6, 3, 43, 101, 110, 4, 34, 4, 32]);
    const key = await crypto.subtle.importKey('pkcs8', join(wrap, own), { name: 'X25519' }, true, ['deriveBits']);
    const peer = await crypto.subtle.importKey('raw', other, { name: 'X25519' }, false, []);
    const { x } = await crypto.subtle.exportKey('jwk', key);
    return [new Uint8Array(await crypto.subtle.deriveBits({ name: 'X25519', public: peer }, key, 256)), bytes(x.replace(/-/g, '+').replace(/_/g, '/'))];
  };

  /* ChaCha20-Poly1305 (RFC 8439), for letters of a few KiB. */
  const block = (key, counter, nonce) => {
    const word = (b, i) => b[i] | b[i + 1] << 8 | b[i + 2] << 16 | b[i + 3] << 24, from = [0x61707865, 0x3320646e, 0x79622d32, 0x6b206574];
    for (let i = 0; i < 32; i += 4) from.push(word(key, i));
    from.push(counter); for (let i = 0; i < 12; i += 4) from.push(word(nonce, i));
    const s = Int32Array.from(from), turn = (x, n) => x << n | x >>> 32 - n;
    const quarter = (a, b, c, d) => {
      s[a] += s[b]; s[d] = turn(s[d] ^ s[a], 16); s[c] += s[d]; s[b] = turn(s[b] ^ s[c], 12);
      s[a] += s[b]; s[d] = turn(s[d] ^ s[a], 8); s[c] += s[d]; s[b] = turn(s[b] ^ s[c], 7);
    };
    for (let i = 0; i < 10; i += 1) {
      quarter(0, 4, 8, 12); quarter(1, 5, 9, 13); quarter(2, 6, 10, 14); quarter(3, 7, 11, 15);
      quarter(0, 5, 10, 15); quarter(1, 6, 11, 12); quarter(2, 7, 8, 13); quarter(3, 4, 9, 14);
    }
    const out = new Uint8Array(64);
    s.forEach((x, i) => { const y = x + (from[i] | 0) | 0; for (let k = 0; k < 4; k += 1) out[4 * i + k] = y >>> 8 * k & 255; });
    return out;
  };
  const number = b => b.reduceRight((n, x) => n << 8n | BigInt(x), 0n);
  const poly = (key, data) => {
    const r = number(key.slice(0, 16)) & 0x0ffffffc0ffffffc0ffffffc0fffffffn, p = (1n << 130n) - 5n;
    let a = 0n;
    for (let i = 0; i < data.length; i += 16) { const part = data.slice(i, i + 16); a = (a + number(part) + (1n << BigInt(8 * part.length))) * r % p; }
    a += number(key.slice(16, 32));
    return Uint8Array.from({ length: 16 }, (_, i) => Number(a >> BigInt(8 * i) & 255n));
  };
  const unsealed = (key, nonce, data) => {
    const body = data.slice(0, -16), pad = new Uint8Array((16 - body.length % 16) % 16), sizes = new Uint8Array(16);
    new DataView(sizes.buffer).setUint32(8, body.length, true);
    if (!same(poly(block(key, 0, nonce).slice(0, 32), join(body, pad, sizes)), data.slice(-16))) return null;
    const plain = new Uint8Array(body.length);
    for (let i = 0; i < body.length; i += 64) { const stream = block(key, 1 + i / 64, nonce); for (let k = i; k < Math.min(i + 64, body.length); k += 1) plain[k] = body[k] ^ stream[k - i]; }
    return plain;
  };

  /* age v1: the stanza that this key unwraps, the header's MAC, one STREAM chunk. */
  const opened = async (file, own) => {
    const end = (() => { for (let i = 0; i < file.length - 4; i += 1) if (file[i] === 10 && file[i + 1] === 45 && file[i + 2] === 45 && file[i + 3] === 45) return i + 1; return -1; })();
    const stop = file.indexOf(10, end), lines = text.decode(file.slice(0, end)).split('\n');
    for (let i = 1; i < lines.length - 1; i += 1) {
      const parts = lines[i].split(' ');
      if (parts[0] !== '->' || parts[1] !== 'X25519') continue;
      const epk = bytes(parts[2]), [point, mine] = await shared(own, epk);
      const wrap = await hkdf(point, join(epk, mine), 'age-encryption.org/v1/X25519');
      const key = unsealed(wrap, new Uint8Array(12), bytes(lines[i + 1]));
      if (!key) continue;
      const mac = await crypto.subtle.importKey('raw', await hkdf(key, new Uint8Array(), 'header'), { name: 'HMAC', hash: 'SHA-256' }, false, ['verify']);
      if (!await crypto.subtle.verify('HMAC', mac, bytes(text.decode(file.slice(end + 4, stop))), file.slice(0, end + 3))) return null;
      const last = new Uint8Array(12); last[11] = 1;
      return unsealed(await hkdf(key, file.slice(stop + 1, stop + 17), 'payload'), last, file.slice(stop + 17));
    }
    return null;
  };
  const letter = async (sealed, own) => {
    const packed = await opened(bytes(sealed), own);
    if (!packed) return null;
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('deflate'));
    return JSON.parse(await new Response(stream).text());
  };

  const stamps = { timeZone: 'Asia/Shanghai', dateStyle: 'medium', timeStyle: 'short' }, when = at => new Intl.DateTimeFormat(document.documentElement.lang, stamps).format(new Date(at * 1000));
  const show = one => {
    const li = $(`template[data-${one.what}]`, box).content.cloneNode(true).firstElementChild;
    $('[data-when]', li).textContent = one.ends ? `${when(one.starts)} – ${when(one.ends)}` : when(one.starts);
    const form = $('form', li), save = $('[data-save]', li);
    if (form) {
      form.elements.mask.value = one.mask; form.elements.token.value = one.token; form.elements.once.value = crypto.randomUUID();
      form.addEventListener('submit', event => { form.elements.accepts.value = event.submitter.value; });
    }
    if (save) save.href = URL.createObjectURL(new Blob([JSON.stringify(one, null, 1)], { type: 'application/json' }));
    list.append(li);
  };
  $('#own-key').addEventListener('change', async event => {
    const file = event.target.files[0], found = file && /AGE-SECRET-KEY-1[0-9A-Z]{58}/i.exec(await file.text());
    list.replaceChildren();
    if (!found) { told.textContent = file ? box.dataset.bad : ''; return; }
    const own = secret(found[0]), answer = await (await fetch('/api/v1/letters')).json();
    let count = 0;
    for (const each of answer.letters) { const one = await letter(each.sealed, own); if (one && (one.what === 'invitation' || one.what === 'seat')) { count += 1; show(one); } }
    told.textContent = count ? fill(box.dataset.found, { count }) : box.dataset.none;
  });
})();
