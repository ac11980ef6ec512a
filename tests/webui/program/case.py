"""A succession as a platform tells it to a trustee's machine: honest, or bent by a test."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bidding.envelope.document import digest
from bidding.envelope.roster import Authority, Roster, Seat
from bidding.envelope.trustee.holder import Trustee
from bidding.envelope.trustee.keydeal import (
    deal_key,
)
from bidding.envelope.trustee.successor import accept
from monitor.clock import time_text
from monitor.log.canonical import canonical
from monitor.log.commitment import commit
from tests.webui.program.chain import POLICY, PROJECT, Story
from webui.artefact.keys import write_keys
from webui.program.trustee.succession import Following, read_following

NUMBER = "019e2926-a8e0-7024-8ef8-2d3385767bc7"
KINDS = (Authority.CENTRE, Authority.TENDEREE, Authority.NOTARY, Authority.ASSOCIATION,
         Authority.OTHER_CENTRE)  # fmt: skip
ORGS = [f"019e2926-a8e0-7024-8ef8-2d338576700{n}" for n in range(9)]
ROLES = ("tenderee", "trustee", "agency", "trustee", "trustee", "trustee")
BEGAN = datetime(2026, 6, 1, tzinfo=UTC)


def role(who: int) -> str:
    """Of the first person of each body; the second ones are trustees by appointment."""
    return ROLES[who] if who < len(ROLES) else "trustee"


@dataclass
class Case:
    """Seat 2 is lost; the platform tells of its succession, and every word may be bent."""

    folder: Path
    machines: list[Trustee]
    roster: Roster
    successor: Trustee
    deal: bytes
    word: bytes
    acts: list[tuple[str, dict[str, Any], int]] = field(default_factory=list)
    witness: Any = POLICY
    came: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    tells: dict[str, Any] = field(default_factory=dict)
    asks: dict[str, Any] = field(default_factory=dict)
    """What a machine is asked instead."""
    dealt: bytes = b""
    """A fellow's key as it was dealt to seat 1."""
    pace: timedelta = timedelta(minutes=10)
    """The time between two acts."""
    refuses: bool = False

    def __post_init__(self) -> None:
        facts = {
            "succession": NUMBER, "seat": 2, "lost": self.machines[1].device.recipient,
            "recipient": self.successor.device.recipient, "kind": "supervisor",
            "signer": self.successor.device.signer, "authority": "91110000000000009X",
            "name": "监督", "acceptance": digest(self.word), "cause": "lost",
        }  # fmt: skip
        self.acts = [
            ("document.issue", {"trustees": self.roster.digest}, 0),
            ("key.deal", {"digest": digest(self.deal)}, 1),
            ("succession.ask", facts, 2),
            ("succession.confirm", {k: facts[k] for k in ("succession", "acceptance")}, 3),
        ]

    def chain(self) -> list[tuple[bytes, bytes]]:
        rows, before = [], ""
        for number, (action, facts, who) in enumerate(self.acts, 1):
            body: dict[str, Any] = {
                "v": 1, "action": action, "project": PROJECT, "facts": facts, "seq": number,
                "prev": before, "outcome": {"done": True}, "time": time_text(BEGAN + number * self.pace),
                "actor": {"id": ORGS[who], "org": ORGS[who % len(ROLES)], "role": role(who)},
            }  # fmt: skip
            salt, data = bytes([number]) * 32, canonical(body)
            rows.append((salt, data))
            before = commit(salt, data).hex()
        return rows

    def json(self) -> dict[str, Any]:
        story, chain = Story(self.roster), self.chain()
        if self.witness is not POLICY:
            story.witness = self.witness
        return {
            "id": NUMBER, "project": PROJECT, "trustees": self.roster.to_bytes().decode(),
            "deal": base64.b64encode(self.deal).decode(), "challenge": "",
            "acceptance": base64.b64encode(self.word).decode(), "pieces": [],
            "chain": [{"salt": salt.hex(), "body": base64.b64encode(body).decode()}
                      for salt, body in chain],
            "proof": story.proof(chain),
        } | self.tells  # fmt: skip

    def following(self) -> Following:
        return read_following(self.json())

    def answer(self, path: str, told: Any, _: str) -> tuple[int, Any]:
        """As the platform over HTTP; it asks seat 1 to deal its key and to hand its piece on."""
        if path == "/api/v1/session":
            return 200, {"token": "t"}
        if path == "/api/v1/trustee":
            asked = {
                "now": "2026-06-02T00:00:00+00:00", "asks": [],
                "keys": [{"project": PROJECT, "recipient": self.machines[0].device.recipient,
                          "trustees": self.roster.to_bytes().decode()}],
                "successions": [{"id": NUMBER, "project": PROJECT, "step": "hand",
                                 "lost": "", "challenge": ""}],
            }  # fmt: skip
            return 200, asked | self.asks
        if path.startswith("/api/v1/trustee/keys/"):
            told = {"document": base64.b64encode(self.dealt).decode(),
                    "trustees": self.roster.to_bytes().decode()}  # fmt: skip
            return 200, told
        if path.startswith("/api/v1/trustee/"):
            return 200, self.json()
        self.came.append((path.rpartition("/")[2], told["inputs"]))
        return (409, {"code": "conflict"}) if self.refuses else (200, {"result": None})


def a_case(tmp_path: Path) -> Case:
    machines = [Trustee.create(tmp_path / f"trustee-{n}") for n in range(1, 6)]
    seats = tuple(
        Seat(n, kind, f"9111000000000000{n}X", f"受托人{n}", (machine.device,))
        for n, (kind, machine) in enumerate(zip(KINDS, machines, strict=True), 1)
    )
    roster = Roster(3, seats)
    successor = Trustee.create(tmp_path / "successor")
    folder = tmp_path / "trustee-1"
    (folder / "keys.txt").write_text(write_keys(POLICY, "00" * 32), "utf-8")
    (folder / "password").write_text("secret")
    lost = machines[1]
    return Case(
        folder, machines, roster, successor, deal_key(lost, roster, PROJECT),
        accept(successor, PROJECT, 2, lost.device.recipient),
    )  # fmt: skip
