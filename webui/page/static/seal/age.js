/* age.js: age v1 files (C2SP age.md) to X25519 recipients, by the browser's own ChaCha20-Poly1305 where it has one.
   Chunks of 64 KiB go through several at once; nothing is held but a few MiB. */
(root => {
  'use strict';
  const CHUNK = 65536, TAG = 16, BATCH = 64, utf8 = new TextEncoder(), subtle = crypto.subtle;
  const join = (...parts) => {
    const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
    let at = 0;
    for (const p of parts) { out.set(p, at); at += p.length; }
    return out;
  };
  const base64 = bytes => btoa(String.fromCharCode(...bytes)).replace(/=+$/, '');
  const unbase64 = (text, size) => {
    const bytes = Uint8Array.from(atob(text), c => c.charCodeAt(0));
    if (base64(bytes) !== text || (size !== undefined && bytes.length !== size)) throw new Error('base64: not canonical, or a wrong length');
    return bytes;
  };

  /* Bech32 (BIP 173, without its length limit). */
  const ALPHABET = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l', GENERATOR = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];
  const polymod = values => values.reduce((check, value) => {
    const top = check >>> 25;
    return GENERATOR.reduce((c, g, bit) => top >> bit & 1 ? c ^ g : c, (check & 0x1ffffff) << 5 ^ value) >>> 0;
  }, 1);
  const expand = prefix => [...[...prefix].map(c => c.charCodeAt(0) >> 5), 0, ...[...prefix].map(c => c.charCodeAt(0) & 31)];
  const regroup = (values, width, wanted) => {
    let bits = values.reduce((text, v) => text + v.toString(2).padStart(width, '0'), '');
    if (wanted === 5) bits += '0'.repeat((5 - bits.length % 5) % 5);
    return Array.from({ length: Math.floor(bits.length / wanted) }, (_, i) => parseInt(bits.slice(i * wanted, (i + 1) * wanted), 2));
  };
  const bech32 = (prefix, bytes) => {
    const words = regroup([...bytes], 8, 5), rest = (polymod([...expand(prefix), ...words, 0, 0, 0, 0, 0, 0]) ^ 1) >>> 0;
    return `${prefix}1${[...words, ...[25, 20, 15, 10, 5, 0].map(shift => rest >>> shift & 31)].map(w => ALPHABET[w]).join('')}`;
  };
  const unbech32 = (prefix, text) => {
    const words = [...text.slice(prefix.length + 1)].map(c => ALPHABET.indexOf(c)), bytes = Uint8Array.from(regroup(words.slice(0, -6), 5, 8));
    if (bech32(prefix, bytes) !== text || bytes.length !== 32) throw new Error(`${prefix}1…: not a key of this kind`);
    return bytes;
  };
  const SECRET = 'age-secret-key-';
  const identity = secret => bech32(SECRET, secret).toUpperCase(), recipient = point => bech32('age', point);
  const secretOf = text => unbech32(SECRET, text.toLowerCase()), pointOf = text => unbech32('age', text);

  /* X25519 by WebCrypto: a secret comes in as PKCS #8. */
  const PKCS8 = Uint8Array.from([0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x6e, 4, 0x22, 4, 0x20]);
  const X = { name: 'X25519' };
  const privateKey = secret => subtle.importKey('pkcs8', join(PKCS8, secret), X, true, ['deriveBits']);
  const publicOf = async key => {
    const x = (await subtle.exportKey('jwk', key)).x.replaceAll('-', '+').replaceAll('_', '/');
    return unbase64(x, 32);
  };
  const agree = async (key, point) => new Uint8Array(await subtle.deriveBits({ ...X, public: await subtle.importKey('raw', point, X, true, []) }, key, 256));
  const hkdf = async (secret, salt, info) => {
    const key = await subtle.importKey('raw', secret, 'HKDF', false, ['deriveBits']);
    return new Uint8Array(await subtle.deriveBits({ name: 'HKDF', hash: 'SHA-256', salt, info: utf8.encode(info) }, key, 256));
  };
  const hmac = async (key, data) => new Uint8Array(await subtle.sign('HMAC', await subtle.importKey('raw', key, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']), data));

  const CIPHER = 'ChaCha20-Poly1305';
  const cipher = key => subtle.importKey('raw-secret', key, CIPHER, false, ['encrypt', 'decrypt']);
  const shut = async (key, iv, data) => new Uint8Array(await subtle.encrypt({ name: CIPHER, iv, tagLength: 128 }, key, data));
  const open = async (key, iv, data) => new Uint8Array(await subtle.decrypt({ name: CIPHER, iv, tagLength: 128 }, key, data));
  /* Whether this browser can do all of it by itself. */
  const native = async () => {
    try {
      const key = await cipher(new Uint8Array(32));
      await shut(key, new Uint8Array(12), new Uint8Array(1));
      await privateKey(Sharing.clamp(new Uint8Array(32)));
      return true;
    } catch { return false; }
  };

  const wrapKey = (shared, share, point) => hkdf(shared, join(share, point), 'age-encryption.org/v1/X25519');
  const wrap = async (fileKey, point) => {
    const own = await subtle.generateKey(X, true, ['deriveBits']), share = await publicOf(own.privateKey);
    const key = await cipher(await wrapKey(await agree(own.privateKey, point), share, point));
    return `-> X25519 ${base64(share)}\n${base64(await shut(key, new Uint8Array(12), fileKey))}\n`;
  };
  const mac = async (fileKey, text) => hmac(await hkdf(fileKey, new Uint8Array(0), 'header'), utf8.encode(text));
  const VERSION = 'age-encryption.org/v1\n';
  const nonceOf = (counter, last) => {
    const iv = new Uint8Array(12);
    new DataView(iv.buffer).setUint32(7, counter); // 2^32 chunks of 64 KiB: 256 TiB
    iv[11] = last ? 1 : 0;
    return iv;
  };

  /* Seal `size` bytes, of which `pull(n)` gives the next n, to recipients (points); `push` takes what comes out. */
  const seal = async (points, size, pull, push) => {
    const fileKey = crypto.getRandomValues(new Uint8Array(16)), nonce = crypto.getRandomValues(new Uint8Array(16));
    const covered = VERSION + (await Promise.all(points.map(point => wrap(fileKey, point)))).join('') + '---';
    await push(join(utf8.encode(`${covered} ${base64(await mac(fileKey, covered))}\n`), nonce));
    const key = await cipher(await hkdf(fileKey, nonce, 'payload')), count = Math.max(1, Math.ceil(size / CHUNK));
    for (let at = 0; at < count; at += BATCH) {
      const end = Math.min(at + BATCH, count), data = await pull(Math.min(size, end * CHUNK) - at * CHUNK);
      const chunks = Array.from({ length: end - at }, (_, i) => shut(key, nonceOf(at + i, at + i === count - 1), data.subarray(i * CHUNK, (i + 1) * CHUNK)));
      await push(join(...await Promise.all(chunks)));
    }
  };

  /* Stanzas: "-> type arg…", then full lines of 64 columns and a shorter last one. Other kinds are passed over. */
  const stanzasOf = lines => {
    const found = [];
    for (let i = 0; i < lines.length;) {
      if (!/^-> [\x21-\x7e]+( [\x21-\x7e]+)*$/.test(lines[i])) throw new Error('stanza: malformed');
      const words = lines[i++].slice(3).split(' ');
      let body = '';
      for (;;) {
        if (i === lines.length || lines[i].length > 64) throw new Error('stanza: malformed');
        body += lines[i];
        if (lines[i++].length < 64) break;
      }
      found.push({ words, body: unbase64(body) });
    }
    return found;
  };

  /* Open a file of `size` bytes with AGE-SECRET-KEY-1…; `push` gets the plaintext. Strict: one way to write each header. */
  const unseal = async (text, size, pull, push) => {
    const head = await pull(Math.min(size, 1 << 20)), end = head.findIndex((b, i) => b === 10 && head[i - 44] === 32 && String.fromCharCode(...head.subarray(i - 48, i - 44)) === '\n---');
    if (end < 0) throw new Error('header: not an age file');
    const words = new TextDecoder('ascii', { fatal: true }).decode(head.subarray(0, end)), lines = words.split('\n');
    if (`${lines.shift()}\n` !== VERSION) throw new Error('version: not an age v1 file');
    const [, told] = /^--- ([A-Za-z0-9+/]{43})$/.exec(lines.pop()) || [];
    const stanzas = told ? stanzasOf(lines) : [];
    if (!stanzas.length) throw new Error('header: malformed');
    const secret = secretOf(text), own = await privateKey(secret), point = await publicOf(own);
    let fileKey = null;
    for (const { words: [type, ...rest], body } of stanzas.filter(s => s.words[0] === 'X25519')) {
      if (rest.length !== 1 || body.length !== 32) throw new Error(`${type}: malformed`);
      const theirs = unbase64(rest[0], 32), key = await cipher(await wrapKey(await agree(own, theirs), theirs, point));
      try { fileKey = fileKey || await open(key, new Uint8Array(12), body); } catch { /* another's */ }
    }
    if (!fileKey) throw new Error('recipients: this key does not fit');
    const covered = words.slice(0, words.lastIndexOf(' '));
    if (base64(await mac(fileKey, covered)) !== told) throw new Error('mac: the header was changed');
    await payload(fileKey, head.subarray(end + 1), size - end - 1, pull, push);
  };
  const payload = async (fileKey, begun, size, pull, push) => {
    let held = begun;
    const take = async n => {
      if (held.length < n) held = join(held, await pull(n - held.length));
      const out = held.subarray(0, n);
      held = held.subarray(n);
      return out;
    };
    const body = size - 16, count = Math.max(1, Math.ceil(body / (CHUNK + TAG)));
    if (body < TAG || (count > 1 && body - (count - 1) * (CHUNK + TAG) <= TAG)) throw new Error('payload: cut');
    const nonce = (await take(16)).slice(), key = await cipher(await hkdf(fileKey, nonce, 'payload'));
    for (let at = 0; at < count; at += BATCH) {
      const end = Math.min(at + BATCH, count), data = await take(Math.min(body, end * (CHUNK + TAG)) - at * (CHUNK + TAG));
      const chunks = Array.from({ length: end - at }, (_, i) => open(key, nonceOf(at + i, at + i === count - 1), data.subarray(i * (CHUNK + TAG), (i + 1) * (CHUNK + TAG))));
      await push(join(...await Promise.all(chunks)));
    }
  };
  /* Something short, whole. */
  const source = bytes => { let at = 0; return async n => bytes.subarray(at, at += n); };
  const sealBytes = async (points, bytes) => {
    const out = [];
    await seal(points, bytes.length, source(bytes), async part => { out.push(part); });
    return join(...out);
  };
  const unsealBytes = async (text, bytes) => {
    const out = [];
    await unseal(text, bytes.length, source(bytes), async part => { out.push(part); });
    return join(...out);
  };
  const newSecret = () => Sharing.clamp(crypto.getRandomValues(new Uint8Array(32)));
  root.Age = {
    native, seal, unseal, sealBytes, unsealBytes, identity, recipient, secretOf, pointOf, newSecret, join, base64,
    recipientOf: async secret => recipient(await publicOf(await privateKey(secret))),
    length: (recipients, size) => 22 + 98 * recipients + 48 + 16 + size + TAG * Math.max(1, Math.ceil(size / CHUNK)),
  };
})(self);
