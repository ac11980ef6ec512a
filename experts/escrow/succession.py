"""Who signs for a side whose machine was lost under a running draw (pure).

The side itself named, in its own signed commitment, the three who hold its share in escrow. Two of
them sign who succeeds, and hand on the pieces of the VRF key to nobody else. The key's output is
the one there is for the draw; a signature may be the lost machine's or its successor's.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from experts.draw.encoding import (
    H,
    check_signature,
    mapping,
    require,
    rows,
    text,
    u32,
    unhex,
    whole,
)
from experts.draw.header import INSPECTOR, Header
from experts.escrow.recovery import HOLDERS, NEEDED, Escrow, escrow_of
from monitor.log.canonical import JSON

SUCCESSION = "succession.json"


@dataclass(frozen=True, slots=True)
class Given:
    """The signature of holder x under who succeeds, given at `at` (unix seconds)."""

    x: int
    at: int
    signature: str

    def value(self) -> dict[str, JSON]:
        """Return it as the bundle holds it."""
        return {"at": self.at, "sig": self.signature, "x": self.x}


def statement(hh: bytes, role: str, heir: bytes, x: int, at: int) -> bytes:
    """Return what a holder signs: whose part in which draw the machine with this key takes."""
    return H("succession", hh, role.encode(), heir, u32(x), at.to_bytes(8, "big"))


def read_given(header: Header, role: str, escrow: Escrow, heir: bytes, told: object) -> Given:
    """Check what a holder gave: its place, its time, its signature; raises DrawError."""
    item = f"succession {role}"
    parts = mapping(told, "at sig x", item)
    found = Given(whole(parts["x"], item), whole(parts["at"], item), text(parts["sig"], item))
    require(1 <= found.x <= HOLDERS, item, "no such holder / 没有此持有人")
    late = found.at > header.number("t_reveal")
    require(late, item, "not before the time for revealing is over / 公开期未满")
    said = statement(header.hh, role, heir, found.x, found.at)
    key = escrow.holders[found.x - 1].sign
    check_signature(key, said, found.signature, f"{item} holder {found.x}")
    return found


def succeeded(header: Header, commits: object, told: object) -> Header:
    """Return the header with who succeeded to the inspector's part; raises DrawError.

    commits: the signed commitments, checked, of which the inspector's names the holders.
    """
    item = f"succession {INSPECTOR}"
    parts = mapping(told, "given role sign", item)
    require(parts["role"] == INSPECTOR, item, "no other side has a deputy / 仅监督端可由备用端接替")
    heir, escrow = unhex(parts["sign"], 32, item), _escrow(commits, item)
    given = [read_given(header, INSPECTOR, escrow, heir, one) for one in rows(parts["given"], item)]
    places = [one.x for one in given]
    require(len(given) == NEEDED and places == sorted(set(places)), item, "must be two, in order")
    return replace(header, heirs={INSPECTOR: heir})


def lost_words(told: JSON) -> str:
    """Say of a checked succession who handed on the lost machine's key."""
    given = rows(told["given"] if isinstance(told, Mapping) else [], SUCCESSION)
    places = [str(one["x"]) for one in given if isinstance(one, Mapping)]
    return f"the key of I was recovered by holders {' and '.join(places)}, who signed for a deputy"


def _escrow(commits: object, item: str) -> Escrow:
    told = (row for row in rows(commits, item) if isinstance(row, Mapping))
    mine = next((row for row in told if row.get("role") == INSPECTOR), None)
    escrow = None if mine is None else escrow_of(mine)
    require(escrow is not None, item, "its share has no holders / 该方未托管")
    return escrow  # type: ignore[return-value]
