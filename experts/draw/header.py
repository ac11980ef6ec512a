"""The header of a draw: pool, rules, seats, keys and times, fixed and signed before anything else.

hh = H("header", JCS(header)). The centre (C) signs hh, the inspector (I) countersigns it after its
own agent has recomputed the pool. `seq` and `prev` chain every attempt for one (project, lot,
purpose) without a gap; a later attempt says which it supersedes and why.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from experts.draw.curve.drand import CHAINS
from experts.draw.encoding import (
    VERSION,
    DrawError,
    H,
    check_signature,
    mapping,
    require,
    rows,
    text,
    unhex,
    whole,
)
from experts.draw.pool import MAX_WEIGHT
from monitor.log.canonical import JSON, canonical

SUITE = "sha256-ecvrf03"
ZERO = "00" * 32
CENTRE, INSPECTOR, TENDEREE = "C", "I", "T"
DICE, DRAND, BOTH = "dice", "drand", "both"
CAP_FIELDS = ("o", "r")
MAX_ROUNDS = 100
MAX_SEATS, MOST_INSPECTED = 100, 10_000
_KEYS = (
    "beacon caps contact draw elig_root excluded freshness keys kind lot max_rounds max_weight "
    "members n prev project purpose registry rules seq stand_in strata suite t_beacon t_commit "
    "t_reveal v verifier"
)


class Kind(StrEnum):
    """What is drawn; only agencies are public at once."""

    EXPERT = "expert"
    AGENCY = "agency"
    INSPECTION = "inspection"


@dataclass(frozen=True, slots=True)
class Header:
    """A header that was read and checked; `value` is the JSON that hh is taken of."""

    value: Mapping[str, JSON]
    hh: bytes
    kind: Kind
    strata: tuple[tuple[int, int], ...]
    cap: tuple[str, int] | None
    roles: tuple[str, ...]
    heirs: Mapping[str, bytes] = field(default_factory=dict)
    """Whose signature counts beside a lost machine's (experts/escrow/succession.py)."""

    def number(self, key: str) -> int:
        """Return a whole number of the header, e.g. max_rounds or t_reveal (unix seconds)."""
        return whole(self.value[key], f"header.{key}")

    def digest(self, key: str) -> bytes:
        """Return a 32-byte digest of the header, e.g. elig_root or prev."""
        return unhex(self.value[key], 32, f"header.{key}")

    def key(self, role: str, use: str = "sign") -> bytes:
        """Return the public key of a role for "sign" or "vrf"; raises DrawError."""
        held = self.value["keys"]
        found = held.get(role) if isinstance(held, Mapping) else None
        value = found.get(use) if isinstance(found, Mapping) else None
        return unhex(value, 32, f"header.keys.{role}.{use}")

    def check(self, role: str, statement: bytes, signature: object, item: str) -> None:
        """Check a signature of a role, or of who succeeded to it; raises DrawError."""
        heir = self.heirs.get(role)
        try:
            check_signature(self.key(role), statement, signature, item)
        except DrawError:
            if heir is None:
                raise
            check_signature(heir, statement, signature, item)

    @property
    def beacon(self) -> Mapping[str, JSON]:
        """Where the randomness comes from that nobody had before t_beacon; `kind` names it."""
        told: Mapping[str, JSON] = self.value["beacon"]  # type: ignore[assignment]
        return told

    @property
    def sources(self) -> tuple[str, ...]:
        """What the beacon is made of: dice, drand, or both in this order."""
        kind = str(self.beacon["kind"])
        return (DICE, DRAND) if kind == BOTH else (kind,)

    @property
    def stand_in(self) -> bool:
        """Whether keys and dice are stand-ins of a demonstration."""
        return self.value["stand_in"] is True

    @property
    def calls(self) -> bool:
        """Whether those drawn are asked; lots of a list take their seat as they fall."""
        rule = mapping(self.value["contact"], "attempts gap", "header.contact")
        return whole(rule["attempts"], "header.contact") > 0

    @property
    def hidden(self) -> bool:
        """Whether persons stay hidden: always, except agencies."""
        return self.kind is not Kind.AGENCY


