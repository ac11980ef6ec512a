"""The wall's feed: the newest records of all trades that the wearer watches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
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
    def done(self) -> bool:
        """Tell whether the act was done, not refused."""
        return "done" in self.body["outcome"]

    @property
    def at(self) -> datetime:
        """When it was done."""
        return datetime.fromisoformat(self.body["time"])


@dataclass(frozen=True, slots=True)
class Feed:
    """The newest rows, newest first, of a group or of all.

    `after` is the leaf from which on the stream goes on; `chosen` is what of it, as it is asked.
    """

    rows: tuple[Row, ...]
    after: int
    group: str
    narrowing: Mapping[str, str]
    """The choice among trades: stage, category, body, as they stand in the address."""

    @property
    def chosen(self) -> str:
        """What the stream and its frames are asked for, beside from where: see live/choice.py."""
        by = {"by": ",".join(GROUPS[self.group])} if self.group else {}
        return urlencode({**by, **self.narrowing})

    @property
    def kept(self) -> str:
        """What a link to another group keeps of the address."""
        return urlencode(self.narrowing)


def feed(
    records: Mapping[UUID, list[Disclosed]],
    names: Mapping[UUID, str],
    size: int,
    group: str,
    narrowing: Mapping[str, str],
) -> Feed:
    """Return the newest of these records, of a group if one is named; `size` is the log's."""
    told = [(each, each.facts) for found in records.values() for each in found]
    wanted = [
        (each, body) for each, body in told if group in ("", GROUP_OF[str(body["actor"]["role"])])
    ]
    newest = sorted(wanted, key=lambda pair: pair[0].record_id, reverse=True)[:SHOWN]
    rows = tuple(Row(each, body, names.get(UUID(body["project"]), "")) for each, body in newest)
    placed = [each.index for each, _ in newest if each.index is not None]
    return Feed(rows, min(placed, default=size), group, narrowing)
