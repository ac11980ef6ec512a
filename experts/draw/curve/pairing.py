"""BLS signatures on G1 of BLS12-381, verified: e(signature, g₂) = e(H(message), public key).

Points of G1 are pairs of integers, points of G2 pairs of pairs on the twist; None is infinity.
"""

from collections.abc import Iterable

from experts.draw.curve.field import (
    ONE,
    P,
    Pair,
    R,
    Twelve,
    inverse,
    less,
    power,
    product,
    root,
    root_of_pair,
    times,
)

G1 = tuple[int, int] | None
G2 = tuple[Pair, Pair]
_COMPRESSED, _INFINITY, _LARGER = 0x80, 0x40, 0x20
_LOOP = 0xD201000000010000
_B = 4
GENERATOR: G2 = (
    (
        int(
            "024aa2b2f08f0a91260805272dc51051c6e47ad4fa403b02"
            "b4510b647ae3d1770bac0326a805bbefd48056c8c121bdb8",
            16,
        ),
        int(
            "13e02b6052719f607dacd3a088274f65596bd0d09920b61a"
            "b5da61bbdc7f5049334cf11213945d57e5ac7d055d042b7e",
            16,
        ),
    ),
    (
        int(
            "0ce5d527727d6e118cc9cdc6da2e351aadfd9baa8cbdd3a7"
            "6d429a695160d12c923ac9cc3baca289e193548608b82801",
            16,
        ),
        int(
            "0606c4a02ea734cc32acd2b02bc28b99cb3e287e85a763af"
            "267492ab572e99ab3f370d275cec1da1aaa9075ff05f79be",
            16,
        ),
    ),
)


class PairingError(ValueError):
    """A point is not one of its group."""


def read_g1(data: bytes) -> G1:
    """Read 48 compressed bytes; raises PairingError unless a point of order r."""
    if len(data) != 48 or not data[0] & _COMPRESSED or data[0] & _INFINITY:
        raise PairingError("not 48 bytes of a compressed point")
    x = int.from_bytes(bytes([data[0] & 0x1F]) + data[1:], "big")
    y = root(x**3 + _B)
    if x >= P or y is None:
        raise PairingError("not on the curve")
    larger = bool(data[0] & _LARGER)
    point = (x, y if (y > P - y) == larger else P - y)
    if multiply(point, R) is not None:
        raise PairingError("not of the right order")
    return point


def read_g2(data: bytes) -> G2:
    """Read 96 compressed bytes of a pinned key; raises PairingError unless on the twist."""
    if len(data) != 96 or not data[0] & _COMPRESSED or data[0] & _INFINITY:
        raise PairingError("not 96 bytes of a compressed point")
    high = int.from_bytes(bytes([data[0] & 0x1F]) + data[1:48], "big")
    x = (int.from_bytes(data[48:], "big"), high)
    cube = times(times(x, x), x)
    y = root_of_pair(((cube[0] + _B) % P, (cube[1] + _B) % P))
    if max(x) >= P or y is None:
        raise PairingError("not on the twist")
    larger = (y[1], y[0]) > ((P - y[1]) % P, (P - y[0]) % P)
    return (x, y) if larger == bool(data[0] & _LARGER) else (x, less((0, 0), y))


def add(a: G1, b: G1) -> G1:
    """Add two points of y² = x³ + 4."""
    if a is None or b is None:
        return b if a is None else a
    if a[0] == b[0]:
        if (a[1] + b[1]) % P == 0:
            return None
        slope = 3 * a[0] * a[0] * pow(2 * a[1], -1, P) % P
    else:
        slope = (b[1] - a[1]) * pow(b[0] - a[0], -1, P) % P
    x = (slope * slope - a[0] - b[0]) % P
    return x, (slope * (a[0] - x) - a[1]) % P


def multiply(point: G1, factor: int) -> G1:
    """Multiply a point by a whole number."""
    found: G1 = None
    for bit in f"{factor:b}":
        found = add(found, found)
        if bit == "1":
            found = add(found, point)
    return found


def pairs_to_one(couples: Iterable[tuple[G1, G2]]) -> bool:
    """Say whether the product of the pairings of these couples is 1; none may be infinity."""
    found = ONE
    for p, q in couples:
        found = product(found, _miller(p, q))
    return power(found, (P**12 - 1) // R) == ONE


def _miller(p: G1, q: G2) -> Twelve:
    """Return the value of Miller's loop; its sign and factors of subfields are powered away."""
    found, t = ONE, q
    for bit in f"{_LOOP:b}"[1:]:
        line, after = _step(t, t, p)
        found, t = product(product(found, found), line), after
        if bit == "1":
            line, t = _step(t, q, p)
            found = product(found, line)
    return found


def _step(a: G2, b: G2, p: G1) -> tuple[Twelve, G2]:
    """Return the line through two points of the twist at p, times w³, and the sum of the two."""
    if p is None:
        raise PairingError("infinity has no pairing here")
    if a == b:
        square = times(a[0], a[0])
        slope = times((3 * square[0], 3 * square[1]), inverse((2 * a[1][0], 2 * a[1][1])))
    else:
        slope = times(less(b[1], a[1]), inverse(less(b[0], a[0])))
    x = less(less(times(slope, slope), a[0]), b[0])
    after = x, less(times(slope, less(a[0], x)), a[1])
    rest = less(times(slope, a[0]), a[1])
    tilt = less((0, 0), (slope[0] * p[0], slope[1] * p[0]))
    line = [0] * 12
    line[0], line[6] = (rest[0] - rest[1]) % P, rest[1]
    line[2], line[8] = (tilt[0] - tilt[1]) % P, tilt[1]
    line[3] = p[1]
    return tuple(line), after
