"""The recovery copy of a share, and what two of its three holders make of it (pure).

A share r is dealt as y = r + a·x modulo 2^256 + 297, a prime, with x = 1, 2, 3: any two pieces give
r, one alone says nothing of it. Each piece is sealed to one holder together with the header's hash,
the role and x, so that no holder can be made to open a piece of another draw or side. The side
signs the copy with its commitment; a recovery names the two pieces, each signed by its holder at a
time between t_reveal and t_beacon, and gives the committed share or none at all.
"""

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from experts.draw import seed
from experts.draw.encoding import (
    DrawError,
    H,
    check_signature,
    mapping,
    read,
    require,
    rows,
    text,
    u32,
    unhex,
    whole,
)
from experts.draw.header import Header
from experts.draw.seed import SHARE_BYTES, How
from monitor.log.canonical import JSON, canonical

VERSION = "batong-escrow/1"
RECOVERY = "recovery.json"
HOLDERS, NEEDED = 3, 2
PRIME = 2**256 + 297
PIECE_BYTES = 33
Seal = Callable[[bytes, str], str]
"""Seals bytes to a recipient (age); text that canonical JSON can hold."""
Entropy = Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class Holder:
    """The public keys of one who holds a piece: `sign` Ed25519, `recipient` age."""

    recipient: str
    sign: bytes

    def value(self) -> dict[str, JSON]:
        """Return the keys as a machine reads them."""
        return {"recipient": self.recipient, "sign": self.sign.hex()}


@dataclass(frozen=True, slots=True)
class Escrow:
    """A recovery copy: its three holders, x = 1 first, and the sealed piece of each."""

    holders: tuple[Holder, ...]
    sealed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Piece:
    """What holder x says it found at `at` (unix seconds); `data` is empty where nothing opens."""

    x: int
    at: int
    data: bytes
    signature: str

    def value(self) -> dict[str, JSON]:
        """Return it as the bundle holds it."""
        told: dict[str, JSON] = {"at": self.at, "piece": self.data.hex()}
        return {**told, "sig": self.signature, "x": self.x}


def deal(share: bytes, entropy: Entropy = secrets.token_bytes) -> tuple[bytes, ...]:
    """Return the pieces of x = 1, 2, 3; 64 bytes of `entropy`, hence uniform to 2^-256."""
    _, points = line(int.from_bytes(share, "big"), PRIME, entropy)
    return tuple(point.to_bytes(PIECE_BYTES, "big") for point in points)


def line(secret: int, modulus: int, entropy: Entropy) -> tuple[int, list[int]]:
    """Return the slope of a random line through (0, secret), and its y at x = 1, 2, 3."""
    slope = int.from_bytes(entropy(64), "big") % modulus
    return slope, [(secret + slope * x) % modulus for x in range(1, HOLDERS + 1)]


def crossing(first: tuple[int, int], second: tuple[int, int], modulus: int) -> int:
    """Return where the line through two points crosses x = 0."""
    (a, y), (b, z) = first, second
    return (y * b - z * a) * pow(b - a, -1, modulus) % modulus


def joined(pieces: Sequence[Piece]) -> bytes | None:
    """Return what two pieces give; None where that is no share."""
    first, second = ((one.x, int.from_bytes(one.data, "big")) for one in pieces)
    told = crossing(first, second, PRIME)
    return told.to_bytes(SHARE_BYTES, "big") if told < 2 ** (8 * SHARE_BYTES) else None


def sealed_copy(
    hh: bytes,
    role: str,
    share: bytes,
    holders: Sequence[Holder],
    seal: Seal,
    entropy: Entropy = secrets.token_bytes,
) -> bytes:
    """Return a share's recovery copy for these holders; b"" where a side has named none."""
    if not holders:
        return b""
    pieces = enumerate(zip(holders, deal(share, entropy), strict=True), 1)
    listed: list[JSON] = [
        {**holder.value(), "sealed": seal(_letter(hh, role, x, piece), holder.recipient)}
        for x, (holder, piece) in pieces
    ]
    return canonical({"holders": listed, "v": VERSION})


def read_letter(data: bytes, hh: bytes, role: str, x: int) -> bytes:
    """Return the piece of an opened letter; raises DrawError for one of elsewhere."""
    item = f"escrow {role}"
    parts = mapping(read(data, item), "hh piece role x", item)
    here = (parts["hh"], parts["role"], parts["x"]) == (hh.hex(), role, x)
    require(here, item, "is of another draw, side or holder / 不属于本次抽取的本份额")
    return unhex(parts["piece"], PIECE_BYTES, item)


def read_escrow(data: bytes, item: str) -> Escrow | None:
    """Read a recovery copy; None where the bytes are none of this kind. Raises DrawError."""
    if not data.startswith(b"{"):
        return None
    parts = mapping(read(data, item), "holders v", item)
    require(parts["v"] == VERSION, item, f"must be {VERSION}")
    return read_held(parts["holders"], item)


