"""The fields of BLS12-381: F_p as integers, F_p² as pairs, F_p¹² as twelve coefficients.

F_p² = F_p[u]/(u²+1); F_p¹² = F_p[w]/(w¹²-2w⁶+2) with u = w⁶-1. For verifying only: nothing here is
constant-time and nothing here ever sees a secret (draft-irtf-cfrg-pairing-friendly-curves §4.2.1).
"""

from itertools import compress

P = int(
    "1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf"
    "6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab",
    16,
)
R = 0x73EDA753299D7D483339D80809A1D80553BDA402FFFE5BFEFFFFFFFF00000001
"""The order of the groups."""

Pair = tuple[int, int]
Twelve = tuple[int, ...]
ONE: Twelve = (1, *[0] * 11)


def root(square: int) -> int | None:
    """Return a square root modulo p, or None; p = 3 modulo 4."""
    found = pow(square, (P + 1) // 4, P)
    return found if found * found % P == square % P else None


def times(a: Pair, b: Pair) -> Pair:
    """Multiply in F_p²."""
    return (a[0] * b[0] - a[1] * b[1]) % P, (a[0] * b[1] + a[1] * b[0]) % P


def less(a: Pair, b: Pair) -> Pair:
    """Subtract in F_p²."""
    return (a[0] - b[0]) % P, (a[1] - b[1]) % P


def inverse(a: Pair) -> Pair:
    """Invert in F_p²; ValueError for zero."""
    norm = pow(a[0] * a[0] + a[1] * a[1], -1, P)
    return a[0] * norm % P, -a[1] * norm % P


def root_of_pair(square: Pair) -> Pair | None:
    """Return a square root in F_p², or None (the complex method)."""
    norm = root(square[0] ** 2 + square[1] ** 2)
    if norm is None:
        return None
    half = pow(2, -1, P)
    for part in ((square[0] + norm) * half % P, (square[0] - norm) * half % P):
        first = root(part)
        if first:
            found = (first, square[1] * pow(2 * first, -1, P) % P)
            return found if times(found, found) == (square[0] % P, square[1] % P) else None
    return None


def product(a: Twelve, b: Twelve) -> Twelve:
    """Multiply in F_p¹²; cheapest with the sparse factor second."""
    wide = [0] * 23
    for j in compress(range(12), b):
        factor = b[j]
        for i in range(12):
            wide[i + j] += a[i] * factor
    for i in range(22, 11, -1):
        wide[i - 6] += 2 * wide[i]
        wide[i - 12] -= 2 * wide[i]
    return tuple(n % P for n in wide[:12])


def power(a: Twelve, exponent: int) -> Twelve:
    """Raise in F_p¹², from the exponent's highest bit down."""
    found = ONE
    for bit in f"{exponent:b}":
        found = product(found, found)
        if bit == "1":
            found = product(found, a)
    return found
