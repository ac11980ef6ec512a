"""A tenderer's client: acts under the pseudonym of its bid key, and sends sealed folders."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from trading.account.proof.mask import message
from webui.program.client import Client, Refused

TICKET = "X-Ticket"


@dataclass(slots=True)
class Masked:
    """One account in one trade, under one bid key."""

    client: Client
    project: str
    signer: Ed25519PrivateKey = field(repr=False)
    _ticket: str = field(default="", repr=False)

    @property
    def key(self) -> bytes:
        """Return the raw public key that makes the pseudonym."""
        return self.signer.public_key().public_bytes_raw()

    def act(self, action: str, **inputs: Any) -> Any:
        """Do a deed under the pseudonym; raises Away, Refused."""
        return self._proven(lambda head: self.client.act(action, inputs, self.project, head))

    def read(self, path: str) -> Any:
        """Return a reading that is the pseudonym's own; raises Away, Refused."""
        return self._proven(lambda head: self.client.read(path, head))

    def send(self, section: str, folder: Path) -> Mapping[str, Any]:
        """Hand a sealed folder in, whole; return the record and the receipt."""
        boundary = secrets.token_hex(16)
        body = _form(boundary, section, folder)
        kind = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
        path = f"/api/v1/bids/{self.project}"
        answer = self._proven(lambda head: self.client.send("POST", path, body, {**head, **kind}))
        told: dict[str, Any] = json.loads(answer)
        return told

    def _proven(self, call: Any) -> Any:
        """Call with the ticket; where there is none, or the session is another, prove the key."""
        if self._ticket:
            try:
                return call({TICKET: self._ticket})
            except Refused as refused:
                if refused.field != "ticket":
                    raise
        self._prove()
        return call({TICKET: self._ticket})

    def _prove(self) -> None:
        path = f"/api/v1/mask/{self.project}"
        challenge = str(self.client.read(path)["challenge"])
        signature = self.signer.sign(message(UUID(self.project), challenge))
        told = {
            "challenge": challenge, "public_key": self.key.hex(), "signature": signature.hex(),
        }  # fmt: skip
        answer = self.client.send("POST", path, json.dumps(told).encode())
        self._ticket = str(json.loads(answer)["ticket"])


def _form(boundary: str, section: str, folder: Path) -> bytes:
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="section"\r\n\r\n{section}'.encode()
    ]
    for path in sorted(folder.iterdir()):
        head = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="files"; '
            f'filename="{path.name}"\r\nContent-Type: application/octet-stream\r\n\r\n'
        )
        parts.append(head.encode() + path.read_bytes())
    return b"\r\n".join([*parts, f"--{boundary}--\r\n".encode()])
