"""The evidence: records, inclusion, chain, gatherings, and the act that closed the file."""

import hashlib
import json
import re
from collections import Counter
from typing import Any

from trading.archive.offline.checkpoint import exact_base64
from trading.archive.offline.layout import kind_of
from trading.archive.offline.wrong import need


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
    rows = [json.loads(line) for line in raw.decode().split("\n")[:-1]]
    need(len({row["index"] for row in rows}) == len(rows), "an index stands twice")
    need(b"".join(_compact(row) + b"\n" for row in rows) == raw, "a line is not in its one form")
    return {row["index"]: row for row in rows}


def _compact(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


class Records:
    """The project's records: commitments by index, and bodies of those that are opened."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.commitment: dict[int, bytes] = {}
        self.body: dict[int, dict[str, Any]] = {}
        self.raw = b""
        for index, row in _json_lines(files["data/records/openings.jsonl"]).items():
            if "body" not in row:
                need(set(row) == {"index", "commitment"}, f"record {index}: its form")
                self.commitment[index] = bytes.fromhex(row["commitment"])
                continue
            salt, body = bytes.fromhex(row["salt"]), exact_base64(row["body"])
            need(set(row) - {"seq"} == {"index", "salt", "body"}, f"record {index}: its form")
            need(len(salt) == 32, f"record {index}: salt")
            self.commitment[index] = hashlib.sha256(b"batong-leaf/1\0" + salt + body).digest()
            self.body[index], self.raw = json.loads(body), self.raw + body
            need(row.get("seq") == self.body[index].get("seq"), f"record {index}: seq")

    def check_inclusion(self, files: dict[str, bytes], size: int, root: bytes) -> str:
        """Every record, opened or blind, is a leaf of the signed tree."""
        proofs = _json_lines(files["data/log/proofs.jsonl"])
        need(set(proofs) == set(self.commitment), "proofs.jsonl: not one proof a record")
        for index, commitment in self.commitment.items():
            need(set(proofs[index]) == {"index", "hashes"}, f"record {index}: its proof's form")
            path = [exact_base64(h) for h in proofs[index]["hashes"]]
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
        need(_compact(listed) == files["data/records/gatherings.json"], "gatherings.json: its form")
        bound: set[int] = set()
        for index, said in acts.items():
            inside = sorted(self.commitment[i] for i in set(listed[index]))
            got = {"count": len(inside), "root": _root(inside).hex()}
            need(got == said, f"record {index}: its gathering is not these secret acts")
            bound |= set(listed[index])
        loose = [i for i in self.commitment if "seq" not in self.body.get(i, {}) and i not in bound]
        need(not loose, f"record {loose[:1]}: no gathering holds it")
        return (
            f"汇集 {len(acts)} 次，含不公开行为 {len(bound)} 项，其后 0 项 / "
            f"{len(acts)} gatherings bind {len(bound)} secret acts, 0 came later"
        )

    def check_closing(self, files: dict[str, bytes]) -> str:
        """The last public act closed the file over this very list of contents."""
        raw = files["data/manifest.json"]
        last, rows = (self.acts() or [{"action": ""}])[-1], json.loads(raw)
        closed = last["action"] == "archive.close" and "done" in last["outcome"]
        need(closed, "the last public act is not archive.close: acts are missing or too many")
        facts, digest = last["facts"], hashlib.sha256(raw).hexdigest()
        need(facts["manifest"] == digest, "manifest.json: not the one that archive.close names")
        need(facts["documents"] == len(rows), "manifest.json: archive.close names another number")
        need(
            dict(Counter(row["class"] for row in rows)) == facts["classes"], "manifest.json: class"
        )
        return (
            f"归档记录确认目录 {len(rows)} 份 / archive.close, the last public act, "
            f"names this list of {len(rows)} documents"
        )

    def check_blind(self, files: dict[str, bytes]) -> str:
        """A bag in custody opens every record that no case sealed when the file was closed."""
        blind = len(self.commitment) - len(self.body)
        closed = self.acts()[-1] if self.acts() else {}
        sealed = closed.get("facts", {}).get("sealed", 0)
        well = kind_of(files) == "public" or blind <= sealed
        need(well, f"{blind} records are blind in custody, {sealed} were sealed by cases")
        return f"{blind} 条记录仅存承诺值 / {blind} records are here by their commitment only"

    def acts(self) -> list[dict[str, Any]]:
        """Return the public acts in their order."""
        return sorted((b for b in self.body.values() if "seq" in b), key=lambda b: int(b["seq"]))

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
