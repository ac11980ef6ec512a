"""A stand-in rival's own folder: who it is, and for each trade its bid key and how far it has come.

Nothing of this ever leaves it but what a tenderer hands in: ciphertext, and after CLOSE its key.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bidding.envelope.bid.letter import Bidder
from monitor.log.checkpoint import Policy
from monitor.log.tile import write_durably
from monitor.runtime.secret import write_once
from webui.artefact.keys import FILE, read_keys

PROFILE = "profile.json"
STATE, KEY = "state.json", "bid.key"


@dataclass(frozen=True, slots=True)
class Profile:
    """Who it is, what it offers in thousandths of the ceiling, whether it never gives its key."""

    bidder: Bidder
    offer: int
    silent: bool


@dataclass(frozen=True, slots=True)
class Folder:
    """The folder of one rival."""

    path: Path

    def profile(self) -> Profile:
        """Read who it is; raises OSError, KeyError."""
        told = json.loads((self.path / PROFILE).read_text("utf-8"))
        return Profile(Bidder(told["name"], told["uscc"]), told["offer"], told["silent"])

    def policy(self) -> Policy:
        """Return what a checkpoint must bear before the key is given; raises OSError, KeysError."""
        return read_keys((self.path / FILE).read_text("utf-8")).policy

    def trade(self, project: str) -> Trade:
        """Return the folder of one trade, made where it is missing."""
        path = self.path / "trades" / project
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        return Trade(path)

    def has(self, project: str) -> bool:
        """Tell whether it takes part in a trade."""
        return (self.path / "trades" / project / STATE).exists()


@dataclass(frozen=True, slots=True)
class Trade:
    """One rival's papers of one trade."""

    path: Path

    @property
    def signer(self) -> Ed25519PrivateKey:
        """Return the bid key, made on first use."""
        fresh = Ed25519PrivateKey.generate().private_bytes_raw().hex()
        return Ed25519PrivateKey.from_private_bytes(
            bytes.fromhex(write_once(self.path / KEY, fresh))
        )

    def state(self) -> dict[str, Any]:
        """Return how far it has come."""
        try:
            told: dict[str, Any] = json.loads((self.path / STATE).read_text("utf-8"))
        except FileNotFoundError:
            return {}
        return told

    def keep(self, **facts: Any) -> None:
        """Write down how far it has come; one file, written whole."""
        told = json.dumps(self.state() | facts, ensure_ascii=False)
        write_durably(self.path / STATE, told.encode())
