"""A tenderer on its own machine: a bid key, a folder, the offline tool's own code, and JSON."""

import io
import json
from base64 import b64encode
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask import Flask
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from bidding.envelope.bid.letter import Bidder as Named
from bidding.envelope.bid.seal import Draft, SealedBid, seal_bid
from bidding.envelope.document import sign
from bidding.submission import withdrawal
from bidding.terms import invitation
from monitor.record.identity import secret_id
from tests.trial import Trial
from tests.webui.page.signed_in import Program, program
from trading.account.proof.mask import message
from trading.notice.participation import mask_of


@dataclass
class Bidder:
    """One who joined the second trade."""

    trial: Trial
    program: Program
    folder: Path
    signer: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    sealed: list[SealedBid] = field(default_factory=list)

    @property
    def key(self) -> bytes:
        return self.signer.public_key().public_bytes_raw()

    @property
    def mask(self) -> str:
        return mask_of(self.key)

    @property
    def inputs(self) -> dict[str, str]:
        return {"section": str(self.trial.section)}

    def prove(self) -> None:
        """Prove the bid key; from now on every request carries the ticket."""
        path = f"/api/v1/mask/{self.trial.project}"
        challenge = self.program.get(path).json["challenge"]  # type: ignore[index]
        told = {
            "challenge": challenge,
            "public_key": self.key.hex(),
            "signature": self.signer.sign(message(self.trial.project, challenge)).hex(),
        }
        answer = self.program.client.post(path, json=told, headers=self.headers)
        assert answer.status_code == 200, answer.text
        self.program.headers = {"X-Ticket": answer.json["ticket"]}  # type: ignore[index]

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.program.token}", **self.program.headers}

    def act(self, name: str, **inputs: Any) -> TestResponse:
        return self.program.act(name, self.trial.project, **inputs)

    def done(self, name: str, **inputs: Any) -> Any:
        answer = self.act(name, **inputs)
        assert answer.status_code == 200, answer.text
        return answer.json["result"]  # type: ignore[index]

    def join(self) -> None:
        self.done("participation.join", **self.inputs, public_key=self.key.hex())

    def seal(self, price_fen: int = 612_345_678, section: UUID | None = None) -> Path:
        """Seal the next version offline; return its folder."""
        version = len(self.sealed) + 1
        plain, out = self.folder / f"plain-{version}", self.folder / f"sealed-{version}"
        plain.mkdir(parents=True)
        (plain / "技术标.txt").write_text("施工组织设计", "utf-8")
        invited = self.trial.ask(invitation, self.trial.project, section or self.trial.section)
        own = self.trial.body(self.program.account)
        named = Named(own.name, own.uscc)
        draft = Draft(str(secret_id()), version, named, price_fen, 180, "合格")
        self.sealed.append(seal_bid(plain, out, invited, draft, self.signer))
        return out

    def send(self, folder: Path, **changed: Any) -> TestResponse:
        """Send a folder whole."""
        files = [
            FileStorage(io.BytesIO(path.read_bytes()), path.name)
            for path in sorted(folder.iterdir())
        ]
        # Encoded here: the test client leaves its temporary file of a large form open.
        boundary, data = encode_multipart({**self.inputs, "files": files} | changed)
        kind = f"multipart/form-data; boundary={boundary}"
        return self.program.client.post(
            self.address, data=data, content_type=kind, headers=self.headers
        )

    def bring(self, files: dict[str, bytes]) -> TestResponse:
        """Bring objects again that the platform has damaged."""
        told = [FileStorage(io.BytesIO(data), name) for name, data in files.items()]
        boundary, data = encode_multipart({**self.inputs, "files": told})
        kind = f"multipart/form-data; boundary={boundary}"
        return self.program.client.post(
            f"{self.address}/objects", data=data, content_type=kind, headers=self.headers
        )

    @property
    def address(self) -> str:
        return f"/api/v1/bids/{self.trial.project}"

    def plan(self, upload: UUID, manifest: bytes) -> TestResponse:
        """Send a manifest ahead."""
        path = f"{self.address}/uploads/{upload}"
        return self.program.client.put(path, data=manifest, headers=self.headers)

    def tus(self, method: str, *place: object, data: bytes = b"", **more: object) -> TestResponse:
        """Ask the tus server for an upload and a name in it, or for the whole trade's."""
        told = {name.replace("_", "-"): str(value) for name, value in more.items()}
        return self.program.client.open(
            "/".join(["/files", str(self.trial.project), *map(str, place)]),
            method=method, data=data, headers={**self.headers, "Tus-Resumable": "1.0.0", **told},
        )  # fmt: skip

    def create(self, upload: UUID, name: str, length: int) -> TestResponse:
        """Begin an object."""
        told = {"upload": str(upload), "filename": name}
        pairs = ",".join(
            f"{key} {b64encode(value.encode()).decode()}" for key, value in told.items()
        )
        return self.tus("POST", Upload_Length=length, Upload_Metadata=pairs)

    def patch(self, upload: UUID, name: str, at: int, piece: bytes, **more: object) -> TestResponse:
        """Send a piece of an object."""
        return self.tus(
            "PATCH", upload, name, data=piece, Upload_Offset=at,
            Content_Type="application/offset+octet-stream", **more,
        )  # fmt: skip

    def withdraw(self) -> TestResponse:
        statement = withdrawal(self.trial.project, self.trial.section, self.sealed[-1].bid)
        signature = sign("withdrawal", statement, self.signer)
        return self.act("bid.withdraw", **self.inputs, signature=signature)


def a_bidder(app: Flask, trial: Trial, folder: Path, account: str = "newcomer") -> Bidder:
    """Sign in, prove a new bid key, and join."""
    made = Bidder(trial, program(app, account), folder)
    made.prove()
    made.join()
    return made


def receipt_in(answer: TestResponse) -> dict[str, Any]:
    """Return the signed part of an answer's receipt."""
    told: dict[str, Any] = json.loads(json.loads(answer.text)["receipt"])
    receipt: dict[str, Any] = json.loads(told["receipt"])
    return receipt
