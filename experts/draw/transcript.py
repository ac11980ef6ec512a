"""The transcript of a draw: what each step publishes, how steps are chained, who holds a seat.

Chain: header → commits (open) → reveals (closed) → round 0 → … → final. Each round names the hash
of what went before and the changes fixed before its seed could be known: members who left, and
blind re-checks that bar leaves of the whole pool. Both C and I sign each closing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import pairwise

from experts.draw.encoding import DrawError, H, mapping, require, rows, text, u32, unhex, whole
from experts.draw.header import Header
from experts.draw.pool import FIELDS
from experts.draw.selection import Look, Need, Verdict
from monitor.log.canonical import JSON, canonical

NOTE, HEADER, HISTORY, LEAVES = "NOTE.txt", "header.json", "history.json", "leaves.bin"
COMMITS, REVEALS, BEACON = "commits.json", "reveals.json", "beacon.json"
OPENINGS, FINAL = "openings.json", "final.json"
NO_CHANGE: Mapping[str, JSON] = {"rechecks": [], "vacated": []}
_NOTE = (
    "Batong draw batong-draw/1 {draw}\n"
    "验证 / verify: python3 -I -S draw_verify.py BUNDLE, or batong draw verify BUNDLE\n{keys}\n"
)
_KEYS = {
    (True, "dice"): "替身密钥，模拟骰子 / stand-in keys, simulated dice",
    (False, "dice"): "登记密钥，见证骰子 / registered keys, witnessed dice",
    (True, "both"): (
        "替身密钥，模拟骰子加公共随机源 / stand-in keys, simulated dice and public randomness"
    ),
    (False, "both"): (
        "登记密钥，见证骰子加公共随机源 / registered keys, witnessed dice and public randomness"
    ),
    (True, "drand"): "替身密钥，公共随机源 / stand-in keys, public randomness",
    (False, "drand"): "登记密钥，公共随机源 / registered keys, public randomness",
}


class Contact(StrEnum):
    """How a contact ended; all but CONFIRMED leave the seat open."""

    CONFIRMED = "CONFIRMED"
    DECLINED = "DECLINED"
    NO_ANSWER = "NO_ANSWER"
    LATE_CONFLICT = "LATE_CONFLICT"


class Left(StrEnum):
    """Why a seated member left after confirming."""

    NO_SHOW = "NO_SHOW"
    LATE_CONFLICT = "LATE_CONFLICT"
    WITHDRAWN = "WITHDRAWN"


class Outcome(StrEnum):
    """How a round or a whole draw ended."""

    FILLED = "FILLED"
    COMPLETE = "COMPLETE"
    INFEASIBLE = "INFEASIBLE"
    EXHAUSTED = "EXHAUSTED"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True, slots=True)
class Round:
    """One round as it was closed: looks, contacts, and the value that was signed."""

    k: int
    looks: tuple[Look, ...]
    outcome: Outcome
    value: Mapping[str, JSON]

    @property
    def accepted(self) -> tuple[Look, ...]:
        """The looks that took a seat, in order."""
        return tuple(look for look in self.looks if look.verdict == Verdict.ACCEPT)


@dataclass(frozen=True, slots=True)
class Progress:
    """Who sits (leaf -> stratum), who was ever accepted, and who is barred (leaf -> rule)."""

    header: Header
    seated: Mapping[bytes, int] = field(default_factory=dict)
    taken: frozenset[bytes] = frozenset()
    barred: Mapping[bytes, str] = field(default_factory=dict)

    @property
    def seats(self) -> tuple[tuple[int, int], ...]:
        """The open seats, (stratum, number) in processing order."""
        sitting = list(self.seated.values())
        return tuple((code, n - sitting.count(code)) for code, n in self.header.strata)

    @property
    def open_seats(self) -> int:
        """How many seats are open in all."""
        return sum(number for _, number in self.seats)

    def need(self, groups: Mapping[bytes, bytes]) -> Need:
        """Return what the next round must fill; groups: leaf -> value of the capped field."""
        count: dict[bytes, int] = {}
        for leaf in self.seated if self.header.cap else ():
            count[groups[leaf]] = count.get(groups[leaf], 0) + 1
        return Need(self.seats, self.header.cap, self.taken, self.barred, count)

    def changed(self, change: object, leaves: frozenset[bytes], item: str) -> "Progress":
        """Apply the departures and re-checks that came before a round; raises DrawError."""
        parts = mapping(change, "rechecks vacated", item)
        barred = dict(self.barred)
        for recheck in rows(parts["rechecks"], item):
            barred |= read_recheck(recheck, leaves, item)
        gone = [_departure(row, self.seated, item) for row in rows(parts["vacated"], item)]
        require(len(set(gone)) == len(gone), item, "a member left twice")
        left = {leaf: s for leaf, s in self.seated.items() if leaf not in barred}
        return replace(
            self, seated={leaf: s for leaf, s in left.items() if leaf not in gone}, barred=barred
        )

    def after(self, done: Round) -> "Progress":
        """Seat the confirmed and remember all accepted; raises DrawError on a bad contact."""
        item, accepted = f"round {done.k} contacts", done.accepted
        told = rows(done.value["contacts"], item)
        if not self.header.calls:
            require(not told, item, "nobody is to be called / 无须联络")
            return self._with({look.leaf: look.stratum for look in accepted}, done)
        require(len(told) == len(accepted), item, "one for each accepted, in order")
        ended = [
            read_contact(row, look.leaf, self.header, item)
            for row, look in zip(told, accepted, strict=True)
        ]
        paired = zip(accepted, ended, strict=True)
        sat = {look.leaf: look.stratum for look, how in paired if how is Contact.CONFIRMED}
        return self._with(sat, done)

    def _with(self, sat: Mapping[bytes, int], done: Round) -> "Progress":
        taken = self.taken | {look.leaf for look in done.accepted}
        return replace(self, seated={**self.seated, **sat}, taken=taken)


def note(header: Header) -> bytes:
    """Return the bundle's note; it says so when keys and dice are stand-ins."""
    keys = _KEYS[header.stand_in, str(header.beacon["kind"])]
    return _NOTE.format(draw=header.value["draw"], keys=keys).encode()


