"""A public chain as a platform tells it to a trustee's program: honest, or bent by a test."""

import base64
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bidding.envelope.capsule import Kind
from bidding.envelope.roster import Authority, Roster, Seat
from bidding.envelope.trustee.batch import Request
from bidding.envelope.trustee.close import Close, Locked, accept_set
from bidding.envelope.trustee.holder import Trustee
from bidding.envelope.trustee.request import write_request
from monitor.clock import time_text
from monitor.log.canonical import canonical
from monitor.log.checkpoint import Checkpoint, Policy, cosign, sign_checkpoint
from monitor.log.commitment import commit
from monitor.log.note import Kind as KeyKind
from monitor.log.note import SigningKey, add_signatures
from monitor.log.proof import LogProof
from monitor.log.tree import inclusion_proof, leaf_hash, root
from webui.program.trustee.bundle import Bundle

PROJECT, SECTION = "019e2926-a8e0-7020-b91e-7783cad8d698", "019e2926-a8e0-7024-8ef8-2d3385767bb5"
DEADLINE = datetime(2026, 6, 9, 1, 12, tzinfo=UTC)
MOVED = DEADLINE + timedelta(days=15)
CLOSED = MOVED + timedelta(seconds=1)
LOG = SigningKey("centre.example/log/2026", KeyKind.ED25519, b"l" * 32)
WITNESS = SigningKey("w1.example", KeyKind.COSIGNATURE, b"w" * 32)
STRANGER = SigningKey("w1.example", KeyKind.COSIGNATURE, b"s" * 32)
POLICY = Policy(LOG.verifier, (WITNESS.verifier,), 1)


def a_roster(folder: Path) -> Roster:
    device = Trustee.create(folder).device
    return Roster(1, (Seat(1, Authority.NOTARY, "91110000000000000X", "公证处", (device,)),))


@dataclass
class Story:
    """A public chain as the platform tells it; every field may be bent before it is told."""

    roster: Roster
    closed: datetime = CLOSED
    told: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    witness: SigningKey | None = WITNESS
    log: SigningKey = LOG
    section: str = SECTION
    outcome: dict[str, Any] = field(default_factory=lambda: {"done": True})
    items: tuple[Locked, ...] = ()
    """What is locked: notes."""
    since: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    """What the platform tells after CLOSE."""

    def __post_init__(self) -> None:
        self.told = [
            ("notice.publish", {}),
            ("document.issue", {"deadline": time_text(DEADLINE), "trustees": self.roster.digest}),
            ("clarification.issue", {"deadline_after": time_text(MOVED)}),
        ]

    @property
    def close(self) -> Close:
        notes = accept_set([item.leaf for item in self.items])
        return Close(PROJECT, SECTION, self.closed, accept_set([]), notes)

    def chain(self) -> list[tuple[bytes, bytes]]:
        """The records, each naming the one before."""
        facts = {"section": self.section, "close": self.close.digest}
        rows, before = [], ""
        told = [*self.told, ("opening.close", facts), *self.since]
        for number, (action, said) in enumerate(told, 1):
            body: dict[str, Any] = {
                "v": 1, "action": action, "project": PROJECT, "facts": said, "seq": number,
                "prev": before, "outcome": self.outcome, "time": time_text(self.closed),
            }  # fmt: skip
            salt, data = bytes([number]) * 32, canonical(body)
            rows.append((salt, data))
            before = commit(salt, data).hex()
        return rows

    def proof(self, chain: list[tuple[bytes, bytes]]) -> str:
        hashes = [leaf_hash(commit(*each)) for each in chain]
        head = Checkpoint(self.log.name, len(hashes), root(hashes))
        note = sign_checkpoint(head, self.log)
        if self.witness:
            note = add_signatures(note, [cosign(head, self.witness, CLOSED)])
        path = inclusion_proof(hashes, len(hashes) - 1, len(hashes))
        return LogProof(len(hashes) - 1, tuple(path), note).encode()

    def bundle(self) -> Bundle:
        chain = self.chain()
        request = Request(self.close, self.roster, Kind.NOTE, self.items)
        return Bundle(request, tuple(chain), self.proof(chain))

    def json(self) -> dict[str, Any]:
        """As it travels."""
        found = self.bundle()
        return {
            "request": write_request(found.request).decode(),
            "chain": [
                {"salt": salt.hex(), "body": base64.b64encode(body).decode()}
                for salt, body in found.chain
            ],
            "proof": found.proof,
        }
