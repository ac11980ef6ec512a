"""The evidence: signed checkpoint, records, inclusion, chain, gatherings."""

import base64
import hashlib
import json
import re
from typing import Any

from trading.archive.offline.ed25519 import ed25519
from trading.archive.offline.wrong import need


def _vkey(text: str) -> tuple[str, bytes, int, bytes]:
    name, identity, key = text.split("+", 2)
    raw = base64.b64decode(key, validate=True)
    expected = hashlib.sha256(name.encode() + b"\n" + raw).digest()[:4]
    need(expected.hex() == identity and len(raw) == 33, f"vkey {name}: key id")
    return name, expected, raw[0], raw[1:]


def _signed(note: str, vkey: str) -> bool:
    """Find the key's line in the note; True if it verifies, False if absent, Wrong if bad."""
    text, _, tail = note.rpartition("\n\n")
    name, identity, kind, key = _vkey(vkey)
    for line in tail.splitlines():
        _, who, raw = line.split(" ")
        blob = base64.b64decode(raw, validate=True)
        if who != name or blob[:4] != identity:
            continue
        message = (text + "\n").encode()
        if kind == 4:
            when = int.from_bytes(blob[4:12], "big")
            message, blob = f"cosignature/v1\ntime {when}\n".encode() + message, blob[8:]
        need(kind in (1, 4) and ed25519(key, blob[4:], message), f"checkpoint: signature of {name}")
        return True
    return False


def _check_roles(logs: list[str], witnesses: list[str]) -> None:
    keys = [_vkey(vkey) for vkey in logs + witnesses]
    kinds = [kind for _, _, kind, _ in keys]
    need(kinds == [1] * len(logs) + [4] * len(witnesses), "vkeys.txt: a key of the wrong type")
    need(len({key for *_, key in keys}) == len(keys), "vkeys.txt: one public key stands for two")


def checkpoint(files: dict[str, bytes], keys: str) -> tuple[int, bytes, str]:
    """Verify the cosigned checkpoint under the policy; return size, root and a line to show."""
    note = files["data/log/checkpoint"].decode()
    rows = [line.split() for line in keys.splitlines() if line.strip() and line[0] != "#"]
    logs = [row[1] for row in rows if row[0] == "log"]
    witnesses = {row[1]: row[2] for row in rows if row[0] == "witness"}
    _check_roles(logs, list(witnesses.values()))
    need(any(_signed(note, vkey) for vkey in logs), "checkpoint: not signed by the log's key")
    met = {name: int(_signed(note, vkey)) for name, vkey in witnesses.items()}
    seen = sum(met.values())
    met["none"] = 1
    for row in (row for row in rows if row[0] == "group"):
        votes = {"all": len(row) - 3, "any": 1}
        threshold = votes.get(row[2]) or int(row[2])
        met[row[1]] = int(sum(met[member] for member in row[3:]) >= threshold)
    quorum = [row[1] for row in rows if row[0] == "quorum"]
    need(len(quorum) == 1 and met[quorum[0]], "checkpoint: quorum of witnesses not met")
    origin, size, root = note.rpartition("\n\n")[0].split("\n")
    need(any(vkey.split("+")[0] == origin for vkey in logs), "checkpoint: origin is not the log's")
    line = (
        f"日志签名及 {seen} 个见证签名有效 / checkpoint of {origin}: log and {seen} witnesses sign"
    )
    return int(size), base64.b64decode(root, validate=True), line


def _included(index: int, size: int, leaf: bytes, path: list[bytes], root: bytes) -> bool:
    """RFC 9162 §2.1.3.2."""
    first, last, node = index, size - 1, leaf
    for sibling in path:
        if last == 0 or len(sibling) != 32:
            return False
        if first & 1 or first == last:
            node = hashlib.sha256(b"\1" + sibling + node).digest()
            while first and not first & 1:
                first, last = first >> 1, last >> 1
        else:
            node = hashlib.sha256(b"\1" + node + sibling).digest()
        first, last = first >> 1, last >> 1
    return 0 <= index < size and last == 0 and node == root


def _json_lines(raw: bytes) -> dict[int, dict[str, Any]]:
    rows = [json.loads(line) for line in raw.decode().splitlines()]
    need(len({row["index"] for row in rows}) == len(rows), "an index stands twice")
    return {row["index"]: row for row in rows}


