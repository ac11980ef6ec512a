/* measure.js: SHA-256 of what flows by (FIPS 180-4), whole and of each 8 MiB part: WebCrypto hashes nothing piece by piece. */
(root => {
  'use strict';
  const PART = 8 * 1024 * 1024;
  const ROOTS = (() => {
    const primes = [];
    for (let n = 2; primes.length < 64; n++) if (primes.every(p => n % p)) primes.push(n);
    const fraction = (x, bits) => Math.floor((x - Math.floor(x)) * 2 ** bits);
    return { start: primes.slice(0, 8).map(p => fraction(Math.sqrt(p), 32)), k: Uint32Array.from(primes, p => fraction(Math.cbrt(p), 32)) };
  })();
  const K = ROOTS.k;

  class Sha256 {
    constructor() { this.h = Uint32Array.from(ROOTS.start); this.w = new Uint32Array(64); this.rest = new Uint8Array(64); this.left = 0; this.size = 0; }
    update(data) {
      this.size += data.length;
      let at = 0;
      if (this.left) {
        at = Math.min(64 - this.left, data.length);
        this.rest.set(data.subarray(0, at), this.left);
        this.left += at;
        if (this.left < 64) return this;
        this.block(this.rest, 0);
        this.left = 0;
      }
      for (; at + 64 <= data.length; at += 64) this.block(data, at);
      this.rest.set(data.subarray(at));
      this.left = data.length - at;
      return this;
    }
    block(data, at) {
      const w = this.w, h = this.h;
      for (let i = 0, j = at; i < 16; i++, j += 4) w[i] = data[j] << 24 | data[j + 1] << 16 | data[j + 2] << 8 | data[j + 3];
      for (let i = 16; i < 64; i++) {
        const x = w[i - 15], y = w[i - 2];
        w[i] = w[i - 16] + ((x >>> 7 | x << 25) ^ (x >>> 18 | x << 14) ^ x >>> 3) + w[i - 7] + ((y >>> 17 | y << 15) ^ (y >>> 19 | y << 13) ^ y >>> 10);
      }
      let a = h[0], b = h[1], c = h[2], d = h[3], e = h[4], f = h[5], g = h[6], v = h[7];
      for (let i = 0; i < 64; i++) {
        const t = v + ((e >>> 6 | e << 26) ^ (e >>> 11 | e << 21) ^ (e >>> 25 | e << 7)) + (e & f ^ ~e & g) + K[i] + w[i] | 0;
        const u = ((a >>> 2 | a << 30) ^ (a >>> 13 | a << 19) ^ (a >>> 22 | a << 10)) + (a & b ^ a & c ^ b & c) | 0;
        v = g; g = f; f = e; e = d + t | 0; d = c; c = b; b = a; a = t + u | 0;
      }
      h[0] += a; h[1] += b; h[2] += c; h[3] += d; h[4] += e; h[5] += f; h[6] += g; h[7] += v;
    }
    /* The digest in hexadecimal; call once, at the end. */
    hex() {
      const size = this.size, tail = new Uint8Array(this.left < 56 ? 64 - this.left : 128 - this.left), view = new DataView(tail.buffer);
      tail[0] = 128;
      view.setUint32(tail.length - 8, Math.floor(size / 2 ** 29));
      view.setUint32(tail.length - 4, size * 8 >>> 0);
      this.update(tail);
      return [...this.h].map(word => word.toString(16).padStart(8, '0')).join('');
    }
  }

  /* The measure of an object as the manifest has it: size, SHA-256, SHA-256 of each part. */
  class Meter {
    constructor() { this.whole = new Sha256(); this.part = new Sha256(); this.parts = []; }
    take(data) {
      this.whole.update(data);
      for (let at = 0; at < data.length;) {
        const end = Math.min(data.length, at + PART - this.part.size);
        this.part.update(data.subarray(at, end));
        at = end;
        if (this.part.size === PART) this.end();
      }
    }
    end() { this.parts.push(this.part.hex()); this.part = new Sha256(); }
    measured() {
      if (this.part.size || !this.parts.length) this.end();
      const size = this.whole.size;
      return { size, sha256: this.whole.hex(), parts: this.parts };
    }
  }
  root.Measure = { Sha256, Meter, sha256: data => new Sha256().update(data).hex() };
})(self);
