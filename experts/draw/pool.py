"""The hidden pool of a draw: one leaf a person, five separately salted fields.

salt_f = HMAC-SHA-256(K_draw, H("salt", uid, f)); h_f = H("field", f, salt_f, JCS(value));
leaf = H("leaf", h_o, h_r, h_s, h_u, h_w). A fresh K_draw makes leaves unlinkable between draws; an
opening shows chosen fields only, and `u`, the person, never to the public. Agencies are public:
their salt is 32 zero bytes. The root is RFC 6962 over the leaves in ascending order.
"""

import hashlib
import hmac
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from itertools import pairwise
from typing import Self

from experts.draw.encoding import (
    DrawError,
    H,
    mapping,
    prefix,
    require,
    rows,
    text,
    u32,
    unhex,
    whole,
)
from monitor.log import tree
from monitor.log.canonical import JSON, canonical

FIELDS = ("o", "r", "s", "u", "w")
KEY_BYTES = 32
MAX_WEIGHT = 16
_OPEN_SALT = bytes(32)


@dataclass(frozen=True, slots=True)
class Entry:
    """One eligible person or agency: uid, region, employer code, strata drawn from, weight."""

    u: str
    r: str | int
    o: str
    s: tuple[int, ...]
    w: int = 1

    def value(self) -> dict[str, JSON]:
        """Return the five fields as canonical values."""
        return {"o": self.o, "r": self.r, "s": list(self.s), "u": self.u, "w": self.w}

    @classmethod
    def read(cls, value: object) -> Self:
        """Read what value() wrote; raises DrawError."""
        fields = mapping(value, "o r s u w", "entry")
        place, weight = fields["r"], whole(fields["w"], "entry.w")
        require(isinstance(place, str | int), "entry.r", "must be text or a whole number")
        require(1 <= weight <= MAX_WEIGHT, "entry.w", f"must be 1 to {MAX_WEIGHT}")
        strata = tuple(whole(code, "entry.s") for code in rows(fields["s"], "entry.s"))
        region = place if isinstance(place, str) else whole(place, "entry.r")
        return cls(
            text(fields["u"], "entry.u"), region, text(fields["o"], "entry.o"), strata, weight
        )


def mask_of(proof: bytes) -> str:
    """Return the pseudonym of a seat: of a leaf, or of a delegate's hashed token."""
    return "e-" + proof.hex()[:32]


@dataclass(frozen=True, slots=True)
class Opening:
    """A leaf and those of its fields that were opened."""

    leaf: bytes
    values: Mapping[str, JSON]


@dataclass(frozen=True, slots=True)
class Pool:
    """The eligible entries of one draw under its key; built by `build`."""

    key: bytes | None
    entries: Mapping[bytes, Entry]

    @classmethod
    def build(cls, key: bytes | None, entries: Iterable[Entry]) -> Self:
        """Hide the entries under a 32-byte key (None: public agencies); raises DrawError."""
        require(key is None or len(key) == KEY_BYTES, "K_draw", f"must be {KEY_BYTES} bytes")
        everyone = list(entries)
        people = {entry.u for entry in everyone}
        require(len(people) == len(everyone), "pool", "one person holds two leaves / 同一人两张票")
        hide = _hider(key)
        leaves = {hide(entry): entry for entry in everyone}
        return cls(key, {leaf: leaves[leaf] for leaf in sorted(leaves)})

    @property
    def leaves(self) -> tuple[bytes, ...]:
        """The leaves in ascending order."""
        return tuple(self.entries)

    def open(self, leaf: bytes, fields: Iterable[str]) -> dict[str, JSON]:
        """Open chosen fields for the public; raises DrawError for `u` of a hidden pool."""
        chosen = set(fields)
        require(self.key is None or "u" not in chosen, leaf.hex(), "u is never opened")
        return self._opening(leaf, chosen)

    def own(self, uid: str) -> dict[str, JSON]:
        """Return one person's own full opening and inclusion proof, for that person alone."""
        found = [leaf for leaf, entry in self.entries.items() if entry.u == uid]
        require(len(found) == 1, "pool", "no such person in this pool / 不在本次候选名单中")
        hashes, at = [tree.leaf_hash(leaf) for leaf in self.leaves], self.leaves.index(found[0])
        path = tree.inclusion_proof(hashes, at, len(hashes))
        proof: dict[str, JSON] = {"index": at, "path": [step.hex() for step in path]}
        return {**proof, "opening": self._opening(found[0], set(FIELDS)), "size": len(hashes)}

    def _opening(self, leaf: bytes, fields: set[str]) -> dict[str, JSON]:
        entry = self.entries[leaf]
        hashes, value = field_hashes(self.key, entry), entry.value()
        shown = {
            f: {"salt": salt(self.key, entry.u, f).hex(), "value": value[f]} for f in sorted(fields)
        }
        hidden = {f: hashes[f].hex() for f in FIELDS if f not in fields}
        return {"hash": hidden, "leaf": leaf.hex(), "open": shown}


