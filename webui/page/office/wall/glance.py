"""What the wall says at a glance: trades by stage, cards by colour, acts by hour, log and clock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from monitor.clock import Discipline, discipline
from monitor.law.point import Result
from monitor.law.workday import SHANGHAI
from monitor.record.disclosure import Disclosed
from trading.desk.docket import Matter
from trading.registration.stage import ORDER, Stage
from trading.supervision.card.handling import Card, Handling
from webui.page.office.wall.board import Log
from webui.page.office.wall.series import Series, ages, by_minute
from webui.page.source import Source
from webui.serve.log import LogState, read_log

USUAL = [each for each in ORDER[: ORDER.index(Stage.ARCHIVED) + 1] if each != Stage.RETURNED]
HOURS = 24
HOUR = timedelta(hours=1)
FRESH = timedelta(minutes=2)
"""A last witnessed checkpoint that is older than this is shown in colour: one is due each ten s."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a chart."""

    label: str
    value: int


@dataclass(frozen=True, slots=True)
class Glance:
    """All of it, as of one moment. `clock` is None where no kernel tells of it."""

    stages: Sequence[Bar]
    hours: Sequence[Bar]
    acts: Series
    ages: Series
    red: int
    yellow: int
    state: LogState
    witnessed: datetime | None
    """When the last head was made that enough witnesses cosigned."""
    clock: Discipline | None
    is_demo: bool
    now: datetime

    @property
    def is_stale(self) -> bool:
        """Tell whether the last witnessed checkpoint is missing, or older than it should be."""
        return self.witnessed is None or self.now - self.witnessed > FRESH


def at_glance(
    source: Source,
    log: Log,
    matters: Iterable[Matter],
    cards: Iterable[Card],
    records: Mapping[UUID, list[Disclosed]],
    heads: Sequence[datetime],
    now: datetime,
) -> Glance:
    """Return what is seen at a glance, of what this viewer may see.

    heads: when, minute by minute, the last hour's witnessed checkpoints came.
    """
    results = Counter(card.result for card in cards if card.handling != Handling.CLOSED)
    return Glance(
        by_stage(matters), by_hour(records.values(), now), by_minute(records.values(), now),
        ages(heads, now), results[Result.RED],
        results[Result.YELLOW], read_log(source.settings), log.last, discipline(), source.demo, now,
    )  # fmt: skip


def by_stage(matters: Iterable[Matter]) -> list[Bar]:
    """Return how many trades stand at each stage: the ordinary ones all, the others if any."""
    counts = Counter(each.stage for each in matters)
    return [Bar(each.value, counts[each]) for each in Stage if each in USUAL or counts[each]]


def by_hour(records: Iterable[Sequence[Disclosed]], now: datetime) -> list[Bar]:
    """Return how many acts each of the last 24 hours brought, the present one last."""
    begin = now.replace(minute=0, second=0, microsecond=0) - (HOURS - 1) * HOUR
    counts: Counter[int] = Counter()
    for each in (record for found in records for record in found):
        counts[(datetime.fromisoformat(each.facts["time"]) - begin) // HOUR] += 1
    return [
        Bar(f"{(begin + hour * HOUR).astimezone(SHANGHAI):%H}", counts[hour])
        for hour in range(HOURS)
    ]
