"""The bank: a seam. Money out goes once per key, whatever is asked again after a broken line.

Keys are the ids of the records that ordered the payment. Calls are made by jobs, never in an act.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Protocol
from uuid import UUID

from monitor.runtime.secret import write_once


class BankKeyReused(Exception):
    """Another payment was asked for under a key that has paid already."""


@dataclass(frozen=True, slots=True)
class Payment:
    """Money out in fen: `payee` is an account, or the reference of the transfer that it answers."""

    payee: str
    fen: int


class Bank(Protocol):
    """What the platform asks of its bank."""

    def send_back(self, key: UUID, origin: str, fen: int) -> str:
        """Pay fen back to where the transfer of reference `origin` came from; the reference."""
        ...

    def pay(self, key: UUID, account: str, fen: int) -> str:
        """Pay fen to an account; return the bank's reference. Raises BankKeyReused."""
        ...


@dataclass(slots=True)
class MemoryBank:
    """A bank that only remembers: the in-memory half of the seam."""

    paid: dict[UUID, Payment] = field(default_factory=dict)

    def send_back(self, key: UUID, origin: str, fen: int) -> str:
        """Remember the payment once; return its reference. Raises BankKeyReused."""
        return self._pay(key, Payment(f"origin:{origin}", fen))

    def pay(self, key: UUID, account: str, fen: int) -> str:
        """Remember the payment once; return its reference. Raises BankKeyReused."""
        return self._pay(key, Payment(f"account:{account}", fen))

    def _pay(self, key: UUID, payment: Payment) -> str:
        if self.paid.setdefault(key, payment) != payment:
            raise BankKeyReused(f"key {key} has paid something else / 幂等键已用于另一笔付款")
        return f"M{key.hex[-16:].upper()}"


@dataclass(frozen=True, slots=True)
class StandInBank:
    """A demo's bank: a folder with one file a payment, written once and kept over restarts."""

    folder: Path

    def send_back(self, key: UUID, origin: str, fen: int) -> str:
        """Write the payment down once; return its reference. Raises BankKeyReused."""
        return self._pay(key, Payment(f"origin:{origin}", fen))

    def pay(self, key: UUID, account: str, fen: int) -> str:
        """Write the payment down once; return its reference. Raises BankKeyReused."""
        return self._pay(key, Payment(f"account:{account}", fen))

    def _pay(self, key: UUID, payment: Payment) -> str:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        told = json.dumps(asdict(payment), ensure_ascii=False)
        if write_once(self.folder / f"{key}.json", told) != told:
            raise BankKeyReused(f"key {key} has paid something else / 幂等键已用于另一笔付款")
        return f"S{key.hex[-16:].upper()}"
