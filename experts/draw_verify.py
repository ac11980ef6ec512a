"""Verify the bundle of a draw with nothing but this file: python3 -I -S draw_verify.py BUNDLE.

Written from the description of batong-draw/1, not from the platform's code. Prints each step; exit
status 0: every step holds, 1: a step fails and its item is named, 2: bad use. Keys are those that
the header states: compare the printed fingerprint with the register.
"""

import hashlib
import heapq
import json
import re
import struct
import sys
import zlib
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

P, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D, ZERO = -121665 * pow(121666, -1, P) % P, "00" * 32
NOTE = (
    "Batong draw batong-draw/1 {}\n"
    "验证 / verify: python3 -I -S draw_verify.py BUNDLE, or batong draw verify BUNDLE\n{}\n"
)
KEYS = ("登记密钥", "registered keys"), ("替身密钥", "stand-in keys")
DRAWN = {
    "dice": (("见证骰子", "witnessed dice"), ("模拟骰子", "simulated dice")),
    "drand": (("公共随机源", "public randomness"),) * 2,
    "both": (
        ("见证骰子加公共随机源", "witnessed dice and public randomness"),
        ("模拟骰子加公共随机源", "simulated dice and public randomness"),
    ),
}
MOST = 16  # tickets a person may hold
RECOVERY, PRIME = "recovery.json", 2**256 + 297  # shares opened by two of three holders
SUCCESSION = "succession.json"  # who signs for the inspector's machine that was lost
QUICKNET = ("52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971", 1692803367)
Point = tuple[int, int, int, int]
S = dict[str, Any]  # what the steps hand to each other


class Wrong(Exception):
    """A check failed: item, reason."""


def _need(condition: object, item: str, reason: str) -> None:
    if not condition:
        raise Wrong(item, reason)


def _hash(tag: str, *fields: bytes) -> bytes:
    name = b"batong-draw/1/" + tag.encode()
    body = b"".join(_u32(len(f)) + f for f in fields)
    return hashlib.sha256(bytes([len(name)]) + name + body).digest()


def _u32(n: int) -> bytes:
    return n.to_bytes(4, "big")


