"""Deeds of successions: keys dealt among trustees, a successor asked for, confirmed, placed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from bidding.envelope.roster import Authority
from bidding.hall.succession.asking import MAX_WHY, answer, ask, confirm, withdraw
from bidding.hall.succession.deal import deal
from bidding.hall.succession.fault import blame, reject
from bidding.hall.succession.piece import hand, take
from bidding.hall.succession.place import OPEN, standing_roster, successions
from experts.escrow.holder import trustees
from monitor.role import Role
from webui.deed.brought import Blob
from webui.deed.choice import Choice
from webui.deed.deed import Case, Deed
from webui.deed.field import Ident, Long
from webui.deed.fill.choice import names_of
from webui.page.language import text

LONGEST = 256 * 1024
Pairs = Iterable[tuple[str, str]]


def _seats(case: Case) -> Pairs:
    with case.source.platform.read() as session:
        seats = standing_roster(session, case.id).seats
    return [(str(seat.index), f"{seat.index} {seat.name}") for seat in seats]


def _people(case: Case) -> Pairs:
    with case.source.platform.read() as session:
        return trustees(session, case.now)


def _open(case: Case) -> Pairs:
    with case.source.platform.read() as session:
        rows = [row for row in successions(session, case.id) if row.state in OPEN]
    return [
        (str(row.id), text("succession.of", seat=row.seat, name=row.name, why=row.why))
        for row in rows
    ]


def _back(case: Case, _: Any) -> str:
    """Go on to where the seats stand: a trustee to its own desk, who hosts to the opening."""
    if case.actor.role is Role.TRUSTEE:
        return "/trustee"
    hosts = case.actor.role in (Role.TENDEREE, Role.AGENCY)
    return f"/desk/{case.project}/opening" if hosts else f"/project/{case.project}"


def _file(name: str, hint: str) -> Blob:
    return Blob(name, most=LONGEST, accept=".json", hint=f"succession.{hint}")


WHICH = Choice("succession", options=_open, kind=UUID, words="接任 / succession")
ONE = Ident("succession")
WHY = Long("why", most=MAX_WHY, words="原因 / why")
DOCUMENT = _file("document", "document_hint")
DEEDS = (
    Deed(deal, (_file("document", "deal_hint"),), after=_back),
    Deed(blame, (Ident("about"), DOCUMENT), after=_back),
    Deed(
        ask,
        (
            Choice("seat", options=_seats, kind=int, words="席位 / seat"),
            WHY,
            Choice("person", options=_people, kind=UUID, words="接任人 / successor",
                   hint="succession.person_hint"),
            Choice("kind", options=names_of("succession.kind", Authority), kind=Authority,
                   words="接任单位的类别 / what its body is"),
            _file("acceptance", "acceptance_hint"),
        ),
        after=_back,
    ),
    Deed(answer, (ONE, DOCUMENT), after=_back),
    Deed(confirm, (WHICH,), after=_back),
    Deed(withdraw, (WHICH, WHY), after=_back),
    Deed(hand, (ONE, DOCUMENT), after=_back),
    Deed(reject, (Ident("about"), DOCUMENT), after=_back),
    Deed(take, (ONE, DOCUMENT), after=_back),
)  # fmt: skip
