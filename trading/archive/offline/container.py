"""The outer forms: canonical zip, BagIt bag, list of contents."""

import hashlib
import json
import re
import struct
import zlib
from collections.abc import Collection
from typing import Any

from trading.archive.offline.layout import OWN
from trading.archive.offline.wrong import Wrong, need


def _zip_entry(name: str, body: bytes, at: int) -> tuple[bytes, bytes]:
    raw, size = name.encode(), len(body)
    flag = 0 if name.isascii() else 0x800
    head = struct.pack("<5H3I2H", 20, flag, 0, 0, 33, zlib.crc32(body), size, size, len(raw), 0)
    tail = struct.pack("<3H2I", 0, 0, 0, 0o100644 << 16, at)
    return b"PK\3\4" + head + raw, b"PK\1\2\x14\3" + head + tail + raw


def read_zip(data: bytes) -> dict[str, bytes]:
    """Return the members of a canonical zip; Wrong names the item that differs."""
    need(len(data) >= 22 and data[-22:-18] == b"PK\5\6", "zip directory: no end record")
    count, size, at = struct.unpack_from("<H2I", data, len(data) - 12)
    need(at + size + 22 == len(data), "zip directory: wrong size")
    names, place, members, directory = [], at, {}, b""
    while place + 46 <= at + size:
        length = struct.unpack_from("<H", data, place + 28)[0]
        names.append(data[place + 46 : place + 46 + length].decode())
        place += 46 + length
    need(place == at + size and count == len(names), "zip directory: entries do not fill it")
    place = 0
    for name in names:
        need(place + 30 <= at, name + ": cut short")
        start = place + 30 + len(name.encode())
        body = data[start : start + struct.unpack_from("<I", data, place + 18)[0]]
        local, central = _zip_entry(name, body, place)
        need(data[place:start] == local, name + ": header or bytes differ")
        members[name], directory, place = body, directory + central, start + len(body)
    check_names(members)
    end = b"PK\5\6" + struct.pack("<4H2IH", 0, 0, len(names), len(names), size, place, 0)
    need(names == sorted(members, key=str.encode), "zip directory: order or double names")
    need(data[place:] == directory + end, "zip directory: differs from the canonical form")
    return members


def check_names(names: Collection[str]) -> None:
    """Refuse names that unzip elsewhere, or differently, on some system."""
    for name in names:
        parts = name.split("/")
        plain = not {"", ".", ".."} & set(parts) and not re.search(r"[\x00\\]|^[A-Za-z]:", name)
        need(plain and len(name.encode()) <= 1024, f"{name}: bad path")
        need(max(len(part.encode()) for part in parts) <= 255, f"{name}: a name over 255 bytes")
        above = ("/".join(parts[:depth]) for depth in range(1, len(parts)))
        need(not any(folder in names for folder in above), f"{name}: its folder is also a file")


def check_bag(files: dict[str, bytes]) -> str:
    """Check both payload and both tag manifests (RFC 8493 §2.1, §2.2, §3)."""
    check_names(files)
    payload = {name for name in files if name.startswith("data/")}
    tags = {name for name in files if name not in payload and not name.startswith("tagmanifest-")}
    for algorithm in ("sha256", "sha512"):
        for manifest, listed in (("tagmanifest", tags), ("manifest", payload)):
            _check_manifest(files, f"{manifest}-{algorithm}.txt", algorithm, listed)
    oxum = f"{sum(len(files[name]) for name in payload)}.{len(payload)}"
    need(f"Payload-Oxum: {oxum}\n" in files["bag-info.txt"].decode(), "bag-info.txt: Payload-Oxum")
    return f"袋内 {len(payload)} 个文件与摘要一致 / bag of {len(payload)} files agrees with digests"


def _check_manifest(files: dict[str, bytes], name: str, algorithm: str, listed: set[str]) -> None:
    need(name in files, f"{name}: missing")
    rows = [line.split("  ", 1) for line in files[name].decode().splitlines()]
    digests = {path: digest for digest, path in rows}
    need(len(digests) == len(rows), f"{name}: a path stands twice")
    for path in sorted(listed ^ set(digests)):
        raise Wrong(f"{path}: " + ("missing" if path in digests else f"not in {name}"))
    for path, digest in digests.items():
        need(hashlib.new(algorithm, files[path]).hexdigest() == digest, f"{path}: {algorithm}")


def check_content(files: dict[str, bytes]) -> str:
    """Check that the bag holds the documents of the list of contents and no others, each once."""
    rows = json.loads(files["data/manifest.json"])
    left = {name for name in files if name.startswith("data/") and name not in OWN}
    held = [row for number, row in enumerate(rows, 1) if not _is_away(files, left, number, row)]
    for row in sorted(held, key=lambda row: "path" not in row):
        left.remove(_found(files, left, row))
    for name in sorted(left):
        raise Wrong(f"{name}: not in manifest.json")
    away, hidden = len(rows) - len(held), sum(not row["public"] for row in rows)
    need(away in (0, hidden), f"{hidden} documents are not public, {away} of them withheld")
    return (
        f"目录 {len(held)} 份在册、{away} 份仅存摘要 / contents: {len(held)} held, {away} by digest"
    )


def _is_away(files: dict[str, bytes], left: set[str], number: int, row: dict[str, Any]) -> bool:
    """Take the stub of a document that is not public out of what is left, if there is one."""
    stub = f"data/withheld/{number:04d}.json"
    need(set(row) - {"path", "title"} == {"class", "public", "sha256", "size"}, "manifest.json")
    need(("path" in row) == row["public"], f"manifest row {number}: its path")
    if stub not in left:
        return False
    same = {k: row[k] for k in ("class", "sha256", "size")}
    text = json.dumps(same, sort_keys=True, indent=1, ensure_ascii=False).encode() + b"\n"
    need(files[stub] == text and not row["public"], f"{stub}: not as listed")
    left.remove(stub)
    return True


def _found(files: dict[str, bytes], left: set[str], row: dict[str, Any]) -> str:
    """Return the file of a row: by its path, else by digest, in a folder of its class."""
    kind = row["class"]
    folders = (f"data/documents/{kind}/", f"data/{kind}/", f"data/{kind}s/")
    named = {f"data/{row['path']}"} if "path" in row else left
    found = [
        name for name in sorted(named & left)
        if name.startswith(folders) and hashlib.sha256(files[name]).hexdigest() == row["sha256"]
    ]  # fmt: skip
    need(found, f"manifest row {row.get('path', row['sha256'])}: document missing")
    need(len(files[found[0]]) == row["size"], f"{found[0]}: not the listed document")
    return found[0]
