"""Stand-in experts for demonstrations: plainly invented, and the same for the same seed bytes.

Every name begins with 例 ("example"), telephones and credit codes use numbers that nobody has.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from experts.pool.candidacy import Candidacy, Employment
from monitor.log.canonical import canonical
from trading.registration.credit_code import check_character

SPECIALTIES = ("A01", "A02", "A03", "B01", "B02", "C01")
REGIONS = ("350102", "350103", "350104", "350105", "350111")
TITLES = ("高级工程师", "教授级高级工程师", "高级经济师", "教授")
EMPLOYERS = 60
_STEMS, _BRANCHES = "甲乙丙丁戊己庚辛壬癸", "子丑寅卯辰巳午未申酉戌亥"
_DAY = 86_400
_FIRST_JOB = 946_684_800  # 2000-01-01T00:00:00Z
Seal = Callable[[bytes], bytes]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class StandIn:
    """An invented expert: the open facts, and a name and telephone that are still to be sealed."""

    name: str
    phone: str
    facts: Candidacy

    def sealed(self, seal: Seal) -> Candidacy:
        """Return the candidacy with name and telephone sealed by the caller's key holders."""
        person = canonical({"name": self.name, "phone": self.phone, "uid": self.facts.uid})
        return replace(self.facts, sealed_person=seal(person))


def stand_in_pool(n: int, seed_bytes: bytes) -> list[StandIn]:
    """Return n invented experts, the same for the same seed."""
    return [_stand_in(number, seed_bytes) for number in range(n)]


def stand_in_employer(number: int) -> str:
    """Return the credit code of an invented employer; its division code 000000 is no place."""
    body = f"92000000MJ{number:07d}"
    return body + check_character(body)


def _stand_in(number: int, seed: bytes) -> StandIn:
    def pick(what: str, choices: Sequence[T]) -> T:
        return choices[_drawn(seed, number, what) % len(choices)]

    main, second = pick("main", SPECIALTIES), pick("second", SPECIALTIES)
    since = 1985 + _drawn(seed, number, "since") % 25
    facts = Candidacy(
        uid=f"E{number:06d}",
        region=pick("region", REGIONS),
        title=pick("title", TITLES),
        born=since - 23,
        practising_since=since,
        main_specialty=main,
        specialties=tuple(sorted({main, second})),
        employers=_jobs(seed, number),
    )
    return StandIn(_name(number), f"000-{number:08d}", facts)


def _jobs(seed: bytes, number: int) -> tuple[Employment, ...]:
    now = stand_in_employer(_drawn(seed, number, "employer") % EMPLOYERS)
    before = stand_in_employer(_drawn(seed, number, "before") % EMPLOYERS)
    moved = _FIRST_JOB + _drawn(seed, number, "moved") % 9_000 * _DAY
    return (Employment(before, _FIRST_JOB, moved), Employment(now, moved))


def _name(number: int) -> str:
    """Return 例 and three characters of the sexagenary cycle, then figures once these run out."""
    rest, last = divmod(number, len(_STEMS))
    more, branch = divmod(rest, len(_BRANCHES))
    again, stem = divmod(more, len(_STEMS))
    return f"例{_STEMS[stem]}{_BRANCHES[branch]}{_STEMS[last]}" + (str(again) if again else "")


def _drawn(seed: bytes, number: int, what: str) -> int:
    digest = hashlib.sha256(seed + b"\0" + f"{number}/{what}".encode()).digest()
    return int.from_bytes(digest[:8], "big")
