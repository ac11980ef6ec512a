"""A VRF key in escrow, and what two of its three holders make of it (pure).

The key's scalar k is dealt as y = k + a·x modulo the group's order, x = 1, 2, 3 (Feldman, 1987).
Public are k·B, which is the registered VRF key itself, and a·B: so every piece is checked the
moment it is read, and the key put together can only be the registered one. Each piece is sealed to
one holder with the role, the key, x, who dealt it and the heir: so it goes to whom the machine
itself named, whatever header or deal a holder is shown. Handed on, it is signed for one draw and
deal, and sealed to the one who succeeds: one that does not fit is proof against who signed it.
"""

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from experts.draw.curve import vrf
from experts.draw.encoding import (
    DrawError,
    H,
    check_signature,
    mapping,
    read,
    require,
    text,
    u32,
    unhex,
)
from experts.escrow.recovery import (
    NEEDED,
    Escrow,
    Holder,
    Seal,
    crossing,
    line,
    read_held,
)
from monitor.log.canonical import JSON, canonical

VERSION = "batong-key/2"
PIECE_BYTES = 32
Sign = Callable[[bytes], str]
"""Signs a tagged hash with a machine's or a holder's own key; hex."""


@dataclass(frozen=True, slots=True)
class Deal:
    """A dealt key: whose part it is, its public key, a·B, the holders with their letters, the heir.

    signer: the signing key of the machine that dealt it.
    heir: the signing key of the deputy that may be given the pieces, b"" while there is none. So
    the lost machine itself said who takes its part, long before: no platform can name another.
    """

    role: str
    vrf: bytes
    slope: bytes
    escrow: Escrow
    heir: bytes
    signer: bytes

    def fits(self, x: int, piece: bytes) -> bool:
        """Tell whether this is the piece of holder x; anybody who has one can ask."""
        y = int.from_bytes(piece, "big")
        return y < vrf.ORDER and vrf.on_line(self.vrf, self.slope, x, y)


@dataclass(frozen=True, slots=True)
class Handed:
    """A piece as its holder handed it on in one draw, under the holder's signature."""

    x: int
    piece: bytes
    signature: str


def deal_key(
    role: str,
    secret: bytes,
    holders: Sequence[Holder],
    heir: bytes,
    seal: Seal,
    signer: bytes,
    sign: Sign,
) -> dict[str, JSON]:
    """Return a VRF key's pieces, sealed to these holders and signed by the key's own machine.

    signer: the machine's public signing key, whose private half `sign` uses; bound in each letter.
    """
    public = vrf.public_key(secret)
    slope, points = line(vrf.share_of(secret), vrf.ORDER, secrets.token_bytes)
    bound: dict[str, JSON] = {
        "heir": heir.hex(),
        "role": role,
        "signer": signer.hex(),
        "vrf": public.hex(),
    }
    letters = [
        canonical({**bound, "piece": _bytes(y).hex(), "x": x}) for x, y in enumerate(points, 1)
    ]
    told: dict[str, JSON] = {
        "heir": heir.hex(),
        "holders": [
            {**holder.value(), "sealed": seal(letter, holder.recipient)}
            for holder, letter in zip(holders, letters, strict=True)
        ],
        "role": role,
        "slope": vrf.point_of(slope).hex(),
        "v": VERSION,
        "vrf": public.hex(),
    }
    return {**told, "sig": sign(_deal_statement(told))}


def read_deal(value: object, signer: bytes) -> Deal:
    """Read a deal signed by the key's own machine; raises DrawError."""
    parts = mapping(value, "heir holders role sig slope v vrf", "key")
    require(parts["v"] == VERSION, "key", f"must be {VERSION}")
    told = {name: each for name, each in parts.items() if name != "sig"}
    check_signature(signer, _deal_statement(told), parts["sig"], "key")
    public, slope = (unhex(parts[name], vrf.KEY_BYTES, "key") for name in ("vrf", "slope"))
    try:
        vrf.validate_key(public)
        vrf.on_line(public, slope, 1, 0)
    except vrf.VrfError as fault:
        raise DrawError("key", str(fault)) from fault
    heir = unhex(parts["heir"], 32 if parts["heir"] else 0, "key")
    role, held = text(parts["role"], "key"), read_held(parts["holders"], "key")
    return Deal(role, public, slope, held, heir, signer)


