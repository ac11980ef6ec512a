"""The course of one trade: every step of the way as it stands, and whose turn it is (pure)."""

from __future__ import annotations

from collections.abc import Iterator

from monitor.role import Role
from trading.registration.stage import Stage
from webui.course.fact import Facts
from webui.course.step import Bar, Item, Service, State, stand
from webui.course.way import WAY

AFTERWARDS = frozenset({Service.FEE, Service.ARCHIVE})
"""What is still to do in a trade that its owner has ended."""


def course(facts: Facts, role: Role) -> list[Item]:
    """Return every step of the trade as it stands for somebody of that role."""
    items = [
        stand(step, facts, lot, role)
        for step in WAY
        for lot in (facts.matter.lots if step.each_lot else facts.matter.lots[:1])
        if step.when(facts, lot)
    ]
    if facts.matter.stage is not Stage.TERMINATED:
        return items
    return [item for item in items if item.state is State.DONE or item.step.service in AFTERWARDS]


def mine(items: list[Item]) -> list[Item]:
    """Return what is the viewer's to do now: what is late first, else in the way's order."""
    found = [item for item in items if item.is_mine and not item.step.optional]
    return sorted(found, key=lambda item: item.state is not State.LATE)


def optional(items: list[Item]) -> list[Item]:
    """Return what the viewer may do besides."""
    return [item for item in items if item.is_mine and item.step.optional]


def waiting(items: list[Item]) -> list[Item]:
    """Return what others have to do now."""
    return [item for item in items if item.state is State.WAIT and not item.step.optional]


def coming(items: list[Item], role: Role, most: int = 1) -> list[Item]:
    """Return the next steps that are not open yet, the viewer's own before others'."""
    later = [item for item in items if item.state is State.LATER and not item.step.optional]
    return sorted(later, key=lambda item: role not in item.step.who)[:most]


def by_service(items: list[Item]) -> Iterator[tuple[Service, list[Item]]]:
    """Give the steps service by service."""
    for service in Service:
        yield service, [item for item in items if item.step.service is service and _counts(item)]


def is_step(deed: str) -> bool:
    """Tell whether an action is one of the way's steps."""
    return any(step.deed == deed for step in WAY)


def over(facts: Facts, deed: str) -> Bar | None:
    """Return why an action of the way can be done no more in this trade; None while it may be."""
    if deed == "notice.publish" and facts.first("document.issue") is not None:
        return Bar("bar.documents_out", ends=True)
    bars = [step.gate(facts, lot) for step in WAY if step.deed == deed for lot in facts.matter.lots]
    ended = [bar for bar in bars if bar is not None and bar.ends]
    return ended[0] if ended and len(ended) == len(bars) else None


def _counts(item: Item) -> bool:
    """Tell whether a step is shown: what another may do, but need not, waits for nobody."""
    return not (item.step.optional and item.state in {State.WAIT, State.STOP})
