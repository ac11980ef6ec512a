"""The opening as its deeds need it: how each bid opens, and everything that is read out at once."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from bidding.envelope.document import EnvelopeError
from bidding.hall.close import closing_of
from bidding.hall.failure.inspection import lacks
from bidding.hall.failure.undecrypted import Fault, undecrypted
from bidding.hall.question import questions
from bidding.hall.showing import results_of
from bidding.hall.sitting import given_back
from bidding.hall.stage import required, step
from bidding.hall.unlock import RELEASED, SHARES, ways_to_open
from bidding.terms import window_end
from monitor.refusal import Conflict
from trading.registration.project import sections
from trading.registration.section import found_section
from webui.deed.deed import Case, Values
from webui.deed.fill.choice import row
from webui.deed.fill.look import looking_after
from webui.page.language import text


def ways(case: Case) -> dict[str, str | None]:
    """Return how each bid of the sections under way opens now: released, by shares, or not yet."""
    found: dict[str, str | None] = {}
    with case.source.platform.read() as session:
        for lot in _under_way(session, case.id):
            found |= ways_to_open(session, case.id, lot)
    return found


def _under_way(session: Any, project: UUID) -> list[UUID]:
    """Return the sections that are closed and not unlocked."""
    return [
        row.id
        for row in sections(session, project)
        if step(session, project, row.id, "opening.close") is not None
        if step(session, project, row.id, "opening.unlock") is None
    ]


def lacking(case: Case) -> list[dict[str, Any]]:
    """Return a row for each bid that opens in no way, for the reason why it stays shut."""
    return [row(bid=bid, why="") for bid, way in ways(case).items() if way is None]


def told(case: Case) -> Iterable[tuple[str, Any]]:
    """Tell how the bids open, and until when the bidders have time."""
    found = ways(case)
    counts = [sum(way == each for way in found.values()) for each in (RELEASED, SHARES, None)]
    for key, count in zip(("released", "shares", "shut"), counts, strict=True):
        yield f"brief.{key}", str(count)
    with case.source.platform.read() as session:
        under_way = _under_way(session, case.id)
    for lot in under_way:
        yield "brief.window", window(case, lot)


def window(case: Case, section: UUID) -> datetime:
    """Return when the bidders' own time to decrypt is over (电子招标投标办法 30)."""
    with case.source.platform.read() as session:
        closed = required(session, case.id, section, "opening.close")
        back = given_back(session, case.id, section, case.source.now)
        return window_end(session, case.id, closed.at) + back


def reasons(_: Case, values: Values) -> Values:
    """Return the inputs of UNLOCK: a reason for each bid that stays shut."""
    told = {each["bid"]: each["why"] for each in values["shut"] or ()}
    return {"section": values["section"], "shut": told}


def results(case: Case, values: Values) -> Values:
    """Open every letter outside of the act, all or none, once everything stored was looked at.

    Raises WrongStage, DamagedHere, Conflict.
    """
    section, here = values["section"], case.source
    with looking_after(here.platform, case.id, section), here.platform.read() as session:
        found_section(session, case.id, section)
        closing_of(session, case.id, section)
        try:
            found = results_of(session, case.id, section, here.store, here.now)
        except (LookupError, EnvelopeError) as fault:
            raise _still_shut() from fault
    return {"section": section, "results": found}


def damaged(case: Case, values: Values) -> Values:
    """Look at what is stored, outside of the act; raises WrongStage, Conflict."""
    section, here = values["section"], case.source
    with here.platform.read() as session:
        found_section(session, case.id, section)
        closing_of(session, case.id, section)
        try:
            found = lacks(session, case.id, section, here.store)
        except LookupError as fault:
            raise _still_shut() from fault
    return {"section": section, "lacks": found}


def _still_shut() -> Conflict:
    return Conflict(
        "投标人信息尚未全部打开，请等待受托人 / a note is still shut: wait for trustees",
        field="section",
    )


def questions_open(case: Case) -> Iterable[tuple[str, str]]:
    """Return the questions at the openings of a trade that wait for their answer."""
    with case.source.platform.read() as session:
        rows = [
            each
            for lot in sections(session, case.id)
            for each in questions(session, case.id, lot.id)
        ]
    return [(str(each.id), each.text) for each in rows if not each.reply]


def shut(case: Case) -> Iterable[tuple[str, str]]:
    """Return the bids that stayed shut, with the machine's word on the cause."""
    with case.source.platform.read() as session:
        rows = [
            each
            for lot in sections(session, case.id)
            for each in undecrypted(session, case.id, lot.id)
        ]
    return [(each.bid, f"{each.bid[:8]}… {each.cause}{_named(each.code)}") for each in rows]


def _named(code: str | None) -> str:
    return f" · {text(f'hall.fault.{code}')}" if code else ""


def faults(_: Case) -> Iterable[tuple[str, str]]:
    """Return on whose side it may lie that a bid stays shut."""
    return [(fault.value, text(f"hall.fault.{fault.value}")) for fault in Fault]
