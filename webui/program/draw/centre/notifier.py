"""The notifier: how a drawn expert is reached, sealed, with time and place but without the project.

The addresses are a file of the draw service's folder: uid to the person's own key (age), with mail
and telephone where there are any (K_map of batong-draw/1). In a demo there are keys alone.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

from experts.draw.encoding import require
from monitor.log.canonical import JSON
from webui.program import mail
from webui.program.draw.centre.messenger import Address, Notice, Outreach

ADDRESSES, KEEPERS = "experts.json", "keepers.txt"


@dataclass(frozen=True, slots=True)
class Notifier:
    """Addresses of the pool's people, and to whom their names are sealed."""

    folder: Path

    def letter(self, uid: str, value: JSON) -> str:
        """Return a letter that this expert alone can open; raises DrawError without an address."""
        return mail.seal(value, self.address(uid).recipient)

    def address(self, uid: str) -> Address:
        """Return how somebody is reached; raises DrawError for whoever cannot be."""
        known: dict[str, object] = json.loads((self.folder / ADDRESSES).read_text("utf-8"))
        require(uid in known, "address", "an expert cannot be reached / 专家无联络地址")
        return Address.read(known[uid])

    @property
    def place(self) -> str:
        """Where a panel sits, as letters tell it."""
        return Outreach.of(self.folder).place

    def tell(self, uid: str, notice: Notice) -> list[JSON]:
        """Try every way there is beside the app, once; return a receipt of each."""
        ways = Outreach.of(self.folder)
        return ways.tell(self.address(uid), replace(notice, place=ways.place, page=ways.page))

    @property
    def keepers(self) -> str:
        """The recipient of those who keep the names."""
        return (self.folder / KEEPERS).read_text("utf-8").strip()
