"""The notifier: how a drawn expert is reached, sealed, with time and place but without the project.

In a demo the addresses are a file of the stand-in folder, uid to age recipient. Elsewhere they come
out of what the pool keeps sealed to its key holders (K_map of batong-draw/1).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from experts.draw.encoding import require
from monitor.log.canonical import JSON
from webui.program import mail

ADDRESSES, KEEPERS = "experts.json", "keepers.txt"


@dataclass(frozen=True, slots=True)
class Notifier:
    """Addresses of the pool's people, and to whom their names are sealed."""

    folder: Path

    def letter(self, uid: str, value: JSON) -> str:
        """Return a letter that this expert alone can open; raises DrawError without an address."""
        known: dict[str, str] = json.loads((self.folder / ADDRESSES).read_text("utf-8"))
        require(uid in known, "address", "an expert cannot be reached / 专家无联络地址")
        return mail.seal(value, known[uid])

    @property
    def keepers(self) -> str:
        """The recipient of those who keep the names."""
        return (self.folder / KEEPERS).read_text("utf-8").strip()
