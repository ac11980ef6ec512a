"""The outer forms: canonical zip, BagIt bag, list of contents."""

import hashlib
import json
import re
import struct
import zlib

from trading.archive.offline.wrong import Wrong, need

OWN = re.compile(
    r"data/(manifest\.json|index\.html|verify\.py|draw_verify\.py|(records|log|withheld)/[^/]+)$"
)


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
        need(not {"", ".", ".."} & set(name.split("/")) and "\\" not in name, name + ": bad path")
        members[name], directory, place = body, directory + central, start + len(body)
    end = b"PK\5\6" + struct.pack("<4H2IH", 0, 0, len(names), len(names), size, place, 0)
    need(names == sorted(members, key=str.encode), "zip directory: order or double names")
    need(data[place:] == directory + end, "zip directory: differs from the canonical form")
    return members


def check_bag(files: dict[str, bytes]) -> str:
    """Check both payload and both tag manifests (RFC 8493 §2.1, §2.2, §3)."""
    need(files.get("bagit.txt", b"").startswith(b"BagIt-Version: 1.0\n"), "bagit.txt: not 1.0")
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
    """Check every document against the list of contents that both bags share."""
    rows, held, away = json.loads(files["data/manifest.json"]), 0, 0
    listed = {row["sha256"] for row in rows}
    for name in (name for name in files if name.startswith("data/") and not OWN.match(name)):
        need(hashlib.sha256(files[name]).hexdigest() in listed, f"{name}: not in manifest.json")
    for number, row in enumerate(rows, 1):
        stub = f"data/withheld/{number:04d}.json"
        if stub in files:
            same = {k: row[k] for k in ("class", "sha256", "size")}
            need(json.loads(files[stub]) == same and not row["public"], f"{stub}: not as listed")
            away += 1
            continue
        found = [row["path"]] if "path" in row else _by_digest(files, row["sha256"])
        need(found and "data/" + found[0] in files, f"manifest row {number}: document missing")
        body = files["data/" + found[0]]
        right = (hashlib.sha256(body).hexdigest(), len(body)) == (row["sha256"], row["size"])
        need(right, f"{found[0]}: not the listed document")
        held += 1
    return f"目录 {held} 份在册、{away} 份仅存摘要 / contents: {held} held, {away} by digest only"


def _by_digest(files: dict[str, bytes], digest: str) -> list[str]:
    lines = files["manifest-sha256.txt"].decode().splitlines()
    return [line[71:] for line in lines if line.startswith(digest + "  data/")]
