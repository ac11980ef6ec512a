"""Who may not open bids alone: the trustees' roster against the quorum rule of batong-bid/1.

The roster is the canonical document that sealing uses; here only its quorum is judged.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from monitor.log.canonical import JSON, NotCanonical, parse
from monitor.refusal import Invalid

COALITION = frozenset({"tenderee", "agency", "centre"})
RULE = "batong-bid/1 quorum"


@dataclass(frozen=True, slots=True)
class Quorum:
    """A roster's threshold, its seats as (kind, body), and the SHA-256 of the whole document.

    `recipients`: the keys of all machines, age1….
    """

    threshold: int
    seats: tuple[tuple[str, str], ...]
    digest: str
    recipients: tuple[str, ...] = ()

    @property
    def holders(self) -> tuple[tuple[int, str, str], ...]:
        """Return the seats as (number from 1, kind, body)."""
        return tuple((number, *seat) for number, seat in enumerate(self.seats, 1))


def read_quorum(roster: bytes) -> Quorum:
    """Read the quorum out of a roster document; raises Invalid."""
    try:
        match parse(roster):
            case {"threshold": int(threshold), "seats": [*seats]}:
                pairs = tuple(_seat(seat) for seat in seats)
                keys = tuple(key for seat in seats for key in _keys(seat))
                return Quorum(threshold, pairs, hashlib.sha256(roster).hexdigest(), keys)
    except NotCanonical:
        pass
    raise Invalid("trustees", "受托人名册不可读 / not a roster of trustees", rule=RULE)


def _seat(seat: JSON) -> tuple[str, str]:
    if isinstance(seat, Mapping):
        kind, authority = seat.get("kind"), seat.get("authority")
        if isinstance(kind, str) and isinstance(authority, str):
            return kind, authority
    raise Invalid("trustees", "受托人席位不可读 / not a seat of a roster", rule=RULE)


def _keys(seat: JSON) -> Iterator[str]:
    """Give the recipients of a seat's machines; what sealing cannot use it refuses itself."""
    machines = seat.get("devices") if isinstance(seat, Mapping) else None
    for machine in machines if isinstance(machines, list) else ():
        key = machine.get("recipient") if isinstance(machine, Mapping) else None
        if isinstance(key, str):
            yield key


def check_quorum(quorum: Quorum) -> None:
    """Refuse a quorum that one body, or owner, agency and centre together, can meet, or nobody."""
    check_holders(quorum.threshold, quorum.holders)


def check_holders(threshold: int, holders: Iterable[tuple[int, str, str]]) -> None:
    """Refuse what `check_quorum` refuses, of whoever holds a seat's key or ever could, one each.

    holders: (seat, kind, body). A seat that several could know the key of counts for each of them.
    """
    told = list(holders)
    insiders = {body for _, kind, body in told if kind in COALITION}
    circles = [insiders, *({body} for _, _, body in told)]
    most = max(len({seat for seat, _, body in told if body in circle}) for circle in circles)
    if not most < threshold <= len({seat for seat, _, _ in told}):
        raise Invalid(
            "trustees",
            "任一单位或招标人与中心合起来均不得达到门限 / "
            "no single body, nor owner and centre together, may meet the threshold",
            rule=RULE,
        )