def read_dealt(data: bytes, deal: Deal, x: int) -> bytes:
    """Return the piece of an opened letter; raises DrawError for one of elsewhere, or a false one.

    Who finds it false at once says so: whoever did not, and hands on a false one, is to blame.
    """
    parts = mapping(read(data, "key"), "heir piece role signer vrf x", "key")
    here = (parts["role"], parts["vrf"], parts["x"]) == (deal.role, deal.vrf.hex(), x)
    require(here, "key", "is of another key, side or holder / 不是本密钥的分片")
    meant = (parts["signer"], parts["heir"]) == (deal.signer.hex(), deal.heir.hex())
    require(
        meant, "key", "was dealt by another machine, or for another deputy / 分发者或备用端不符"
    )
    piece = unhex(parts["piece"], PIECE_BYTES, "key")
    require(deal.fits(x, piece), "key", "is not on the dealer's line / 分片与登记不符")
    return piece


def handed_letter(hh: bytes, deal: Deal, x: int, piece: bytes, sign: Sign) -> bytes:
    """Return what holder x seals to the successor: the piece, signed for this draw."""
    bound: dict[str, JSON] = {"hh": hh.hex(), "role": deal.role, "slope": deal.slope.hex(), "x": x}
    signature = sign(piece_statement(hh, deal, x, piece))
    return canonical({**bound, "piece": piece.hex(), "sig": signature})


def read_handed(data: bytes, hh: bytes, deal: Deal, x: int) -> Handed:
    """Return what holder x handed on; raises DrawError for one of another draw, deal or holder."""
    item = f"key holder {x}"
    parts = mapping(read(data, item), "hh piece role sig slope x", item)
    here = (parts["hh"], parts["role"], parts["x"]) == (hh.hex(), deal.role, x)
    require(here, item, "is of another draw, side or holder / 不属于本次抽取")
    require(parts["slope"] == deal.slope.hex(), item, "is of another deal / 不属于所申请的分发")
    found = Handed(x, unhex(parts["piece"], PIECE_BYTES, item), text(parts["sig"], item))
    check_handed(hh, deal, found)
    return found


def check_handed(hh: bytes, deal: Deal, handed: Handed) -> None:
    """Check that the holder signed this piece for this draw and deal; raises DrawError."""
    item = f"key holder {handed.x}"
    statement = piece_statement(hh, deal, handed.x, handed.piece)
    check_signature(deal.escrow.holders[handed.x - 1].sign, statement, handed.signature, item)


def rebuilt(deal: Deal, pieces: Iterable[Handed]) -> int | None:
    """Return the key that two fitting pieces give; None where no two fit."""
    there = sorted((one for one in pieces if deal.fits(one.x, one.piece)), key=lambda one: one.x)
    for first, second in combinations(there, NEEDED):
        told = crossing(_point(first), _point(second), vrf.ORDER)
        if vrf.point_of(told) == deal.vrf:
            return told
    return None


def piece_statement(hh: bytes, deal: Deal, x: int, piece: bytes) -> bytes:
    """Return what a holder signs of a piece that it hands on.

    It names the deal by its line: a true piece of another deal, which a platform had its holder
    hand on, is proof against nobody, and so is never made public.
    """
    return H("key-piece", hh, deal.role.encode(), deal.slope, u32(x), piece)


def asked_statement(hh: bytes, recipient: str) -> bytes:
    """Return what a deputy signs: to which key of its own the pieces are sealed in this draw."""
    return H("key-asked", hh, recipient.encode())


def successor_alpha(hh: bytes, heir: bytes) -> bytes:
    """Return the input whose VRF proof shows that the successor has the key."""
    return H("successor", hh, heir)


def _deal_statement(told: Mapping[str, object]) -> bytes:
    return H("key-deal", canonical(dict(told)))  # type: ignore[arg-type]


def _point(one: Handed) -> tuple[int, int]:
    return one.x, int.from_bytes(one.piece, "big")


def _bytes(number: int) -> bytes:
    return number.to_bytes(PIECE_BYTES, "big")