def read_held(value: object, item: str) -> Escrow:
    """Read three holders and what is sealed to each; raises DrawError."""
    told = [mapping(one, "recipient sealed sign", item) for one in rows(value, item)]
    holders = tuple(
        Holder(text(one["recipient"], item), unhex(one["sign"], 32, item)) for one in told
    )
    apart = {len(holders), *(len(set(keys)) for keys in zip(*map(_keys, holders), strict=True))}
    require(apart == {HOLDERS}, item, "must have three holders, each with keys of its own")
    return Escrow(holders, tuple(text(one["sealed"], item) for one in told))


def escrow_of(commit: Mapping[str, object]) -> Escrow | None:
    """Return the recovery copy that a commitment carries, if it is of this kind."""
    item = f"commits {commit['role']}"
    return read_escrow(bytes.fromhex(text(commit["escrow"], item)), f"{item} escrow")


def statement(opened: bytes, hh: bytes, role: str, piece: Piece) -> bytes:
    """Return what a holder signs: which side's piece of which draw it opened, and when."""
    at = piece.at.to_bytes(8, "big")
    return H("escrow", hh, opened, role.encode(), u32(piece.x), at, piece.data)


def read_piece(header: Header, opened: bytes, role: str, escrow: Escrow, told: object) -> Piece:
    """Check what a holder told: its place, its time, its signature; raises DrawError."""
    item = f"escrow {role}"
    parts = mapping(told, "at piece sig x", item)
    x = whole(parts["x"], item)
    require(1 <= x <= HOLDERS, item, "no such holder / 没有此持有人")
    size = PIECE_BYTES if parts["piece"] else 0
    data = unhex(parts["piece"], size, item)
    found = Piece(x, whole(parts["at"], item), data, text(parts["sig"], item))
    in_time = header.number("t_reveal") < found.at < header.number("t_beacon")
    require(in_time, item, "not between t_reveal and t_beacon / 不在恢复时段内")
    signed = statement(opened, header.hh, role, found)
    check_signature(escrow.holders[x - 1].sign, signed, found.signature, f"{item} holder {x}")
    return found


def fitting(
    hh: bytes, role: str, c: bytes, pieces: Iterable[Piece]
) -> tuple[bytes, tuple[Piece, ...]] | None:
    """Return the committed share and the first two pieces that give it; None where none do."""
    there = sorted((one for one in pieces if one.data), key=lambda one: one.x)
    for pair in combinations(there, NEEDED):
        share = joined(pair)
        if share is not None and seed.commit(hh, role, share) == c:
            return share, pair
    return None


def default_from(header: Header) -> int:
    """Return when a share that its holders did not open may be given its default: half way."""
    begins, ends = header.number("t_reveal"), header.number("t_beacon")
    return (begins + ends + 1) // 2


def wanted(commits: object, reveals: object) -> list[str]:
    """Return the roles whose share was recovered out of a copy of this kind, in byte order."""
    recovered = {
        str(row["role"])
        for row in rows(reveals, "reveals")
        if isinstance(row, Mapping) and row["how"] == How.RECOVERED
    }
    held = [row for row in rows(commits, "commits") if isinstance(row, Mapping)]
    return [str(row["role"]) for row in held if row["role"] in recovered and escrow_of(row)]


def check_recovery(
    header: Header, commits: Mapping[str, object], reveals: object, told: object
) -> int:
    """Check recovery.json against the commits and reveals, both checked; return how many.

    told: one {pieces, role} for each role of `wanted`, or None. Raises DrawError.
    """
    roles = wanted(commits["commits"], reveals)
    require((told is not None) == bool(roles), RECOVERY, "is missing, or nothing was recovered")
    listed = [mapping(one, "pieces role", RECOVERY) for one in rows(told or [], RECOVERY)]
    require([one["role"] for one in listed] == roles, RECOVERY, "must be one a role, in order")
    opened = unhex(commits["open"], 32, "commits open")
    for role, one in zip(roles, listed, strict=True):
        share = _recovered(header, opened, _row(commits["commits"], role), one["pieces"])
        same = share.hex() == _row(reveals, role)["r"]
        require(same, f"escrow {role}", "gives another share / 恢复值与公布值不符")
    return len(roles)


def _keys(holder: Holder) -> tuple[str, bytes]:
    return holder.recipient, holder.sign


def _recovered(header: Header, opened: bytes, commit: Mapping[str, object], told: object) -> bytes:
    role, item = str(commit["role"]), f"escrow {commit['role']}"
    escrow = escrow_of(commit)
    if escrow is None:
        raise DrawError(item, "there is no recovery copy / 没有托管份额")
    pieces = [read_piece(header, opened, role, escrow, one) for one in rows(told, item)]
    places = [one.x for one in pieces]
    require(len(pieces) == NEEDED and places == sorted(set(places)), item, "must be two, in order")
    found = fitting(header.hh, role, unhex(commit["c"], 32, item), pieces)
    if found is None:
        raise DrawError(item, "does not give the committed share / 恢复值与承诺不符")
    return found[0]


def _row(value: object, role: str) -> Mapping[str, object]:
    found = (r for r in rows(value, role) if isinstance(r, Mapping) and r["role"] == role)
    return next(found)


def _letter(hh: bytes, role: str, x: int, piece: bytes) -> bytes:
    return canonical({"hh": hh.hex(), "piece": piece.hex(), "role": role, "x": x})
