"""What a request wants of the pool: seats for specialties, and people enough for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from experts.pool.expert import Expert, State
from experts.pool.register import latest_snapshot
from monitor.refusal import Invalid

MOST_SEATS = 31


@dataclass(frozen=True, slots=True)
class Wanted:
    """So many seats for people of one of these specialties."""

    specialties: tuple[str, ...]
    seats: int


def pool_by_specialty(session: Session) -> dict[str, int]:
    """Return how many of the pool have each specialty, by code: numbers, and nobody's name."""
    code = func.jsonb_array_elements(Expert.specialties).op("->>")("value").label("code")
    held = select(Expert.id, code).where(Expert.state == State.ACTIVE.value).subquery()
    rows = session.execute(
        select(held.c.code, func.count(held.c.id.distinct())).group_by(held.c.code)
    )
    return dict(sorted((str(name), int(number)) for name, number in rows))


def strata_of(session: Session, wanted: Sequence[Wanted]) -> Mapping[int, Wanted]:
    """Number the strata as asked for; each specialty in one of them, and people enough in each."""
    named = [name for one in wanted for name in one.specialties]
    if not named or len(set(named)) != len(named):
        raise Invalid("wanted", "专业为空或重复 / no specialty, or one twice")
    pool = pool_by_specialty(session)
    for one in wanted:
        _check_wanted(one, pool)
    total = sum(one.seats for one in wanted)
    if not 0 < total <= MOST_SEATS:
        raise Invalid("wanted", f"席位应为1至{MOST_SEATS} / 1 to {MOST_SEATS} seats in all")
    latest_snapshot(session)
    return dict(enumerate(wanted, 1))


def _check_wanted(one: Wanted, pool: Mapping[str, int]) -> None:
    unknown = [name for name in one.specialties if name not in pool]
    if unknown:
        raise Invalid("wanted", f"库中无此专业 / not in the pool: {unknown[0]}")
    most = sum(pool[name] for name in one.specialties)
    if not 0 < one.seats <= most:
        raise Invalid("wanted", f"席位应为1至{most} / 1 to {most} seats of this specialty")
