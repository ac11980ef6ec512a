"""Candidacies: what is asked to enter the pool, and what keeps it out (pure)."""

from __future__ import annotations

from dataclasses import dataclass

from monitor.log.canonical import JSON
from monitor.refusal import Invalid

MAX_SEALED = 64 * 1024
YEARS_IN_FIELD = 8  # 招标投标法 37
OLDEST = 70
"""Whoever is older is in no pool (评标专家和评标专家库管理办法; by the year of birth)."""
MOST_CERTIFICATES, LONGEST_CERTIFICATE = 20, 100


@dataclass(frozen=True, slots=True)
class Employment:
    """A job: the employer's credit code, first day and day after the last (unix seconds)."""

    employer: str
    start: int
    end: int | None = None

    def fact(self) -> dict[str, JSON]:
        """Return the job as a dated fact."""
        ended: dict[str, JSON] = {} if self.end is None else {"end": self.end}
        return {"value": self.employer, "start": self.start, **ended}


@dataclass(frozen=True, slots=True)
class Candidacy:
    """What is asked to enter the pool; years are calendar years, region a GB/T 2260 code."""

    uid: str
    region: str
    title: str
    born: int
    practising_since: int
    main_specialty: str
    specialties: tuple[str, ...]
    employers: tuple[Employment, ...]
    sealed_person: bytes = b""
    certificates: tuple[str, ...] = ()

    @property
    def last_year(self) -> int:
        """The last calendar year in which the person may be drawn."""
        return self.born + OLDEST


def fault_of(candidacy: Candidacy, year: int) -> Invalid | None:
    """Return what keeps a candidacy out, by the first field at fault; None when nothing does."""
    faults = {
        "uid": not candidacy.uid.isascii() or not 0 < len(candidacy.uid) <= 40,
        "region": not candidacy.region.isdecimal() or len(candidacy.region) != 6,
        "title": not candidacy.title.strip(),
        "practising_since": year - candidacy.practising_since < YEARS_IN_FIELD,
        "born": not candidacy.born < candidacy.practising_since or year > candidacy.last_year,
        "main_specialty": candidacy.main_specialty not in candidacy.specialties,
        "specialties": len(set(candidacy.specialties)) != len(candidacy.specialties),
        "employers": not candidacy.employers,
        "certificates": not _names(candidacy.certificates),
        "sealed_person": not 0 < len(candidacy.sealed_person) <= MAX_SEALED,
    }
    field = next((name for name, wrong in faults.items() if wrong), None)
    if field is None:
        return None
    return Invalid(
        field, f"{field} 不合入库条件 / {field} keeps this entry out", rule="招标投标法 37"
    )


def _names(certificates: tuple[str, ...]) -> bool:
    short = all(0 < len(each) <= LONGEST_CERTIFICATE for each in certificates)
    return short and len(certificates) <= MOST_CERTIFICATES