def round_name(k: int) -> str:
    """Return the bundle's name for a round."""
    return f"rounds/{k:02d}.json"


def ask_statement(hh: bytes, k: int, before: str, change: JSON) -> bytes:
    """Return what the inspector signs when it asks for round k, before any seed_k exists."""
    return H("ask", hh, u32(k), bytes.fromhex(before), canonical(change))


def closing(hh: bytes, value: JSON) -> bytes:
    """Return the hash of a closed round, which the next one names."""
    return H("closing", hh, canonical(value))


def transcript_root(hh: bytes, final: JSON) -> bytes:
    """Return the hash over the final statement, hence over the whole chain."""
    return H("transcript", hh, canonical(final))


def log_hash(log: JSON) -> str:
    """Return what is told of a verdict log that everybody concerned computes alone (hex)."""
    return H("log", canonical(log)).hex()


def log_value(looks: Iterable[Look]) -> list[JSON]:
    """Return the verdict log as JSON rows of stratum, leaf and verdict."""
    return [[look.stratum, look.leaf.hex(), look.verdict] for look in looks]


def read_round(value: object, k: int) -> Round:
    """Read the body of a round; raises DrawError."""
    item = f"round {k}"
    parts = mapping(value, "ask change contacts k log outcome pi prev", item)
    require(whole(parts["k"], item) == k, item, "is not numbered in order")
    require(parts["outcome"] in (Outcome.FILLED, Outcome.INFEASIBLE), item, "unknown outcome")
    looks = tuple(_look(row, item) for row in rows(parts["log"], f"{item} log"))
    return Round(k, looks, Outcome(str(parts["outcome"])), parts)  # type: ignore[arg-type]


def read_recheck(value: object, leaves: frozenset[bytes], item: str) -> dict[bytes, str]:
    """Read a blind re-check: leaf -> rule for the whole pool; raises DrawError."""
    parts = mapping(value, "at barred facts", f"{item} recheck")
    whole(parts["at"], f"{item} recheck")
    unhex(parts["facts"], 32, f"{item} recheck")
    barred = {}
    for row in rows(parts["barred"], f"{item} recheck"):
        leaf, rule = _pair(row, f"{item} recheck")
        barred[unhex(leaf, 32, f"{item} recheck")] = _rule(rule, f"{item} recheck")
    require(set(barred) <= leaves, f"{item} recheck", "bars a leaf outside the pool")
    return barred


