"""One bit turned: never, as another byte put in its place may be, what was there before."""

from pathlib import Path


def flipped(data: bytes, at: int = -1) -> bytes:
    """Return the bytes with the lowest bit of one of them turned."""
    turned = bytearray(data)
    turned[at] ^= 1
    return bytes(turned)


def flip(path: Path, at: int = -1) -> None:
    """Turn that bit in a file."""
    path.write_bytes(flipped(path.read_bytes(), at))
