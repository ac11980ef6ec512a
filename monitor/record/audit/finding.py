"""One thing that an audit found."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as the record says: where, which, and what is wrong."""

    place: str
    key: str
    what: str

    def __str__(self) -> str:
        return f"{self.place} {self.key}: {self.what}"
