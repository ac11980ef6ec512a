"""Points of edwards25519 in extended coordinates (RFC 8032 §5.1) and their u (RFC 7748 §4.1).

NOT constant-time. Where it meets a secret it runs on the machine that owns that secret: `deal` on
the bidder's own machine, once per bid. Elsewhere (acceptance, trustees, opening) it sees public
points, and scalars that are about to be published.
"""

import functools
from dataclasses import dataclass

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493

_D = -121665 * pow(121666, -1, P) % P
_SQRT_MINUS_1 = pow(2, (P - 1) // 4, P)
_WINDOW = 4


class PointError(ValueError):
    """Bytes that are no canonical point of the prime-order subgroup."""


@dataclass(frozen=True, slots=True)
class Point:
    """A point (X : Y : Z : T) with x = X/Z, y = Y/Z, x·y = T/Z."""

    x: int
    y: int
    z: int
    t: int

    def __add__(self, other: "Point") -> "Point":
        a = (self.y - self.x) * (other.y - other.x) % P
        b = (self.y + self.x) * (other.y + other.x) % P
        c = 2 * self.t * other.t * _D % P
        d = 2 * self.z * other.z % P
        e, f, g, h = b - a, d - c, d + c, b + a
        return Point(e * f % P, g * h % P, f * g % P, e * h % P)

    def double(self) -> "Point":
        """Return twice the point."""
        a, b, c = self.x * self.x, self.y * self.y, 2 * self.z * self.z
        h = a + b
        e, g = h - (self.x + self.y) ** 2, a - b
        f = c + g
        return Point(e * f % P, g * h % P, f * g % P, e * h % P)

    def __rmul__(self, scalar: int) -> "Point":
        result = IDENTITY
        for bit in bin(scalar)[2:]:
            result = result.double()
            if bit == "1":
                result = result + self
        return result

    def encode(self) -> bytes:
        """Return the 32-byte encoding (RFC 8032 §5.1.2)."""
        inverse = pow(self.z, -1, P)
        x, y = self.x * inverse % P, self.y * inverse % P
        return (y | (x & 1) << 255).to_bytes(32, "little")

    def montgomery(self) -> bytes:
        """Return the X25519 public key of the point, u = (1 + y)/(1 - y) (RFC 7748 §4.1)."""
        u = (self.z + self.y) * pow(self.z - self.y, -1, P) % P
        return u.to_bytes(32, "little")


IDENTITY = Point(0, 1, 1, 0)


@functools.lru_cache(
    maxsize=16384
)  # 3 a capsule, 2,000 bids with two notes each: met again and again
def decode_point(data: bytes) -> Point:
    """Read a canonical, non-neutral point of the prime-order subgroup; raises PointError."""
    y = int.from_bytes(data, "little") & (1 << 255) - 1
    if len(data) != 32 or y >= P:
        raise PointError("point: 编码不规范 / encoding is not canonical")
    return _in_subgroup(_lift(y, data[31] >> 7))


def check_u(share: bytes) -> None:
    """Raise PointError unless `share` is the canonical u of a prime-order point of the curve."""
    decode_u(share)


def decode_u(share: bytes) -> Point:
    """Return the point of even x that a canonical u is of; raises PointError."""
    u = int.from_bytes(share, "little")
    if len(share) != 32 or u >= P - 1:
        raise PointError("point: 编码不规范 / encoding is not canonical")
    return _in_subgroup(_lift((u - 1) * pow(u + 1, -1, P) % P, 0))


def base_times(scalar: int) -> Point:
    """Return scalar·B for 0 ≤ scalar < 2^256, by a table of windows."""
    result = IDENTITY
    for row in _base_table():
        result = result + row[scalar & (1 << _WINDOW) - 1]
        scalar >>= _WINDOW
    return result


def _in_subgroup(point: Point) -> Point:
    end = ORDER * point
    # x = 0 alone would let the point (0, -1) of order 2 through.
    if point.x == 0 or end.x != 0 or end.y != end.z:
        raise PointError("point: 不在素数阶子群 / not in the prime-order subgroup")
    return point


def _lift(y: int, sign: int) -> Point:
    """Recover x (RFC 8032 §5.1.3)."""
    u, v = (y * y - 1) % P, (_D * y * y + 1) % P
    x = u * v**3 * pow(u * v**7, (P - 5) // 8, P) % P
    if (v * x * x - u) % P:
        x = x * _SQRT_MINUS_1 % P
    if (v * x * x - u) % P or (x == 0 and sign):
        raise PointError("point: 不在曲线上 / not on the curve")
    x = P - x if x & 1 != sign else x
    return Point(x, y, 1, x * y % P)


@functools.cache
def _base_table() -> tuple[tuple[Point, ...], ...]:
    rows, base = [], _lift(4 * pow(5, -1, P) % P, 0)
    for _ in range(256 // _WINDOW):
        row = [IDENTITY]
        for _ in range((1 << _WINDOW) - 1):
            row.append(row[-1] + base)
        rows.append(tuple(row))
        base = row[-1] + base
    return tuple(rows)
