"""Where a confirmed paper goes on: to what oneself does next, or to whom it is given on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from monitor.record.action import Action
from trading.desk.body import body_of
from trading.desk.docket import Matter, docket
from trading.intake.paper.handover import give
from trading.intake.paper.taken import HeldPaper, TakenPaper, handovers, held_papers
from trading.notice.document import issue
from trading.notice.notice import publish
from trading.registration.intake import accept, register
from trading.registration.stage import Stage
from webui.deed.book import deeds
from webui.deed.choice import Choice
from webui.deed.deed import Case
from webui.page.view import source
from webui.page.wearer import Wearer

STEPS: dict[Stage, tuple[str, Action[Any, Any]]] = {
    Stage.ACCEPTED: ("notice", publish),
    Stage.ANNOUNCED: ("document", issue),
}
"""What is begun with a paper in a trade at that stage; the key is the last part of its address."""


@dataclass(frozen=True, slots=True)
class Given:
    """An organisation that a paper was given on to, and when."""

    name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Onward:
    """What comes next with a paper.

    `trade` is the registered one of its code; `registers` tells that nobody registered it and it is
    the reader's to do; `steps` are (what, trade) that the reader may begin with it.
    """

    trade: Matter | None
    registers: bool
    accepts: bool
    steps: tuple[tuple[str, Matter], ...]
    given: tuple[Given, ...]
    receivers: tuple[tuple[str, str], ...]
    named: str


def onward(who: Wearer, row: TakenPaper) -> Onward:
    """Return what comes next with a confirmed paper for whoever looks."""
    here, said = source(), row.confirmed or {}
    with here.platform.read() as session:
        trades = docket(session, who.actor, here.now)
        held = handovers(session, row.id)
        names = [body_of(session, each.org) for each in held]
    own = next((each for each in trades if each.code == said.get("code")), None)
    receivers = _receivers(who, {str(row.org), *(str(each.org) for each in held)})
    return Onward(
        trade=own,
        registers=own is None and who.role in register.by,
        accepts=own is not None and own.stage is Stage.FILED and who.role in accept.by,
        steps=tuple(_steps(who, [own] if own else trades)),
        given=tuple(
            Given(body.name, each.given_at)
            for body, each in zip(names, held, strict=True)
            if body is not None
        ),
        receivers=receivers,
        named=_named(receivers, said.get("owner", "")),
    )


def held_by(who: Wearer) -> list[HeldPaper]:
    """Return the papers of the reader's organisation, the newest first."""
    with source().platform.read() as session:
        return held_papers(session, who.actor)


def _steps(who: Wearer, trades: list[Matter]) -> list[tuple[str, Matter]]:
    found = [(STEPS[each.stage], each) for each in trades if each.stage in STEPS]
    return [(key, each) for (key, act), each in found if who.role in act.by]


def _receivers(who: Wearer, holders: set[str]) -> tuple[tuple[str, str], ...]:
    deed, here = deeds()[give.name], source()
    field = next(each for each in deed.fields if isinstance(each, Choice))
    options = field.options(Case(here, who.actor, None, here.now))
    return tuple((key, words) for key, words in options if key not in holders)


def _named(receivers: tuple[tuple[str, str], ...], owner: str) -> str:
    """Return the organisation that the paper itself names as its owner; "" for none."""
    return next((key for key, words in receivers if owner and words.startswith(owner)), "")
