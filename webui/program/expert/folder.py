"""The experts' folder: their keys, and a paper for each seat; nothing here is the platform's.

In a demo one folder holds a whole pool of stand-ins. Elsewhere each expert has an own one.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from monitor.runtime.secret import write_once

KEYS, SEATS = "keys.json", "seats"


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder with keys.json: {uid: age identity}."""

    path: Path

    def identities(self) -> dict[str, str]:
        """Return every expert's identity by uid."""
        found: dict[str, str] = json.loads((self.path / KEYS).read_text("utf-8"))
        return found

    def keep(self, uid: str, told: Mapping[str, Any]) -> dict[str, Any]:
        """Keep the paper of a seat with a secret of its own, made once; return it."""
        path = self.path / SEATS / f"{uid.lower()}-{str(told['mask'])[2:10]}.json"
        path.parent.mkdir(mode=0o700, exist_ok=True)
        paper = {**told, "account": uid.lower(), "secret": secrets.token_hex(32)}
        kept: dict[str, Any] = json.loads(
            write_once(path, json.dumps(paper, ensure_ascii=False, indent=1))
        )
        return kept

    def papers(self) -> Iterator[dict[str, Any]]:
        """Give the papers of all seats."""
        for path in sorted((self.path / SEATS).glob("*.json")):
            yield json.loads(path.read_text("utf-8"))

    def claim(self, mask: str) -> None:
        """Write down, before it is done, that this program promises for a seat."""
        self._claim(mask).touch(mode=0o600)

    def yield_(self, mask: str) -> None:
        """Take that back: somebody else has promised for the seat, and judges in it."""
        self._claim(mask).unlink(missing_ok=True)

    def claimed(self, mask: str) -> bool:
        """Tell whether this program promised for the seat."""
        return self._claim(mask).exists()

    def _claim(self, mask: str) -> Path:
        return self.path / SEATS / f"{mask}.mine"