def _jcs(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _load(data: bytes, item: str) -> Any:
    value = json.loads(data, parse_float=_refused, parse_constant=_refused)
    bare = re.sub(rb'"(\\.|[^"\\])*"', b"", data)
    _need(_jcs(value) == data and b"null" not in bare, item, "is not canonical JSON")
    return value


def _whole(value: Any, item: str, least: int = 0, most: int = 2**53 - 1) -> int:
    """Return the value if it is a whole number within these bounds."""
    _need(type(value) is int and least <= value <= most, item, f"must be {least} to {most}")
    return int(value)


def _text(value: Any, item: str) -> str:
    _need(type(value) is str, item, "must be text")
    return str(value)


def _refused(number: str) -> None:
    raise ValueError(number)


def _only(value: Any, keys: str, item: str) -> Any:
    _need(set(value) == set(keys.split()), item, f"must hold exactly {keys}")
    return value


def _hex(text: Any, size: int, item: str) -> bytes:
    _need(re.fullmatch(f"[0-9a-f]{{{2 * size}}}", str(text)), item, f"must be {size} bytes of hex")
    return bytes.fromhex(text)


# Edwards25519: signatures of RFC 8032, proofs of RFC 9381 suite 0x03.
def _add(a: Point, b: Point) -> Point:
    p, q = (a[1] - a[0]) * (b[1] - b[0]), (a[1] + a[0]) * (b[1] + b[0])
    r, s = 2 * a[3] * b[3] * D, 2 * a[2] * b[2]
    e, f, g, h = q - p, s - r, s + r, q + p
    return e * f % P, g * h % P, f * g % P, e * h % P


def _mul(n: int, a: Point) -> Point:
    r = (0, 1, 1, 0)
    while n:
        r, a, n = (_add(r, a) if n & 1 else r), _add(a, a), n >> 1
    return r


def _enc(a: Point) -> bytes:
    z = pow(a[2], -1, P)
    return (a[1] * z % P | (a[0] * z % P & 1) << 255).to_bytes(32, "little")


def _dec(data: bytes) -> Point | None:
    sign, y = divmod(int.from_bytes(data, "little"), 2**255)
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    x = x if x * x % P == square else x * pow(2, (P - 1) // 4, P) % P
    if y >= P or x * x % P != square or (x == 0 and sign):
        return None
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


def _point(data: bytes, item: str) -> Point:
    a = _dec(data)
    if a is None:
        raise Wrong(item, "is not a point of the curve")
    return a


def _minus(a: Point) -> Point:
    return -a[0] % P, a[1], a[2], -a[3] % P


def _high(a: Point | None) -> bool:
    return a is not None and _enc(_mul(8, a)) != _enc((0, 1, 1, 0))


def _sha512(*parts: bytes) -> bytes:
    return hashlib.sha512(b"".join(parts)).digest()


BASE = _point((4 * pow(5, -1, P) % P).to_bytes(32, "little"), "base point")


def _signed(s: S, role: str, digest: bytes, signature: Any, item: str) -> None:
    """By the key of the header, or of who succeeded to a lost machine."""
    keys = [s["keys"][role]["sign"], *s.get("heirs", {}).get(role, [])]
    fits = any(_fits(_hex(key, 32, item), digest, _hex(signature, 64, item), item) for key in keys)
    _need(fits, item, "the signature does not fit")


def _fits(key: bytes, digest: bytes, raw: bytes, item: str) -> bool:
    scalar = int.from_bytes(raw[32:], "little")
    k = int.from_bytes(_sha512(raw[:32], key, digest), "little") % L
    right = _enc(_add(_mul(scalar, BASE), _minus(_mul(k, _point(key, item)))))
    return scalar < L and right == raw[:32]


def _both(s: S, digest: bytes, signatures: Any, item: str) -> None:
    for role in sorted(_only(signatures, "C I", item)):
        _signed(s, role, digest, signatures[role], f"{item} signatures.{role}")


def _vrf(s: S, role: str, alpha: bytes, proof: bytes, item: str) -> bytes:
    key = _hex(s["keys"][role]["vrf"], 32, item)
    y, gamma = _point(key, item), _point(proof[:32], item)
    c, r = (int.from_bytes(part, "little") for part in (proof[32:48], proof[48:]))
    _need(r < L and _high(y), item, "is not a key and a proof")
    tries = (_dec(_sha512(b"\3\1", key, alpha, bytes([i]), b"\0")[:32]) for i in range(256))
    h = _mul(8, next(p for p in tries if p and _high(p)))
    u, v = (_add(_mul(r, p), _minus(_mul(c, q))) for p, q in ((BASE, y), (h, gamma)))
    right = _sha512(b"\3\2", key, *map(_enc, (h, gamma, u, v)), b"\0")[:16]
    _need(right == proof[32:48], item, "the proof does not belong to this key and input")
    return _sha512(b"\3\3", _enc(_mul(8, gamma)), b"\0")


# The steps, in the order of the report.
def _zipped(members: dict[str, bytes]) -> bytes:
    local, central, at = b"", b"", 0
    for name in sorted(members, key=str.encode):
        raw, body = name.encode(), members[name]
        sizes = (zlib.crc32(body), len(body), len(body), len(raw), 0)
        head = struct.pack("<5H3I2H", 20, 0 if name.isascii() else 0x800, 0, 0, 33, *sizes)
        attributes = struct.pack("<3H2I", 0, 0, 0, 0o100644 << 16, at)
        central += b"PK\1\2" + struct.pack("<H", 788) + head + attributes + raw
        local += b"PK\3\4" + head + raw + body
        at = len(local)
    end = struct.pack("<4H2IH", 0, 0, len(members), len(members), len(central), at, 0)
    return local + central + b"PK\5\6" + end


def _container(s: S) -> str:
    data, at, members = s["data"], 0, dict[str, bytes]()
    while data[at : at + 4] == b"PK\3\4":
        crc, size, _, length = struct.unpack_from("<3IH", data + bytes(30), at + 14)
        start = at + 30 + length
        name, body = data[at + 30 : start].decode(errors="replace"), data[start : start + size]
        _need(name not in members and zlib.crc32(body) == crc, name, "bytes differ")
        members[name], at = body, start + size
    _need(_zipped(members) == data, "zip directory", "differs from the canonical form")
    more = {RECOVERY, SUCCESSION} & set(members)
    s["m"], s["n"] = members, max(0, len(members) - 9 - len(more))
    papers = ("header", "history", "commits", "reveals", "beacon", "openings", "final")
    names = {f"{name}.json" for name in papers}
    names |= {f"rounds/{k:02d}.json" for k in range(s["n"])} | {"NOTE.txt", "leaves.bin"}
    names |= more
    _need(names == set(members), str(min(names ^ set(members), default="")), "missing or extra")
    s["j"] = {n: _load(b, n) for n, b in members.items() if n.endswith(".json")}
    return f"{len(members)} members, canonical"


def _header_of(told: Any, item: str) -> tuple[S, bytes]:
    h = _only(told, "header signatures", item)["header"]
    _form(h)
    both = _only(told["signatures"], "C I", item)
    hh, s = _hash("header", _jcs(h)), {"keys": h["keys"]}
    _signed(s, "C", hh, both["C"], f"{item} signatures.C")
    seen = _hash("countersign", hh, bytes.fromhex(both["C"]))
    _signed(s, "I", seen, both["I"], f"{item} signatures.I")
    return h, hh


HEADER = (
    "beacon caps contact draw elig_root excluded freshness keys kind lot max_rounds max_weight "
    "members n prev project purpose registry rules seq stand_in strata suite t_beacon t_commit "
    "t_reveal v verifier"
)


def _form(h: S) -> None:
    """Every field of a header: its type and its bounds."""
    again = _whole(h.get("seq"), "header.seq") > 0
    _only(h, HEADER + (" supersedes" if again else ""), "header")
    _need((h["prev"] != ZERO) == again, "header.prev", "first has none, later ones have")
    for key in ("draw", "project", "lot", "purpose", "freshness"):
        _text(h[key], f"header.{key}")
    for key in ("elig_root", "prev", "rules", "verifier"):
        _hex(h[key], 32, f"header.{key}")
    registry = _only(h["registry"], "n root snapshot", "header.registry")
    _hex(registry["root"], 32, "header.registry.root")
    _text(registry["snapshot"], "header.registry.snapshot")
    _need(type(h["stand_in"]) is bool, "header.stand_in", "must be true or false")
    _bounds(h)
    for role, keys in h["keys"].items():
        for key in _only(keys, "sign vrf" if role in "CI" else "sign", "header.keys").values():
            _hex(key, 32, f"header.keys.{role}")


def _bounds(h: S) -> None:
    """The numbers of a header."""
    for key in ("n", "t_commit", "t_reveal", "t_beacon"):
        _whole(h[key], f"header.{key}")
    _whole(h["registry"]["n"], "header.registry.n")
    _whole(h["max_rounds"], "header.max_rounds", 1, 100)
    _whole(h["max_weight"], "header.max_weight", 1, MOST)
    rule = _only(h["contact"], "attempts gap", "header.contact")
    nobody = h["kind"] != "expert" and rule == {"attempts": 0, "gap": 0}
    _whole(rule["attempts"], "header.contact.attempts", 0 if nobody else 1)
    _whole(rule["gap"], "header.contact.gap")
    for code, seats in h["strata"]:
        _whole(code, "header.strata", 0, 2**32 - 1)
        _whole(seats, "header.strata", 1, 10_000 if h["kind"] == "inspection" else 100)
    for key, least in (("members", 0), ("excluded", 0), ("strata", 1)):
        names = [name for name, number in h[key] if _whole(number, f"header.{key}", least) >= 0]
        _need(len(set(names)) == len(names), f"header.{key}", "a name twice")
    _need(h["strata"], "header.strata", "at least one stratum")
    counted = [number for _, number in h["members"]]
    fits = all(number <= h["n"] for number in counted) and sum(counted) >= h["n"]
    _need(fits, "header.members", "do not fit the pool")
    for limit in h["caps"].values():
        _whole(limit, "header.caps", 1)


def _header(s: S) -> str:
    h, s["hh"] = _header_of(s["j"]["header.json"], "header.json")
    s["h"], s["keys"] = h, h["keys"]
    form = (h["v"], h["suite"])
    _need(form == ("batong-draw/1", "sha256-ecvrf03"), "header.v", "is another format or suite")
    due = (h["t_beacon"] - QUICKNET[1] + 2) // 3 + 1
    drand = {"chain": QUICKNET[0], "kind": "drand", "round": max(1, due)}
    known = ({"kind": "dice"}, drand, {**drand, "kind": "both"})
    _need(h["beacon"] in known, "header.beacon", "is none, or of another round")
    _need(h["kind"] in ("expert", "agency", "inspection"), "header.kind", "is unknown")
    gone = sum(n for _, n in h["excluded"])
    _need(
        h["registry"]["n"] == h["n"] + gone, "header.excluded", "registered = eligible + excluded"
    )
    _need(h["t_commit"] < h["t_reveal"] < h["t_beacon"], "header.t_beacon", "times out of order")
    _need(len(h["caps"]) <= 1 and set(h["caps"]) <= {"o", "r"}, "header.caps", "one field, o or r")
    _need([c for c, _ in h["members"]] == [c for c, _ in h["strata"]], "header.members", "differ")
    for role in "CI":
        key = _dec(_hex(h["keys"][role]["vrf"], 32, f"header.keys.{role}.vrf"))
        _need(_high(key), f"header.keys.{role}.vrf", "is not a point of full order")
    zh, en = zip(KEYS[h["stand_in"]], DRAWN[h["beacon"]["kind"]][h["stand_in"]], strict=True)
    note = NOTE.format(h["draw"], f"{'，'.join(zh)} / {', '.join(en)}").encode()
    _need(s["m"]["NOTE.txt"] == note, "NOTE.txt", "does not say what the header says")
    return f"{s['hh'].hex()}, keys {hashlib.sha256(_jcs(h['keys'])).hexdigest()}"


def _history(s: S) -> str:
    told, before = [*s["j"]["history.json"], s["j"]["header.json"]], ZERO
    for seq, one in enumerate(told):
        h, hh = _header_of(one, f"history.json attempt {seq}")
        _need((h["seq"], h["prev"]) == (seq, before), f"attempt {seq}", "the attempts have a gap")
        same = all(h[key] == s["h"][key] for key in ("project", "lot", "purpose"))
        named = h["supersedes"]["draw"] == told[seq - 1]["header"]["draw"] if seq else True
        _need(same and named, f"attempt {seq}", "is not the next one for this purpose")
        before = hh.hex()
    return f"attempt {len(told)} of this project, lot and purpose"


def _tree(hashes: list[bytes]) -> bytes:
    while len(hashes) > 1:
        pairs = zip(hashes[::2], hashes[1::2], strict=False)
        odd = hashes[len(hashes) & ~1 :]
        hashes = [hashlib.sha256(b"\1" + a + b).digest() for a, b in pairs] + odd
    return hashes[0]


def _pool(s: S) -> str:
    data = s["m"]["leaves.bin"]
    s["leaves"] = leaves = [data[i : i + 32] for i in range(0, len(data), 32)]
    _need(len(data) == 32 * s["h"]["n"] > 0, "leaves.bin", "is not as many leaves as stated")
    _need(all(a < b for a, b in pairwise(leaves)), "leaves.bin", "must ascend without repeats")
    top = _tree([hashlib.sha256(b"\0" + leaf).digest() for leaf in leaves])
    _need(top.hex() == s["h"]["elig_root"], "leaves.bin", "does not have the root of the header")
    return f"{len(leaves)} leaves"


def _commits(s: S) -> str:
    told, fields = _only(s["j"]["commits.json"], "commits open", "commits.json"), list[bytes]()
    roles = sorted((role for role in s["keys"] if role != "C"), key=str.encode)
    _need([c["role"] for c in told["commits"]] == roles, "commits", "must be one a role, in order")
    for row in told["commits"]:
        role, item = row["role"], f"commits {row['role']}"
        c = _hex(_only(row, "c escrow role sig", item)["c"], 32, item)
        exact = re.fullmatch("(?:[0-9a-f]{2})*", str(row["escrow"]))
        _need(exact, item, "escrow must be lower-case hex")
        statement = _hash(
            "commit-signature", s["hh"], role.encode(), c, bytes.fromhex(row["escrow"])
        )
        _signed(s, role, statement, row["sig"], item)
        fields += [role.encode(), c]
    s["roles"], s["c"] = roles, dict(zip(roles, fields[1::2], strict=True))
    s["open"] = _hash("open", s["hh"], *fields)
    _need(told["open"] == s["open"].hex(), "commits open", "is not the hash of the commits")
    more = _succession(s, told["commits"]) if SUCCESSION in s["j"] else ""
    return f"open {told['open']}{more}"


def _reveals(s: S) -> str:
    told = _only(s["j"]["reveals.json"], "closed reveals signatures", "reveals.json")
    rows, s["r"], fields = told["reveals"], list[bytes](), list[bytes]()
    _need([row["role"] for row in rows] == s["roles"], "reveals", "must be one a role, in order")
    for row in rows:
        role, item = row["role"], f"reveals {row['role']}"
        share, how, c = (
            _hex(row["r"], 32, item),
            _only(row, "how r role", item)["how"],
            s["c"][role],
        )
        if how == "default":
            fits = share == _hash("default", c)
        else:
            fits = _hash("commit", s["hh"], role.encode(), share) == c
        known = how in ("default", "revealed", "recovered")
        _need(fits and known, item, "does not fit the commitment")
        fields += [role.encode(), how.encode(), share]
        s["r"] += [role.encode(), share]
    s["before"] = _hash("reveals", s["open"], *fields).hex()
    _need(told["closed"] == s["before"], "reveals closed", "is not the hash of the reveals")
    _both(s, bytes.fromhex(s["before"]), told["signatures"], "reveals")
    _recovery(s, {row["role"]: row["r"] for row in rows if row["how"] == "recovered"})
    return f"{', '.join(row['how'] for row in rows)}; closed {s['before']}"


def _recovery(s: S, recovered: dict[str, str]) -> None:
    """What was recovered out of a copy with named holders: two of them opened it, in time."""
    commits = [row for row in s["j"]["commits.json"]["commits"] if row["role"] in recovered]
    copies = {row["role"]: bytes.fromhex(row["escrow"]) for row in commits}
    wanted = [role for role, copy in copies.items() if copy[:1] == b"{"]
    told = s["j"].get(RECOVERY, [])
    _need((RECOVERY in s["j"]) == bool(wanted), RECOVERY, "is missing, or nothing was recovered")
    same = [_only(one, "pieces role", RECOVERY)["role"] for one in told] == wanted
    _need(same, RECOVERY, "must be one a role, in order")
    for one in told:
        role, item = one["role"], f"escrow {one['role']}"
        keys = _holders(copies[role], item)
        share = _joined(*(_piece(s, role, piece, keys) for piece in one["pieces"]))
        _need(share == recovered[role], item, "does not give the committed share")


def _holders(copy: bytes, item: str) -> list[str]:
    """The signing keys of the three whom a side names in its commitment."""
    told = _only(_load(copy, item), "holders v", item)
    keys = [_only(held, "recipient sealed sign", item)["sign"] for held in told["holders"]]
    names = {_text(held["recipient"], item) for held in told["holders"]}
    for held in told["holders"]:
        _text(held["sealed"], item)
    apart = told["v"] == "batong-escrow/1" and len(keys) == len(set(keys)) == len(names) == 3
    _need(apart, item, "must have three holders, each with keys of its own")
    return keys


def _succession(s: S, rows: list[S]) -> str:
    """Two of the three whom I itself named signed who takes the part of its lost machine."""
    item = "succession I"
    told = _only(s["j"][SUCCESSION], "given role sign", item)
    copy = next(row["escrow"] for row in rows if row["role"] == "I")
    _need(told["role"] == "I" and copy[:2] == "7b", item, "has no holders, or no deputy")
    heir, keys = _hex(told["sign"], 32, item), _holders(bytes.fromhex(copy), item)
    places = [_whole(_only(one, "at sig x", item)["x"], item, 1, 3) for one in told["given"]]
    _need(len(places) == 2 and places[0] < places[1], item, "must be two, in order")
    for one in told["given"]:
        at = _whole(one["at"], item, s["h"]["t_reveal"] + 1).to_bytes(8, "big")
        said = _hash("succession", s["hh"], b"I", heir, _u32(one["x"]), at)
        held = {"keys": {"I": {"sign": keys[one["x"] - 1]}}}
        _signed(held, "I", said, one["sig"], f"{item} holder {one['x']}")
    s["heirs"] = {"I": [heir.hex()]}
    who = " and ".join(map(str, places))
    return f"; the key of I was recovered by holders {who}, who signed for a deputy"


def _piece(s: S, role: str, told: Any, keys: list[str]) -> tuple[int, int]:
    """A holder's piece (x, y), signed by it at a time between t_reveal and t_beacon."""
    item = f"escrow {role}"
    x = _whole(_only(told, "at piece sig x", item)["x"], item, 1, 3)
    at = _whole(told["at"], item, s["h"]["t_reveal"] + 1, s["h"]["t_beacon"] - 1)
    data, key = _hex(told["piece"], 33, item), _hex(keys[x - 1], 32, item).hex()
    parts = (s["hh"], s["open"], role.encode(), _u32(x), at.to_bytes(8, "big"), data)
    held = {"keys": {role: {"sign": key}}}
    _signed(held, role, _hash("escrow", *parts), told["sig"], f"{item} holder {x}")
    return x, int.from_bytes(data, "big")


def _joined(first: tuple[int, int], second: tuple[int, int]) -> str:
    (a, y), (b, z) = first, second
    _need(a < b, "escrow", "must be two holders, in order")
    return f"{(y * b - z * a) * pow(b - a, -1, PRIME) % PRIME:064x}"


def _drand(s: S, told: Any) -> tuple[bytes, str]:
    _only(told, "chain kind round signature", "beacon")
    named = {key: told[key] for key in ("chain", "kind", "round")}
    due = {**s["h"]["beacon"], "kind": "drand"}
    _need(named == due, "beacon.round", "is not what the header names")
    signature = _hex(told["signature"], 48, "beacon.signature")
    drawn = hashlib.sha256(signature).digest()
    number = told["round"]
    return drawn, (
        f"drand round {number}; NOT CHECKED HERE: that the signature is this round's. "
        f"Compare {drawn.hex()} with https://api.drand.sh/{told['chain']}/public/{number}, "
        "or run batong draw verify"
    )


def _beacon(s: S) -> str:
    """Dice, a round of the chain, or both one after the other."""
    told, kind = s["j"]["beacon.json"], s["h"]["beacon"]["kind"]
    if kind == "both":
        _need(_only(told, "dice drand kind", "beacon")["kind"] == kind, "beacon.kind", "not both")
        found = [_dice(s, told["dice"]), _drand(s, told["drand"])]
    else:
        found = [_drand(s, told) if kind == "drand" else _dice(s, told)]
    drawn = b"".join(data for data, _ in found)
    s["beta"] = _hash("base", s["open"], *s["r"], kind.encode(), drawn)
    return "; ".join(said for _, said in found)


def _dice(s: S, told: Any) -> tuple[bytes, str]:
    _only(told, "at digits draws kind session signatures witness", "beacon")
    pair = [s["hh"].hex(), s["before"]]
    mine = [row for row in told["draws"] if row[0] == pair[0]]
    _need(mine == [pair] and told["draws"] == sorted(told["draws"]), "beacon.draws", "not for this")
    _need(told["at"] >= s["h"]["t_beacon"], "beacon.at", "rolled before its time")
    fits = told["kind"] == "dice" and re.fullmatch("[0-9]{24}", told["digits"])
    _need(fits, "beacon.digits", "must be 24 decimal digits")
    statement = _hash("dice", _jcs({k: v for k, v in told.items() if k != "signatures"}))
    for role in sorted(_only(told["signatures"], "I T", "beacon.signatures")):
        _signed(s, role, statement, told["signatures"][role], f"beacon.signatures.{role}")
    said = f"{'simulated ' if s['h']['stand_in'] else ''}dice {told['digits']}"
    return told["digits"].encode(), said


def _wanted(s: S) -> dict[str, set[str]]:
    """Which fields of which leaves must be opened, no more and no fewer."""
    cap, looks = set(s["h"]["caps"]), [look for body in s["bodies"] for look in body["log"]]
    everyone = {"w"} if s["h"]["max_weight"] > 1 else set()
    blocked = any(verdict == "SKIP_INFEASIBLE" for _, _, verdict in looks)
    if blocked or any(body["outcome"] == "INFEASIBLE" for body in s["bodies"]):
        everyone |= {"s"} | cap
    if s["h"]["kind"] == "agency":
        everyone = set("orsuw")
    wanted = {leaf.hex(): set(everyone) for leaf in s["leaves"]}
    rule = {"ACCEPT": {"s"} | cap, "SKIP_STRATUM": {"s"}, **{f"SKIP_CAP:{f}": {f} for f in cap}}
    for _, leaf, verdict in looks:
        wanted.setdefault(leaf, set()).update(rule.get(verdict, set()))
    return {leaf: fields for leaf, fields in wanted.items() if fields}


def _body(s: S, k: int) -> Any:
    """The body of a round, well formed; whether it is true is seen once its leaves are open."""
    item = f"round {k}"
    body = _only(s["j"][f"rounds/{k:02d}.json"], "round signatures", item)["round"]
    _only(body, "ask change contacts k log outcome pi prev", item)
    _need(_whole(body["k"], item) == k, item, "is not numbered in order")
    _need(body["outcome"] in ("FILLED", "INFEASIBLE"), item, "unknown outcome")
    for code, leaf, verdict in body["log"]:
        _whole(code, f"{item} log")
        _hex(leaf, 32, f"{item} log")
        _text(verdict, f"{item} log")
    return body


def _openings(s: S) -> str:
    s["bodies"] = [_body(s, k) for k in range(s["n"])]
    s["known"], told = {}, s["j"]["openings.json"]
    for k, one in enumerate(told):
        item = f"openings.json {k}"
        hashes = dict(_only(one, "hash leaf open", item)["hash"])
        for f, part in one["open"].items():
            _need(f not in hashes, item, "a field twice")
            salt = _hex(_only(part, "salt value", item)["salt"], 32, item)
            hashes[f] = _hash("field", f.encode(), salt, _jcs(part["value"])).hex()
        _only(hashes, "o r s u w", item)
        leaf = _hash("leaf", *(_hex(hashes[f], 32, item) for f in "orsuw")).hex()
        _need(one["leaf"] == leaf, item, "the opening does not make the leaf")
        s["known"][leaf] = {f: part["value"] for f, part in one["open"].items()}
    exact = {leaf: set(v) for leaf, v in s["known"].items()} == _wanted(s)
    inside = set(s["known"]) <= {leaf.hex() for leaf in s["leaves"]}
    ascending = [one["leaf"] for one in told] == sorted(s["known"])
    _need(exact and inside and ascending, "openings.json", "opens too much or too little")
    return f"{len(told)} leaves opened, fields as the verdicts name them"


def _line(s: S, seed: bytes, code: int) -> Iterator[str]:
    """The leaves by their tickets; what all tickets have in common is hashed once, and copied."""
    size, most = _u32(32), s["h"]["max_weight"]
    name = b"batong-draw/1/ticket"
    head = bytes([len(name)]) + name + size + seed + _u32(4) + _u32(code) + _u32(4)
    states = [hashlib.sha256(head + _u32(j) + size) for j in range(most)]
    keys = list[bytes]()
    for leaf in s["leaves"]:
        tickets = s["known"][leaf.hex()]["w"] if most > 1 else 1
        _need(1 <= tickets <= most, "openings w", "beyond the header's max_weight")
        hashes = [state.copy() for state in states[:tickets]]
        for each in hashes:
            each.update(leaf)
        keys.append(min(each.digest() for each in hashes) + leaf)
    heapq.heapify(keys)
    while keys:
        yield heapq.heappop(keys)[32:].hex()


def _group(s: S, leaf: str) -> str:
    """The capped value of a leaf; where nothing is capped or opened, each is its own group."""
    for f in s["h"]["caps"]:
        return _jcs(s["known"][leaf][f]).decode() if f in s["known"].get(leaf, {}) else leaf
    return leaf


def _room(s: S, leaf: str, seated: Counter[str]) -> int:
    return int(max(s["h"]["caps"].values(), default=1)) - seated[_group(s, leaf)]


def _possible(s: S, seats: dict[int, int], taken: set[str], seated: Counter[str]) -> bool:
    """Whether the open seats can all be filled: seat by seat, moving others aside (Kuhn)."""
    edges: dict[Any, dict[Any, int]] = {("seat", c): {} for c in seats}
    edges |= {"source": {("seat", c): n for c, n in seats.items()}}
    for leaf, values in s["known"].items():
        if leaf not in taken and leaf not in s["barred"]:
            group = ("group", _group(s, leaf))
            for code in set(values.get("s", ())) & set(seats):
                edges["seat", code][leaf] = 1
            edges[leaf] = {group: 1}
            edges[group] = {"sink": _room(s, leaf, seated)}
    return all(_push(edges) for _ in range(sum(seats.values())))


def _push(edges: dict[Any, dict[Any, int]]) -> bool:
    came: dict[Any, Any] = {"source": None}
    queue: list[Any] = ["source"]
    for node in queue:
        for after in [v for v, n in edges.get(node, {}).items() if n > 0 and v not in came]:
            came[after] = node
            queue.append(after)
    node = "sink" if "sink" in came else None
    while node is not None and came[node] is not None:
        edges[came[node]][node] -= 1
        back = edges.setdefault(node, {})
        back[came[node]] = back.get(came[node], 0) + 1
        node = came[node]
    return "sink" in came


def _verdict(s: S, code: int, leaf: str, seated: Counter[str]) -> str:
    """The first reason against a leaf; what is not opened is assumed to fit."""
    values = s["known"].get(leaf, {})
    if leaf in s["taken"]:
        return "SKIP_TAKEN"
    if code not in values.get("s", [code]):
        return "SKIP_STRATUM"
    if leaf in s["barred"]:
        return f"SKIP_BARRED:{s['barred'][leaf]}"
    full = s["h"]["caps"] and _room(s, leaf, seated) <= 0
    return f"SKIP_CAP:{next(iter(s['h']['caps']))}" if full else "ACCEPT"


def _change(s: S, change: Any, item: str) -> None:
    """Apply re-checks of the whole pool and departures of seated members."""
    for recheck in _only(change, "rechecks vacated", item)["rechecks"]:
        _hex(_only(recheck, "at barred facts", item)["facts"], 32, item)
        _whole(recheck["at"], f"{item} recheck")
        for leaf, rule in recheck["barred"]:
            _hex(leaf, 32, f"{item} recheck")
            _need(_text(rule, f"{item} recheck").strip(), f"{item} recheck", "names no rule")
            s["barred"][leaf] = rule
    inside = set(s["barred"]) <= {leaf.hex() for leaf in s["leaves"]}
    _need(inside, f"{item} recheck", "bars a leaf outside the pool")
    for leaf, why, evidence in change["vacated"]:
        _hex(evidence, 32, f"{item} evidence")
        left = why in ("NO_SHOW", "LATE_CONFLICT", "WITHDRAWN") and leaf in s["seated"]
        _need(left, item, "a member left who was not seated, or for no reason")
        del s["seated"][leaf]
    s["seated"] = {leaf: c for leaf, c in s["seated"].items() if leaf not in s["barred"]}
    sitting = Counter(s["seated"].values())
    s["seats"] = {code: n - sitting[code] for code, n in s["h"]["strata"]}


def _log(s: S, body: Any, seed: bytes, item: str) -> None:
    """Walk the tickets in order; each must have the verdict that is true of it."""
    seats, log, at = s["seats"], body["log"], 0
    seated = Counter(_group(s, leaf) for leaf in s["seated"])
    if body["outcome"] == "INFEASIBLE":
        _need(not log and not _possible(s, seats, s["taken"], seated), item, "one was possible")
        return
    for code in [code for code, n in seats.items() if n]:
        line = _line(s, seed, code)
        while seats[code]:
            _need(at < len(log), item, "ends before the seats are filled")
            leaf, where = next(line, ""), f"{item} line {at}"
            _need(log[at][:2] == [code, leaf], where, "is not the next ticket")
            verdict = _verdict(s, code, leaf, seated)
            if verdict == "ACCEPT" and log[at][2] == "SKIP_INFEASIBLE":
                verdict = _blocked(s, code, leaf, seated)
            _need(log[at][2] == verdict, where, "the verdict is not true")
            if verdict == "ACCEPT":
                _seat(s, code, leaf, seated, where)
            at += 1
    _need(at == len(log), f"{item} line {at}", "goes on after the seats are filled")


def _blocked(s: S, code: int, leaf: str, seated: Counter[str]) -> str:
    """Say whether the other seats could still be filled once this leaf has one."""
    seats, after = {**s["seats"], code: s["seats"][code] - 1}, seated.copy()
    after[_group(s, leaf)] += 1
    possible = _possible(s, seats, s["taken"] | {leaf}, after)
    return "ACCEPT" if possible else "SKIP_INFEASIBLE"


def _seat(s: S, code: int, leaf: str, seated: Counter[str], item: str) -> None:
    opened = {"s", *s["h"]["caps"]} <= set(s["known"].get(leaf, ()))
    _need(opened, item, "accepted without opening what was checked")
    s["taken"].add(leaf)
    s["seats"][code] -= 1
    seated[_group(s, leaf)] += 1


def _contacts(s: S, body: Any, item: str) -> None:
    accepted = [(leaf, code) for code, leaf, verdict in body["log"] if verdict == "ACCEPT"]
    if not s["h"]["contact"]["attempts"]:
        _need(body["contacts"] == [], item, "nobody is to be called")
        s["seated"].update(accepted)
        return
    _need(len(accepted) == len(body["contacts"]), item, "must be one for each accepted")
    rule = s["h"]["contact"]
    for (leaf, code), (told, outcome, evidence, tries) in zip(
        accepted, body["contacts"], strict=True
    ):
        known = outcome in ("CONFIRMED", "DECLINED", "NO_ANSWER", "LATE_CONFLICT")
        _need(told == leaf and known, item, "is not that of the accepted leaf")
        _hex(evidence, 32, f"{item} evidence")
        times = [_whole(at, item) for at in tries]
        _need(times and times == sorted(times), item, "at least one try, in order of time")
        _need(times[0] >= s["h"]["t_beacon"], item, "a try before the draw")
        apart = all(b - a >= rule["gap"] for a, b in pairwise(tries))
        tried = len(tries) >= rule["attempts"] and apart
        _need(outcome != "NO_ANSWER" or tried, item, "no answer needs more attempts, apart")
        if outcome == "CONFIRMED":
            s["seated"][leaf] = code


def _rounds(s: S) -> str:
    s.update(seated={}, taken=set(), barred={})
    _need(s["n"] <= s["h"]["max_rounds"], "rounds", "are more than the header allows")
    for k, body in enumerate(s["bodies"]):
        item = f"round {k}"
        _need(body["prev"] == s["before"], f"{item} prev", "breaks the chain")
        before, change = bytes.fromhex(s["before"]), body["change"]
        asked = _hash("ask", s["hh"], _u32(k), before, _jcs(change))
        _signed(s, "I", asked, body["ask"], f"{item} ask")
        _change(s, change, f"{item} change")
        first_clean = k > 0 or change == {"rechecks": [], "vacated": []}
        _need(first_clean and sum(s["seats"].values()), item, "nothing to fill")
        alpha, pi = _hash("alpha", s["beta"], _u32(k)), _only(body["pi"], "C I", f"{item} pi")
        outputs = [_vrf(s, r, alpha, _hex(pi[r], 80, item), f"{item} pi.{r}") for r in "CI"]
        _log(s, body, _hash("seed", s["beta"], _u32(k), *outputs), f"{item} log")
        _contacts(s, body, f"{item} contacts")
        closing = _hash("closing", s["hh"], _jcs(body))
        _both(s, closing, s["j"][f"rounds/{k:02d}.json"]["signatures"], item)
        s["before"] = closing.hex()
    return f"{s['n']} rounds, every verdict recomputed"


def _final(s: S) -> str:
    told = _only(s["j"]["final.json"], "final signatures", "final.json")
    final = _only(told["final"], "change order outcome prev seated", "final")
    _need(final["prev"] == s["before"], "final prev", "is not the last closing")
    _change(s, final["change"], "final change")
    _need(re.fullmatch("([0-9a-f]{64})?", final["order"]), "final order", "must be a digest")
    missing = sum(s["seats"].values())
    blocked = s["bodies"] and s["bodies"][-1]["outcome"] == "INFEASIBLE"
    ended = "INFEASIBLE" if blocked else "EXHAUSTED" if s["n"] == s["h"]["max_rounds"] else "?"
    outcome = "CANCELLED" if final["order"] else ended if missing else "COMPLETE"
    _need(final["outcome"] == outcome, "final outcome", f"must be {outcome}")
    seated = sorted([code, leaf] for leaf, code in s["seated"].items())
    _need(final["seated"] == seated, "final seated", "is not who holds a seat")
    _both(s, _hash("transcript", s["hh"], _jcs(final)), told["signatures"], "final.json")
    return f"{outcome}: {len(seated)} seated, {missing} seats open"


STEPS = (
    _container,
    _header,
    _history,
    _pool,
    _commits,
    _reveals,
    _beacon,
    _openings,
    _rounds,
    _final,
)


def verify(data: bytes) -> list[tuple[str, str, str]]:
    """Return (step, failed item or "", detail) for each step up to the first that fails."""
    s, report = {"data": data}, list[tuple[str, str, str]]()
    for step in STEPS:
        name = step.__name__[1:]
        try:
            report.append((name, "", step(s)))
        except Wrong as fault:
            return [*report, (name, str(fault.args[0]) or "?", str(fault.args[1]))]
        except (ArithmeticError, AttributeError, LookupError, RecursionError) as fault:
            return [*report, (name, name, f"malformed: {fault!r}")]
        except (TypeError, ValueError, struct.error) as fault:
            return [*report, (name, name, f"malformed: {fault!r}")]
    return report


def main(arguments: list[str]) -> int:
    """Print each step; 0: all hold, 1: one fails, 2: bad use."""
    if len(arguments) != 1 or not Path(arguments[0]).is_file():
        print("用法 / usage: python3 -I -S draw_verify.py BUNDLE", file=sys.stderr)
        return 2
    report = verify(Path(arguments[0]).read_bytes())
    for name, item, detail in report:
        print(f"FAIL {name}: {item}: {detail}" if item else f"ok   {name}: {detail}")
    return 1 if report[-1][1] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
