/* sharing.js: Feldman's verifiable sharing of an X25519 secret over edwards25519 (RFC 9591 appendix C), the same as
   bidding/envelope/sharing. NOT constant-time: it runs on the machine that owns the secret, once a bid. */
(root => {
  'use strict';
  const P = 2n ** 255n - 19n, ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;
  const mod = (a, m = P) => { const r = a % m; return r < 0n ? r + m : r; };
  const power = (base, exponent, m = P) => {
    let result = 1n, b = mod(base, m);
    for (let e = exponent; e; e >>= 1n) { if (e & 1n) result = result * b % m; b = b * b % m; }
    return result;
  };
  const inverse = (a, m = P) => power(a, m - 2n, m);
  const D = mod(-121665n * inverse(121666n)), ROOT = power(2n, (P - 1n) / 4n), ZERO = [0n, 1n, 1n, 0n];

  /* Points of edwards25519 in extended coordinates (RFC 8032 §5.1). */
  const add = ([x1, y1, z1, t1], [x2, y2, z2, t2]) => {
    const a = mod((y1 - x1) * (y2 - x2)), b = mod((y1 + x1) * (y2 + x2)), c = mod(2n * t1 * t2 * D), d = mod(2n * z1 * z2);
    const e = b - a, f = d - c, g = d + c, h = b + a;
    return [mod(e * f), mod(g * h), mod(f * g), mod(e * h)];
  };
  const double = ([x, y, z]) => {
    const a = x * x, b = y * y, h = a + b, e = h - (x + y) ** 2n, g = a - b, f = 2n * z * z + g;
    return [mod(e * f), mod(g * h), mod(f * g), mod(e * h)];
  };
  const times = (scalar, point) => {
    let result = ZERO;
    for (const bit of scalar.toString(2)) { result = double(result); if (bit === '1') result = add(result, point); }
    return result;
  };
  const lift = (y, sign) => {
    const u = mod(y * y - 1n), v = mod(D * y * y + 1n);
    let x = mod(u * v ** 3n * power(u * v ** 7n, (P - 5n) / 8n));
    if (mod(v * x * x - u)) x = mod(x * ROOT);
    if (mod(v * x * x - u) || (!x && sign)) throw new Error('point: not on the curve');
    if ((x & 1n) !== sign) x = P - x;
    return [x, y, 1n, mod(x * y)];
  };
  const BASE = lift(mod(4n * inverse(5n)), 0n);

  const number = bytes => bytes.reduceRight((n, byte) => (n << 8n) | BigInt(byte), 0n);
  const bytes32 = n => Uint8Array.from({ length: 32 }, (_, i) => Number((n >> BigInt(8 * i)) & 255n));
  const encode = ([x, y, z]) => { const i = inverse(z), odd = mod(x * i) & 1n; return bytes32(mod(y * i) | odd << 255n); };
  const montgomery = ([, y, z]) => bytes32(mod((z + y) * inverse(mod(z - y))));
  const subgroup = point => {
    const [x, y, z] = times(ORDER, point);
    if (!point[0] || x || y !== z) throw new Error('point: not in the prime-order subgroup');
    return point;
  };
  const decode = data => {
    const n = number(data), y = n & ((1n << 255n) - 1n);
    if (data.length !== 32 || y >= P) throw new Error('point: encoding is not canonical');
    return subgroup(lift(y, n >> 255n));
  };
  const clamp = secret => { const k = Uint8Array.from(secret); k[0] &= 248; k[31] = k[31] & 127 | 64; return k; };

  /* Shares 1…n of the clamped secret, and commitments A0…A(t-1); `entropy` gives 64 bytes at a time. */
  const deal = (secret, threshold, count, entropy) => {
    if (!(1 <= threshold && threshold <= count && count <= 255)) throw new Error('threshold: no such threshold');
    const polynomial = [number(clamp(secret)) % ORDER];
    while (polynomial.length < threshold) polynomial.push(number(entropy(64)) % ORDER);
    const at = index => polynomial.reduceRight((value, c) => mod(value * BigInt(index) + c, ORDER), 0n);
    return {
      commitments: polynomial.map(c => encode(times(c, BASE))),
      shares: Array.from({ length: count }, (_, i) => bytes32(at(i + 1))),
    };
  };
  const fits = (commitments, index, scalar) => {
    const value = number(scalar);
    if (scalar.length !== 32 || value >= ORDER || index < 1) return false;
    const expected = commitments.reduceRight((sum, c) => add(times(BigInt(index), sum), decode(c)), ZERO);
    return String(encode(times(value, BASE))) === String(encode(expected));
  };
  /* The one clamped secret that is `scalar` mod L: k = s + m·L with k ≡ 0 (mod 8) and 2^254 ≤ k < 2^255. */
  const secretOf = scalar => {
    const k = scalar + mod(-scalar * power(ORDER, 3n, 8n), 8n) * ORDER;
    return k >> 254n === 1n ? bytes32(k) : null;
  };
  /* The secrets that shares (by seat number) can stand for: of both signs, since both have the same u. */
  const combine = shares => {
    const seats = Object.keys(shares).map(BigInt);
    const weight = i => seats.filter(j => j !== i).reduce((w, j) => mod(w * j * inverse(j - i, ORDER), ORDER), 1n);
    const s = seats.reduce((sum, i) => mod(sum + number(shares[i]) * weight(i), ORDER), 0n);
    return [s, mod(-s, ORDER)].map(secretOf).filter(Boolean);
  };
  root.Sharing = { deal, fits, combine, clamp, commitment: c => montgomery(decode(c)) };
})(self);