def read_contact(row: object, leaf: bytes, header: Header, item: str) -> Contact:
    """Check one contact and its evidence against the contact rule; raises DrawError."""
    parts = rows(row, item)
    require(len(parts) == 4 and parts[0] == leaf.hex(), item, "is not that of the accepted leaf")
    require(parts[1] in list(Contact), item, "unknown outcome")
    unhex(parts[2], 32, f"{item} evidence")
    tries = [whole(at, item) for at in rows(parts[3], item)]
    _check_tries(tries, header, item)
    if parts[1] == Contact.NO_ANSWER:
        _check_patience(tries, header, item)
    return Contact(str(parts[1]))


def required(
    header: Header, leaves: Iterable[bytes], done: Sequence[Round]
) -> dict[bytes, set[str]]:
    """Return which fields of which leaves a bundle opens, no more and no fewer."""
    looks = [look for one in done for look in one.looks]
    blocked = any(look.verdict == Verdict.INFEASIBLE for look in looks)
    cap = {header.cap[0]} if header.cap else set[str]()
    everyone = {"w"} if header.number("max_weight") > 1 else set[str]()
    if blocked or any(one.outcome is Outcome.INFEASIBLE for one in done):
        everyone |= {"s"} | cap
    if not header.hidden:
        everyone = set(FIELDS)
    shown = {leaf: set(everyone) for leaf in leaves if everyone}
    for look in looks:
        shown.setdefault(look.leaf, set()).update(_shown(look.verdict, cap))
    return {leaf: fields for leaf, fields in shown.items() if fields}


def final_outcome(progress: Progress, done: Sequence[Round], order: str) -> Outcome:
    """Return how the draw ended; order: hex digest of a supervisory order, or ""."""
    if order:
        return Outcome.CANCELLED
    if progress.open_seats == 0:
        return Outcome.COMPLETE
    if done and done[-1].outcome is Outcome.INFEASIBLE:
        return Outcome.INFEASIBLE
    full = len(done) == progress.header.number("max_rounds")
    require(full, "final", "seats are open and rounds are left / 尚有空缺席位")
    return Outcome.EXHAUSTED


def _shown(verdict: str, cap: set[str]) -> set[str]:
    if verdict == Verdict.ACCEPT:
        return {"s"} | cap
    if verdict == Verdict.STRATUM:
        return {"s"}
    return cap if verdict.startswith(f"{Verdict.CAP}:") else set()


def _look(row: object, item: str) -> Look:
    parts = rows(row, item)
    require(len(parts) == 3, f"{item} log", "must be rows of stratum, leaf and verdict")
    leaf = unhex(parts[1], 32, f"{item} log")
    return Look(whole(parts[0], f"{item} log"), leaf, text(parts[2], f"{item} log"))


def _pair(row: object, item: str) -> tuple[object, object]:
    parts = rows(row, item)
    if len(parts) != 2:
        raise DrawError(item, "must be rows of two")
    return parts[0], parts[1]


def _departure(row: object, seated: Mapping[bytes, int], item: str) -> bytes:
    parts = rows(row, item)
    require(len(parts) == 3 and parts[1] in list(Left), item, "must be leaf, reason, evidence")
    unhex(parts[2], 32, f"{item} evidence")
    leaf = unhex(parts[0], 32, item)
    require(leaf in seated, item, "a member left who was not seated")
    return leaf


def _rule(value: object, item: str) -> str:
    name = text(value, item)
    require(bool(name.strip()), item, "names no rule")
    return name


def _check_tries(tries: Sequence[int], header: Header, item: str) -> None:
    """At least one call, none before the draw, in the order of time."""
    ordered = all(a <= b for a, b in pairwise(tries))
    require(bool(tries) and ordered, item, "at least one try, in order of time")
    require(tries[0] >= header.number("t_beacon"), item, "a try before the draw")


def _check_patience(tries: Sequence[int], header: Header, item: str) -> None:
    rule = mapping(header.value["contact"], "attempts gap", "header.contact")
    enough = len(tries) >= whole(rule["attempts"], item)
    gap = whole(rule["gap"], item)
    apart = all(b - a >= gap for a, b in pairwise(tries))
    require(enough and apart, item, "no answer needs the attempts and gaps of the header")