def read_header(value: object) -> Header:
    """Check every field of a header; raises DrawError naming the field."""
    optional = isinstance(value, Mapping) and "supersedes" in value
    fields = mapping(value, _KEYS + (" supersedes" if optional else ""), "header")
    require(fields["v"] == VERSION, "header.v", f"must be {VERSION}")
    require(fields["suite"] == SUITE, "header.suite", f"must be {SUITE}")
    require(isinstance(fields["stand_in"], bool), "header.stand_in", "must be true or false")
    require(fields["kind"] in list(Kind), "header.kind", f"must be one of {', '.join(Kind)}")
    for key in ("draw", "project", "lot", "purpose", "freshness"):
        text(fields[key], f"header.{key}")
    for key in ("elig_root", "prev", "rules", "verifier"):
        unhex(fields[key], 32, f"header.{key}")
    _check_pool(fields)
    _check_times(fields)
    _check_beacon(fields)
    _check_attempt(fields)
    strata, cap = _strata(fields), _cap(fields["caps"])
    roles = _roles(fields["keys"])
    hh = H("header", canonical(dict(fields)))  # type: ignore[arg-type]
    return Header(fields, hh, Kind(str(fields["kind"])), strata, cap, roles)  # type: ignore[arg-type]


def counts(value: object, item: str) -> tuple[tuple[object, int], ...]:
    """Read an array of [name, number] with distinct names; raises DrawError."""
    found = []
    for row in rows(value, item):
        pair = rows(row, item)
        fits = len(pair) == 2 and isinstance(pair[0], str | int)
        require(fits, item, "must be rows of a name and a number")
        found.append((pair[0], whole(pair[1], item)))
    require(len({name for name, _ in found}) == len(found), item, "a name twice")
    return tuple(found)


def countersigned(hh: bytes, centre_signature: object) -> bytes:
    """Return what the inspector signs: hh and the centre's signature."""
    return H("countersign", hh, unhex(centre_signature, 64, "signatures.C"))


def read_signed(value: object, item: str) -> Header:
    """Read {"header", "signatures": {"C", "I"}} and check both signatures; raises DrawError."""
    parts = mapping(value, "header signatures", item)
    header = read_header(parts["header"])
    both = mapping(parts["signatures"], "C I", f"{item} signatures")
    check_signature(header.key(CENTRE), header.hh, both["C"], f"{item} signatures.C")
    statement = countersigned(header.hh, both["C"])
    check_signature(header.key(INSPECTOR), statement, both["I"], f"{item} signatures.I")
    return header


def check_chain(headers: Sequence[Header]) -> None:
    """Check that attempts of one (project, lot, purpose) follow without a gap; raises DrawError."""
    before = ZERO
    for seq, header in enumerate(headers):
        item = f"attempt {seq}"
        require(header.number("seq") == seq, item, "seq has a gap / 序号不连续")
        require(header.value["prev"] == before, item, "prev is not the attempt before / 前序不符")
        same = all(
            header.value[key] == headers[0].value[key] for key in ("project", "lot", "purpose")
        )
        require(same, item, "belongs to another project, lot or purpose")
        if seq:
            _check_superseded(header, headers[seq - 1])
        before = header.hh.hex()


def _check_superseded(header: Header, earlier: Header) -> None:
    fields = mapping(header.value["supersedes"], "draw reason", "header.supersedes")
    named = fields["draw"] == earlier.value["draw"]
    require(named, "header.supersedes", "is not the attempt before")


def _check_pool(fields: Mapping[str, object]) -> None:
    registry = mapping(fields["registry"], "n root snapshot", "header.registry")
    unhex(registry["root"], 32, "header.registry.root")
    text(registry["snapshot"], "header.registry.snapshot")
    eligible = whole(fields["n"], "header.n")
    gone = sum(number for _, number in counts(fields["excluded"], "header.excluded"))
    whole_pool = whole(registry["n"], "header.registry.n") == eligible + gone
    require(whole_pool, "header.excluded", "registered = eligible + excluded fails / 人数不平")
    members = dict(counts(fields["members"], "header.members"))
    seats = dict(counts(fields["strata"], "header.strata"))
    require(list(members) == list(seats), "header.members", "must name the strata in order")
    within = all(number <= eligible for number in members.values())
    require(within and sum(members.values()) >= eligible, "header.members", "do not fit the pool")
    weight = whole(fields["max_weight"], "header.max_weight")
    require(1 <= weight <= MAX_WEIGHT, "header.max_weight", f"must be 1 to {MAX_WEIGHT}")