class Records:
    """The project's records: commitments by index, and bodies of those that are opened."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.commitment: dict[int, bytes] = {}
        self.body: dict[int, dict[str, Any]] = {}
        self.raw = b""
        for index, row in _json_lines(files["data/records/openings.jsonl"]).items():
            if "body" not in row:
                self.commitment[index] = bytes.fromhex(row["commitment"])
                continue
            salt, body = bytes.fromhex(row["salt"]), base64.b64decode(row["body"], validate=True)
            need(len(salt) == 32, f"record {index}: salt")
            self.commitment[index] = hashlib.sha256(b"batong-leaf/1\0" + salt + body).digest()
            self.body[index], self.raw = json.loads(body), self.raw + body
            need(row.get("seq") == self.body[index].get("seq"), f"record {index}: seq")

    def check_inclusion(self, files: dict[str, bytes], size: int, root: bytes) -> str:
        """Every record, opened or blind, is a leaf of the signed tree."""
        proofs = _json_lines(files["data/log/proofs.jsonl"])
        need(set(proofs) == set(self.commitment), "proofs.jsonl: not one proof a record")
        for index, commitment in self.commitment.items():
            path = [base64.b64decode(h, validate=True) for h in proofs[index]["hashes"]]
            leaf = hashlib.sha256(b"\0" + commitment).digest()
            need(_included(index, size, leaf, path, root), f"record {index}: not in the signed log")
        return (
            f"{len(self.commitment)} 条记录在签名日志中，公开 {len(self.body)} 条 / "
            f"{len(self.commitment)} records are in the signed log, {len(self.body)} opened"
        )

    def check_chain(self) -> str:
        """The public acts are dense and each names the one before (seq, prev); one project."""
        need(len({body["project"] for body in self.body.values()}) <= 1, "records of two projects")
        acts = sorted((b["seq"], b["prev"], i) for i, b in self.body.items() if "seq" in b)
        before = ""
        for place, (seq, prev, index) in enumerate(acts, 1):
            need(seq == place, f"record {index}: seq {seq}, public act {place} is missing")
            need(prev == before, f"record {index}: prev is not the act before it")
            before = self.commitment[index].hex()
        return f"公开行为 {len(acts)} 项连续无缺 / chain of {len(acts)} public acts without a gap"

    def check_gatherings(self, files: dict[str, bytes]) -> str:
        """Every gathering act's count and root are those of the secret acts before it."""
        listed = json.loads(files["data/records/gatherings.json"])
        acts = {str(i): b["gathers"] for i, b in self.body.items() if "gathers" in b}
        need(set(acts) == set(listed), "gatherings.json: not the gathering acts")
        bound: set[int] = set()
        for index, said in acts.items():
            inside = sorted(self.commitment[i] for i in set(listed[index]))
            got = {"count": len(inside), "root": _root(inside).hex()}
            need(got == said, f"record {index}: its gathering is not these secret acts")
            bound |= set(listed[index])
        loose = [i for i in self.commitment if "seq" not in self.body.get(i, {}) and i not in bound]
        return (
            f"汇集 {len(acts)} 次，含不公开行为 {len(bound)} 项，其后 {len(loose)} 项尚未汇集 / "
            f"{len(acts)} gatherings bind {len(bound)} secret acts, {len(loose)} came later"
        )

    def check_documents(self, files: dict[str, bytes]) -> str:
        """Count the documents whose SHA-256 stands in an opened record."""
        rows = json.loads(files["data/manifest.json"])
        inside = set(re.findall(rb"[0-9a-f]{64}", self.raw))
        named = sum(row["sha256"].encode() in inside for row in rows)
        return (
            f"{len(rows)} 份文件中 {named} 份的摘要见于已公开记录 / "
            f"{named} of {len(rows)} documents are named by digest in an opened record"
        )


def _root(leaves: list[bytes]) -> bytes:
    level = [hashlib.sha256(b"\0" + leaf).digest() for leaf in leaves]
    while len(level) > 1:
        pairs = zip(level[::2], level[1::2])  # noqa: B905
        odd = level[-1:] if len(level) % 2 else []
        level = [hashlib.sha256(b"\1" + a + b).digest() for a, b in pairs] + odd
    return level[0] if level else hashlib.sha256(b"").digest()
