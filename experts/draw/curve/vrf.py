"""Verifiable random function ECVRF-EDWARDS25519-SHA512-TAI (RFC 9381, suite 0x03).

Plain Python integers: proving is NOT constant-time, so a secret key is used only inside the draw
service and the inspector's agent, each a process of its own. Verifying needs no secret. The output
is unique for key and input, which no signature scheme promises: the signer could try nonces.
"""

import hashlib

PROOF_BYTES = 80
OUTPUT_BYTES = 64
KEY_BYTES = 32
ORDER = 2**252 + 27742317777372353535851937790883648493
"""How many multiples the base point has: shares of a key are counted modulo it."""

_SUITE, _SHARED = b"\x03", b"batong-key/1 nonce\0"
_P = 2**255 - 19
_D = -121665 * pow(121666, -1, _P) % _P
_ROOT_OF_MINUS_ONE = pow(2, (_P - 1) // 4, _P)
_CHALLENGE_BYTES = 16

Point = tuple[int, int, int, int]
"""Extended coordinates X, Y, Z, T with x = X/Z, y = Y/Z, xy = T/Z (RFC 8032 §5.1.4)."""

_IDENTITY: Point = (0, 1, 1, 0)


class VrfError(ValueError):
    """A public key, a proof or a point is not valid."""


def public_key(secret: bytes) -> bytes:
    """Return the 32-byte public key of a 32-byte secret (RFC 9381 §5.5, RFC 8032 §5.1.5)."""
    return _encode(_multiply(_scalar(secret), _BASE))


def prove(secret: bytes, alpha: bytes) -> bytes:
    """Return the 80-byte proof for an input (RFC 9381 §5.1)."""
    return _prove(_scalar(secret), public_key(secret), _sha512(secret)[32:], alpha)


def share_of(secret: bytes) -> int:
    """Return what a secret key is shared as: its scalar modulo ORDER; proves the very same."""
    return _scalar(secret) % ORDER


def prove_shared(shared: int, alpha: bytes) -> bytes:
    """Return the proof of a key that was put together again: its output is the one there is."""
    nonce = _sha512(_SHARED + shared.to_bytes(KEY_BYTES, "little"))[32:]
    return _prove(shared, point_of(shared), nonce, alpha)


def point_of(scalar: int) -> bytes:
    """Return scalar times the base point, 32 bytes: of a shared key, its public key."""
    return _encode(_multiply(scalar % ORDER, _BASE))


def on_line(start: bytes, slope: bytes, x: int, y: int) -> bool:
    """Tell whether y·B = start + x·slope (Feldman, 1987); raises VrfError for what is no point."""
    first, second = _decode(start), _decode(slope)
    if first is None or second is None:
        raise VrfError("commitment: not a point")
    return _encode(_sum(1, first, x, second)) == point_of(y)


def verify(public: bytes, alpha: bytes, proof: bytes) -> bytes:
    """Return the 64-byte output of a valid proof; raises VrfError (RFC 9381 §5.3)."""
    y = validate_key(public)
    gamma, c, s = _read_proof(proof)
    h = _encode_to_curve(public, alpha)
    u = _sum(s, _BASE, c, _negate(y))
    v = _sum(s, h, c, _negate(gamma))
    if _challenge(public, h, gamma, u, v) != c:
        raise VrfError("proof: does not belong to this key and input")
    return _output(gamma)


def proof_to_hash(proof: bytes) -> bytes:
    """Return the output of a proof without verifying it; raises VrfError (RFC 9381 §5.2)."""
    return _output(_read_proof(proof)[0])


def validate_key(public: bytes) -> Point:
    """Return the point of a public key; raises VrfError for a low order (RFC 9381 §5.4.5)."""
    point = _decode(public)
    if point is None or _is_identity(_multiply(8, point)):
        raise VrfError("public key: not a point of full order")
    return point


def _prove(x: int, public: bytes, nonce: bytes, alpha: bytes) -> bytes:
    h = _encode_to_curve(public, alpha)
    gamma = _multiply(x, h)
    k = int.from_bytes(_sha512(nonce + _encode(h)), "little") % ORDER
    c = _challenge(public, h, gamma, _multiply(k, _BASE), _multiply(k, h))
    s = (k + c * x) % ORDER
    return _encode(gamma) + c.to_bytes(_CHALLENGE_BYTES, "little") + s.to_bytes(32, "little")


def _read_proof(proof: bytes) -> tuple[Point, int, int]:
    """Cut a proof into gamma, c and s (RFC 9381 §5.4.4)."""
    if len(proof) != PROOF_BYTES:
        raise VrfError(f"proof: {len(proof)} bytes, must be {PROOF_BYTES}")
    gamma = _decode(proof[:32])
    s = int.from_bytes(proof[48:], "little")
    if gamma is None or s >= ORDER:
        raise VrfError("proof: not a point and two scalars")
    return gamma, int.from_bytes(proof[32:48], "little"), s


def _encode_to_curve(public: bytes, alpha: bytes) -> Point:
    """Try and increment until a hash is a point (RFC 9381 §5.4.1.1)."""
    for counter in range(256):
        tried = _sha512(_SUITE + b"\x01" + public + alpha + bytes([counter]) + b"\x00")
        point = _decode(tried[:32])
        if point is not None and not _is_identity(raised := _multiply(8, point)):
            return raised
    raise VrfError("input: no point found in 256 tries")


def _challenge(public: bytes, *points: Point) -> int:
    """Hash the five points to 16 bytes (RFC 9381 §5.4.3)."""
    encoded = b"".join(_encode(point) for point in points)
    digest = _sha512(_SUITE + b"\x02" + public + encoded + b"\x00")
    return int.from_bytes(digest[:_CHALLENGE_BYTES], "little")


def _output(gamma: Point) -> bytes:
    return _sha512(_SUITE + b"\x03" + _encode(_multiply(8, gamma)) + b"\x00")


def _scalar(secret: bytes) -> int:
    """Hash and clamp a secret key (RFC 8032 §5.1.5)."""
    if len(secret) != KEY_BYTES:
        raise VrfError(f"secret key: must be {KEY_BYTES} bytes")
    low = int.from_bytes(_sha512(secret)[:32], "little")
    return (low & (2**254 - 8)) | 2**254


def _sha512(data: bytes) -> bytes:
    return hashlib.sha512(data).digest()


def _add(left: Point, right: Point) -> Point:
    """Add two points (RFC 8032 §5.1.4)."""
    x1, y1, z1, t1 = left
    x2, y2, z2, t2 = right
    a, b = (y1 - x1) * (y2 - x2) % _P, (y1 + x1) * (y2 + x2) % _P
    c, d = 2 * t1 * t2 * _D % _P, 2 * z1 * z2 % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _negate(point: Point) -> Point:
    x, y, z, t = point
    return -x % _P, y, z, -t % _P


def _multiply(number: int, point: Point) -> Point:
    return _sum(number, point, 0, _IDENTITY)


def _sum(m: int, left: Point, n: int, right: Point) -> Point:
    """Return m·left + n·right, both scalars in one run of doublings."""
    table = (_IDENTITY, left, right, _add(left, right))
    result = _IDENTITY
    for bit in range(max(m.bit_length(), n.bit_length()) - 1, -1, -1):
        result = _add(result, result)
        which = (m >> bit & 1) | (n >> bit & 1) << 1
        if which:
            result = _add(result, table[which])
    return result


def _is_identity(point: Point) -> bool:
    x, y, z, _ = point
    return x % _P == 0 and (y - z) % _P == 0


def _encode(point: Point) -> bytes:
    """Write y with the sign of x in the top bit (RFC 8032 §5.1.2)."""
    x, y, z, _ = point
    inverse = pow(z, -1, _P)
    x, y = x * inverse % _P, y * inverse % _P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def _decode(data: bytes) -> Point | None:
    """Read a point; None when the bytes are not a canonical one (RFC 8032 §5.1.3)."""
    if len(data) != KEY_BYTES:
        return None
    number = int.from_bytes(data, "little")
    sign, y = number >> 255, number & (2**255 - 1)
    x = _recover_x(y, sign) if y < _P else None
    return None if x is None else (x, y, 1, x * y % _P)


def _recover_x(y: int, sign: int) -> int | None:
    square = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if x * x % _P != square:
        x = x * _ROOT_OF_MINUS_ONE % _P
    if x * x % _P != square or (x == 0 and sign):
        return None
    return _P - x if x & 1 != sign else x


def _base() -> Point:
    y = 4 * pow(5, -1, _P) % _P
    x = _recover_x(y, 0)
    if x is None:
        raise VrfError("curve: no base point")
    return x, y, 1, x * y % _P


_BASE = _base()
