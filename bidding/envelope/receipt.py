"""Receipts 回执: the platform's signed word on what came in, when, and what became of it.

A refused or late attempt gets one too. The log's inclusion proof is put beside it when it exists.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bidding.envelope.document import (
    Fields,
    Malformed,
    check_signed,
    read,
    read_signed,
    time_text,
    write,
    write_signed,
)


class Outcome(StrEnum):
    """What became of an attempt to submit."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    LATE = "late"


@dataclass(frozen=True, slots=True)
class Receipt:
    """`manifest` digest and salted `leaf` in hexadecimal; `record` is the id of its log record.

    `at` is the arrival of the last verified byte, aware UTC; `reasons` are the rules of a refusal.
    """

    outcome: Outcome
    at: datetime
    project: str
    lot: str
    bid: str
    version: int
    manifest: str
    leaf: str
    record: str
    reasons: tuple[str, ...] = ()


def sign_receipt(receipt: Receipt, signer: Ed25519PrivateKey) -> bytes:
    """Return the signed receipt document, without a proof yet."""
    signed = write_signed(
        "receipt",
        signer,
        outcome=receipt.outcome.value,
        at=time_text(receipt.at),
        project=receipt.project,
        lot=receipt.lot,
        bid=receipt.bid,
        version=receipt.version,
        manifest=receipt.manifest,
        leaf=receipt.leaf,
        record=receipt.record,
        reasons=list(receipt.reasons),
    )
    return _with_proof(signed.decode(), "")


def attach_proof(data: bytes, proof: str) -> bytes:
    """Put a C2SP tlog-proof beside the signed part, which stays as it was."""
    return _with_proof(read("receipt-file", data, "receipt proof").text("receipt"), proof)


def verify_receipt(data: bytes, key: str) -> tuple[Receipt, str]:
    """Return the receipt and its tlog-proof ("" if none yet); raises Malformed, BadSignature.

    The proof is not judged here: monitor.log does that against a checkpoint.
    """
    file = read("receipt-file", data, "receipt proof")
    members = "outcome at project lot bid version manifest leaf record reasons"
    document = read_signed("receipt", file.text("receipt").encode(), members)
    check_signed(document, key)
    return _receipt(document), file.text("proof")


def _with_proof(receipt: str, proof: str) -> bytes:
    return write("receipt-file", receipt=receipt, proof=proof)


def _receipt(document: Fields) -> Receipt:
    try:
        outcome = Outcome(document.text("outcome"))
    except ValueError as error:
        raise Malformed("receipt.outcome: 未知结果 / unknown outcome") from error
    return Receipt(
        outcome,
        document.time("at"),
        document.text("project"),
        document.text("lot"),
        document.text("bid"),
        document.number("version"),
        document.hexes("manifest"),
        document.hexes("leaf"),
        document.text("record"),
        document.texts("reasons"),
    )
