"""Errands: what waits for somebody in a trade that they have no desk in, each with its limit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from bidding.hall.asked import asks, trusts
from bidding.hall.preparation.readiness import open_tests
from monitor.role import Role
from trading.desk.docket import matter
from trading.supervision.order import orders_for
from webui.page.language import text
from webui.page.office.panel.seat import MEMBERS, seats_of
from webui.page.office.tender.listing import stands
from webui.page.office.tender.way import State, way_of
from webui.page.office.trustee import lines_of
from webui.page.view import source
from webui.page.wearer import Wearer

LAST = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Errand:
    """One thing to do: what, in which trade, where and by when; `mine` False while it must wait."""

    title: str
    trade: str
    href: str
    note: str = ""
    due: datetime | None = None
    mine: bool = True


def errands_of(who: Wearer) -> list[Errand]:
    """Return what waits for somebody outside of any desk: what is theirs now, by its limit."""
    found = [each for tell in _TOLD.get(who.role, ()) for each in tell(who)]
    return sorted([*found, *_orders(who)], key=lambda each: (not each.mine, each.due or LAST))


def _bids(who: Wearer) -> Iterator[Errand]:
    now = source().now
    for stand in stands(who):
        step = way_of(stand, now).next
        if step.state in {State.DONE, State.LATE, State.STOP}:
            continue
        ahead = stand.entry.deadline if stand.entry.deadline > now else None
        yield Errand(
            step.title, stand.entry.name, f"/bid/{stand.project}", step.say, step.due or ahead,
            step.state is State.NOW,
        )  # fmt: skip


def _trust(who: Wearer) -> Iterator[Errand]:
    here = source()
    with here.platform.read() as session:
        trades = trusts(session, who.actor)
        lines = lines_of(asks(session, who.actor.org, here.now), trades)
        tests = open_tests(session, who.actor.org, here.now)
    names: dict[UUID, str] = {trade.project: trade.name for trade in trades}
    for trade in trades:
        if trade.deadline is not None and trade.deadline > here.now:
            note = text("tasks.trust_note")
            title = text("tasks.trust")
            yield Errand(title, trade.name, "/trustee", note, trade.deadline, mine=False)
    for test in tests:
        title = text("trustee.test.title")
        yield Errand(title, names[test.project], "/trustee#tests", due=test.deadline)
    for line in lines:
        if line.open:
            title = text(f"trustee.{line.ask.kind.value}")
            yield Errand(
                title, line.ask.name, "/trustee#asked", line.why, line.ask.until, line.asked
            )


def _seats(who: Wearer) -> Iterator[Errand]:
    for trade in seats_of(who):
        yield Errand(text("tasks.place.expert"), trade.name, f"/panel/{trade.project}")


def _orders(who: Wearer) -> Iterator[Errand]:
    here = source()
    if who.role is Role.DEPARTMENT:  # it gives orders
        return
    with here.platform.read() as session:
        for row in orders_for(session, who.actor):
            trade = matter(session, row.project, here.now)
            if row.ended_at is None and row.answered_at is None and trade:
                yield Errand(row.title, trade.name, "/orders", due=row.limit_at)


_TOLD: dict[Role, tuple[Callable[[Wearer], Iterator[Errand]], ...]] = {
    Role.TENDERER: (_bids,),
    Role.TRUSTEE: (_trust,),
    **dict.fromkeys(MEMBERS, (_seats,)),
}
