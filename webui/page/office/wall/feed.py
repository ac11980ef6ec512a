"""The wall's feed: the newest records of all trades that the wearer watches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from monitor.record.disclosure import Disclosed

GROUPS = {
    "owner": ("tenderee", "agency"),
    "tenderer": ("tenderer",),
    "centre": ("centre", "administrator"),
    "finance": ("finance",),
    "expert": ("expert",),
    "trustee": ("trustee", "witness"),
    "supervision": ("department", "discipline"),
    "system": ("system",),
}
"""By whom acts were done, as the feed is chosen from."""
GROUP_OF = {role: group for group, roles in GROUPS.items() for role in roles}
SHOWN = 150


@dataclass(frozen=True, slots=True)
class Row:
    """One record of the feed; `trade` is empty for what belongs to none."""

    record: Disclosed
    body: Mapping[str, Any]
    trade: str

    @property
    def group(self) -> str:
        """By whom it was done."""
        return GROUP_OF[str(self.body["actor"]["role"])]

    @property
    def done(self) -> bool:
        """Tell whether the act was done, not refused."""
        return "done" in self.body["outcome"]

    @property
    def at(self) -> datetime:
        """When it was done."""
        return datetime.fromisoformat(self.body["time"])


@dataclass(frozen=True, slots=True)
class Feed:
    """The newest rows, newest first; `after` is the leaf from which on the stream goes on."""

    rows: tuple[Row, ...]
    after: int

    def of(self, group: str) -> list[Row]:
        """Return the rows of a group, or all of them."""
        return [row for row in self.rows if group in ("", row.group)]


def feed(records: Mapping[UUID, list[Disclosed]], names: Mapping[UUID, str], size: int) -> Feed:
    """Return the newest of these records; `size` is that of the log."""
    every = [record for found in records.values() for record in found]
    newest = sorted(every, key=lambda each: each.record_id, reverse=True)[:SHOWN]
    rows = tuple(
        Row(each, body, names.get(UUID(body["project"]), ""))
        for each in newest
        for body in [each.facts]
    )
    placed = [each.index for each in newest if each.index is not None]
    return Feed(rows, min(placed, default=size))
