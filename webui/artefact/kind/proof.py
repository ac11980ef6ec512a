"""One record: its salt and body against the leaf that a proof finds in a cosigned checkpoint."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from monitor.log.canonical import parse
from monitor.log.commitment import SALT_BYTES, commit
from monitor.log.note import from_base64
from monitor.log.proof import HEADER, LogProof
from monitor.log.tree import BadProof
from webui.artefact.book import Log
from webui.artefact.keys import Keys
from webui.artefact.line import Line, failed, passed, unchecked

MARK = f"{HEADER}\n".encode()
FIELDS = frozenset({"index", "salt", "body"})


def read_record(data: bytes) -> dict[str, Any] | None:
    """Return a record as /api/v1/records gives it: leaf, salt, body; None for anything else."""
    if data[:1] != b"{":
        return None
    try:
        told = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return told if isinstance(told, dict) and told.keys() >= FIELDS else None


def check_proof(name: str, data: bytes, keys: Keys, log: Log | None) -> Iterator[Line]:
    """Check a .tlog-proof whose `extra` is salt and body; without them the checkpoint alone."""
    proof = LogProof.parse(data.decode())
    if proof.extra is None:
        yield unchecked(name, "证明中没有盐和正文 / the proof carries no salt and body")
        return
    yield from _included(name, proof, proof.extra[:SALT_BYTES], proof.extra[SALT_BYTES:], keys, log)


def check_record(name: str, told: dict[str, Any], keys: Keys, log: Log | None) -> Iterator[Line]:
    """Check a record by the proof in it; without one it is compared with the log beside it."""
    salt, body = bytes.fromhex(told["salt"]), from_base64(told["body"])
    if told.get("proof"):
        proof = LogProof.parse(told["proof"])
        if proof.index != told["index"]:
            raise BadProof(f"the proof is of leaf {proof.index}, the record of {told['index']}")
        yield from _included(name, proof, salt, body, keys, log)
    else:
        yield unchecked(name, "尚无入册证明 / no proof of inclusion in it yet")


def _included(
    name: str, proof: LogProof, salt: bytes, body: bytes, keys: Keys, log: Log | None
) -> Iterator[Line]:
    signed = proof.verify(commit(salt, body), keys.policy)
    head = signed.checkpoint
    said: Any = parse(body)
    yield passed(
        name,
        f"记录在日志第 {proof.index} 条，见证签名 {len(signed.cosignatures)} / "
        f"{said.get('action')} is leaf {proof.index} of {head.size}",
    )
    if log is not None and (fault := log.fault(head.size, head.root)):
        yield failed(name, fault)