def _check_times(fields: Mapping[str, object]) -> None:
    times = [whole(fields[key], f"header.{key}") for key in ("t_commit", "t_reveal", "t_beacon")]
    require(times[0] < times[1] < times[2], "header.t_beacon", "must be t_commit<t_reveal<t_beacon")
    rounds = whole(fields["max_rounds"], "header.max_rounds")
    require(1 <= rounds <= MAX_ROUNDS, "header.max_rounds", f"must be 1 to {MAX_ROUNDS}")
    contact = mapping(fields["contact"], "attempts gap", "header.contact")
    tries, gap = (whole(contact[key], "header.contact") for key in ("attempts", "gap"))
    nobody = fields["kind"] != Kind.EXPERT and (tries, gap) == (0, 0)
    require(tries >= 1 or nobody, "header.contact", "at least one try")


def _check_beacon(fields: Mapping[str, object]) -> None:
    """Dice, the first round of a pinned chain that appears at or after t_beacon, or both."""
    told = fields["beacon"]
    if told == {"kind": "dice"}:
        return
    parts = mapping(told, "chain kind round", "header.beacon")
    require(parts["kind"] in ("drand", BOTH), "header.beacon", "must be dice, drand or both")
    chain = CHAINS.get(text(parts["chain"], "header.beacon"))
    require(chain is not None, "header.beacon", "is not a pinned chain / 非登记的随机源")
    due = chain.round_at(whole(fields["t_beacon"], "header.t_beacon")) if chain else 0
    require(parts["round"] == due, "header.beacon", "is not the round of t_beacon / 轮次不符")


def _check_attempt(fields: Mapping[str, object]) -> None:
    seq = whole(fields["seq"], "header.seq")
    first = fields["prev"] == ZERO and "supersedes" not in fields
    again = fields["prev"] != ZERO and "supersedes" in fields
    require(again if seq else first, "header.seq", "first has no prev, later ones supersede")


def _strata(fields: Mapping[str, object]) -> tuple[tuple[int, int], ...]:
    found = counts(fields["strata"], "header.strata")
    require(bool(found), "header.strata", "at least one stratum")
    most = MOST_INSPECTED if fields["kind"] == Kind.INSPECTION else MAX_SEATS
    for code, seats in found:
        fits = whole(code, "header.strata") < 2**32 and 0 < seats <= most
        require(fits, "header.strata", f"codes below 2^32, seats 1 to {most}")
    return tuple((whole(code, "header.strata"), seats) for code, seats in found)


def _cap(value: object) -> tuple[str, int] | None:
    require(isinstance(value, Mapping) and len(value) <= 1, "header.caps", "at most one field")
    for name, limit in value.items() if isinstance(value, Mapping) else ():
        require(name in CAP_FIELDS, "header.caps", "only o or r")
        require(whole(limit, "header.caps") >= 1, "header.caps", "at least 1")
        return str(name), whole(limit, "header.caps")
    return None


def _roles(value: object) -> tuple[str, ...]:
    """Return the roles that commit a share: all but the centre, in byte order."""
    require(isinstance(value, Mapping), "header.keys", "must be an object")
    held = value if isinstance(value, Mapping) else {}
    require({CENTRE, INSPECTOR, TENDEREE} <= set(held), "header.keys", "C, I and T are needed")
    for role, keys in held.items():
        uses = "sign vrf" if role in (CENTRE, INSPECTOR) else "sign"
        for public in mapping(keys, uses, f"header.keys.{role}").values():
            unhex(public, 32, f"header.keys.{role}")
    return tuple(sorted((role for role in held if role != CENTRE), key=str.encode))
