"""Ed25519 verification in plain Python (RFC 8032 §5.1.7, without cofactor)."""

import hashlib

from trading.archive.offline.wrong import Wrong, need

Point = tuple[int, int, int, int]
P, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P


def _point(raw: bytes) -> Point:
    y = int.from_bytes(raw, "little") & (2**255 - 1)
    x2 = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(x2, (P + 3) // 8, P)
    x = x if (x * x - x2) % P == 0 else x * pow(2, (P - 1) // 4, P) % P
    need(y < P and (x * x - x2) % P == 0 and (x or raw[31] < 128), "not a point of the curve")
    x = P - x if x % 2 != raw[31] >> 7 else x
    return x, y, 1, x * y % P


def _add(p: Point, q: Point) -> Point:
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def _times(k: int, p: Point) -> Point:
    q = (0, 1, 1, 0)
    while k:
        q = _add(q, p) if k & 1 else q
        p, k = _add(p, p), k >> 1
    return q


BASE = _point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def ed25519(key: bytes, signature: bytes, message: bytes) -> bool:
    """Say whether the signature is the key's on the message."""
    try:
        need(len(key) == 32 and len(signature) == 64, "length")
        s = int.from_bytes(signature[32:], "little")
        need(s < L, "s out of range")
        k = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % L
        left, right = _times(s, BASE), _add(_point(signature[:32]), _times(k, _point(key)))
    except Wrong:
        return False
    return all((left[i] * right[2] - right[i] * left[2]) % P == 0 for i in (0, 1))