def root(leaves: Iterable[bytes]) -> bytes:
    """Return the root over leaves that must ascend; a repeated leaf raises DrawError."""
    ordered = tuple(leaves)
    require(bool(ordered), "leaves", "the pool is empty / 候选名单为空")
    ascending = all(a < b for a, b in pairwise(ordered))
    require(ascending, "leaves", "must ascend without repeats / 须升序且不重复")
    return tree.root([tree.leaf_hash(leaf) for leaf in ordered])


def salt(key: bytes | None, uid: str, field: str) -> bytes:
    """Return the 32-byte salt of one field of one person; zeros without a key."""
    if key is None:
        return _OPEN_SALT
    return hmac.digest(key, H("salt", uid.encode(), field.encode()), "sha256")


def _hider(key: bytes | None) -> Callable[[Entry], bytes]:
    """Return what makes the leaf of an entry, as leaf_of(field_hashes()) does, five times as fast.

    What is hashed of every person alike is hashed once, and copied.
    """
    inner, outer = _keyed(key)
    start, end = prefix("salt"), {f: u32(len(f)) + f.encode() for f in FIELDS}
    heads = {f: prefix("field") + end[f] + u32(KEY_BYTES) for f in FIELDS}
    leaf_head, size = prefix("leaf"), u32(KEY_BYTES)

    def hide(entry: Entry) -> bytes:
        uid = entry.u.encode()
        begun, parts = start + u32(len(uid)) + uid, [leaf_head]
        told = (_plain(entry.o), _plain(entry.r), _codes(entry.s), canonical(entry.u))
        for f, value in zip(FIELDS, (*told, b"%d" % entry.w), strict=True):
            made = _OPEN_SALT
            if key is not None:
                mixed, last = inner.copy(), outer.copy()
                mixed.update(sha256(begun + end[f]).digest())
                last.update(mixed.digest())
                made = last.digest()
            parts += (size, sha256(heads[f] + made + u32(len(value)) + value).digest())
        return sha256(b"".join(parts)).digest()

    return hide


def _keyed(key: bytes | None) -> tuple["hashlib._Hash", "hashlib._Hash"]:
    """Return the two hashes of HMAC-SHA-256 that have taken in the key (RFC 2104)."""
    block = (key or b"").ljust(64, b"\0")
    pads = (bytes(b ^ pad for b in block) for pad in (0x36, 0x5C))
    inner, outer = (sha256(pad) for pad in pads)
    return inner, outer


@lru_cache(maxsize=1 << 16)
def _plain(value: str | int) -> bytes:
    """Write what many people share, such as an employer, once."""
    return canonical(value)


@lru_cache(maxsize=1 << 12)
def _codes(codes: tuple[int, ...]) -> bytes:
    return canonical(list(codes))


def field_hash(field: str, salt_f: bytes, value: JSON) -> bytes:
    """Return H("field", f, salt_f, JCS(value))."""
    return H("field", field.encode(), salt_f, canonical(value))


def field_hashes(key: bytes | None, entry: Entry) -> dict[str, bytes]:
    """Return the five salted field hashes of an entry."""
    return {f: field_hash(f, salt(key, entry.u, f), value) for f, value in entry.value().items()}


def leaf_of(hashes: Mapping[str, bytes]) -> bytes:
    """Return H("leaf", h_o, h_r, h_s, h_u, h_w)."""
    return H("leaf", *(hashes[f] for f in FIELDS))


def read_opening(value: object, item: str) -> Opening:
    """Check that opened fields and remaining hashes make the leaf; raises DrawError."""
    parts = mapping(value, "hash leaf open", item)
    shown, hidden = parts["open"], parts["hash"]
    if not isinstance(shown, Mapping) or not isinstance(hidden, Mapping):
        raise DrawError(item, "open and hash must be objects")
    require(sorted([*shown, *hidden]) == list(FIELDS), item, "each field exactly once")
    hashes = {f: unhex(digest, 32, item) for f, digest in hidden.items()}
    values = {f: mapping(part, "salt value", item) for f, part in shown.items()}
    for f, part in values.items():
        hashes[f] = field_hash(f, unhex(part["salt"], 32, item), part["value"])  # type: ignore[arg-type]
    leaf = unhex(parts["leaf"], 32, item)
    require(leaf_of(hashes) == leaf, item, "the opening does not make the leaf / 开示与叶子不符")
    return Opening(leaf, {f: part["value"] for f, part in values.items()})  # type: ignore[misc]
