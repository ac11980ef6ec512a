"""Hashing to G1 of BLS12-381 (RFC 9380: BLS12381G1_XMD:SHA-256_SSWU_RO_).

A message becomes two field elements, each a point of an isogenous curve, whose images are added.
"""

import hashlib

from experts.draw.curve.field import P, root
from experts.draw.curve.isogeny import X_BELOW, X_OVER, Y_BELOW, Y_OVER
from experts.draw.curve.pairing import G1, add, multiply

TAG = b"BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_"
_A = int(
    "00144698a3b8e9433d693a02c96d4982b0ea985383ee66a8"
    "d8e8981aefd881ac98936f8da0e0f97f5cf428082d584c1d",
    16,
)
_B = int(
    "12e2908d11688030018b12e8753eee3b2016c1f0f24f4070"
    "a0b9c14fcef35ef55a23215a316ceaa5d1cc48e98e172be0",
    16,
)
_Z = 11
_COFACTOR = 0xD201000000010001
_ELEMENT_BYTES = 64


def hash_to_g1(message: bytes, tag: bytes = TAG) -> G1:
    """Return the point of a message (RFC 9380 §3, hash_to_curve)."""
    wide = expand(message, tag, 2 * _ELEMENT_BYTES)
    parts = (wide[:_ELEMENT_BYTES], wide[_ELEMENT_BYTES:])
    first, second = (_image(_map(int.from_bytes(part, "big") % P)) for part in parts)
    return multiply(add(first, second), _COFACTOR)


def expand(message: bytes, tag: bytes, size: int) -> bytes:
    """Return `size` uniform bytes, a multiple of 32 (RFC 9380 §5.3.1, expand_message_xmd)."""
    mark = tag + bytes([len(tag)])
    first = hashlib.sha256(bytes(64) + message + size.to_bytes(2, "big") + b"\0" + mark).digest()
    blocks = [hashlib.sha256(first + b"\1" + mark).digest()]
    for n in range(2, size // 32 + 1):
        mixed = bytes(a ^ b for a, b in zip(first, blocks[-1], strict=True))
        blocks.append(hashlib.sha256(mixed + bytes([n]) + mark).digest())
    return b"".join(blocks)


def _map(u: int) -> tuple[int, int]:
    """Return a point of the isogenous curve y² = x³ + Ax + B (RFC 9380 §6.6.2)."""
    square = _Z * u * u % P
    bent = (square * square + square) % P
    x = -_B * pow(_A, -1, P) * (1 + pow(bent, -1, P)) % P if bent else _B * pow(_Z * _A, -1, P) % P
    y = root(x**3 + _A * x + _B)
    if y is None:
        x = square * x % P
        y = root(x**3 + _A * x + _B)
    if y is None:
        raise ArithmeticError("one of the two is always a square (RFC 9380 §6.6.2)")
    return x, y if y % 2 == u % 2 else P - y


def _image(point: tuple[int, int]) -> G1:
    """Return the image of a point under the isogeny of degree 11 (RFC 9380 §E.2)."""
    x, y = point
    below, y_below = _at(X_BELOW, x), _at(Y_BELOW, x)
    if not below or not y_below:
        return None
    over = _at(X_OVER, x) * pow(below, -1, P) % P
    return over, y * _at(Y_OVER, x) * pow(y_below, -1, P) % P


def _at(factors: tuple[int, ...], x: int) -> int:
    """Return a polynomial's value; factors from the lowest power up."""
    found = 0
    for factor in reversed(factors):
        found = (found * x + factor) % P
    return found
