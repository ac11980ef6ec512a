"""A receipt: the platform's signature, and the record's own opening proven in the log.

The proof's `extra` carries the record's salt and body. No signature covers it, and none need: it
must open the very commitment that the proof finds in the log.
"""

from collections.abc import Iterator
from dataclasses import replace

from bidding.envelope.document import time_text
from bidding.envelope.receipt import Receipt, attach_proof, verify_receipt
from monitor.log.canonical import parse
from monitor.log.commitment import SALT_BYTES, commit
from monitor.log.proof import LogProof
from webui.artefact.book import Log
from webui.artefact.keys import Keys
from webui.artefact.line import Line, failed, passed, unchecked

FORM = b'"v":"batong-bid/1/receipt-file"'


def prove(receipt: bytes, proof: LogProof, salt: bytes, body: bytes) -> bytes:
    """Put the proof and the opening of its record beside a receipt; return the receipt file."""
    return attach_proof(receipt, replace(proof, extra=salt + body).encode())


def check_receipt(name: str, data: bytes, keys: Keys, log: Log | None = None) -> Iterator[Line]:
    """Check signature, inclusion, and that the record says what the receipt says.

    With a log beside it, its proof is to a state of that log, and no proof was taken off.
    """
    if not keys.receipt:
        yield failed(name, "公钥文件中没有回执公钥 / the keys file has no receipt key")
        return
    receipt, proof = verify_receipt(data, keys.receipt)
    told = f"{receipt.outcome}, {time_text(receipt.at)}, manifest {receipt.manifest}"
    yield passed(name, f"回执签名有效 / signed by the platform: {told}")
    if not proof and log and receipt.record in {body["id"] for body in log.bodies.values()}:
        yield failed(name, "日志已载其记录，入册证明却缺失 / in the log, but its proof is gone")
        return
    if not proof:
        yield unchecked(name, "尚无入册证明 / no proof of inclusion yet")
        return
    yield from _check_proof(name, receipt, LogProof.parse(proof), keys, log)


def _check_proof(
    name: str, receipt: Receipt, proof: LogProof, keys: Keys, log: Log | None
) -> Iterator[Line]:
    extra = proof.extra or b""
    salt, body = extra[:SALT_BYTES], extra[SALT_BYTES:]
    signed = proof.verify(commit(salt, body), keys.policy)
    yield passed(
        name,
        f"记录在日志第 {proof.index} 条，见证签名 {len(signed.cosignatures)} / "
        f"its record is leaf {proof.index} of {signed.checkpoint.size}",
    )
    if log and (fault := log.fault(signed.checkpoint.size, signed.checkpoint.root)):
        yield failed(name, fault)
    differing = _differences(receipt, body)
    if differing:
        yield failed(name, f"与记录不符 / differs from its record: {', '.join(differing)}")
    else:
        yield passed(name, "与记录所载一致 / says what its record says")


def _differences(receipt: Receipt, body: bytes) -> list[str]:
    record = parse(body)
    if not isinstance(record, dict) or not isinstance(facts := record.get("facts"), dict):
        return ["record"]
    refused = "refused" in str(record.get("outcome"))
    pairs = {
        "record": (record.get("id"), receipt.record),
        "project": (record.get("project"), receipt.project),
        "outcome": (refused, receipt.outcome != "accepted"),
        "lot": (facts.get("section"), receipt.lot),
        "version": (facts.get("version"), receipt.version),
        "manifest": (facts.get("manifest"), receipt.manifest),
        "leaf": (facts.get("leaf"), receipt.leaf),
        "at": (facts.get("arrived"), time_text(receipt.at)),
        "bid": (record.get("subject"), receipt.bid),
    }
    return [name for name, (there, here) in pairs.items() if there != here]
