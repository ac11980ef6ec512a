"""Deeds of draws 抽取: what people ask for, what the three machines and drawn experts do."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import zip_longest
from typing import Any
from uuid import UUID

from experts.ceremony.closing import cancel, finish, publish_bundle
from experts.ceremony.departure import no_show, step_back
from experts.ceremony.dice import bring_beacon, throw_dice
from experts.ceremony.header import open_header
from experts.ceremony.mail.list import MOST_LINES, MOST_LOTS
from experts.ceremony.mail.machine.deputy import take_over
from experts.ceremony.mail.machine.machine import name_deputy, name_machine
from experts.ceremony.mail.parcel import MOST_BYTES, post
from experts.ceremony.mail.purpose import PURPOSES
from experts.ceremony.mail.request import BEACONS, request, withdraw
from experts.ceremony.mail.wanted import pool_by_specialty
from experts.ceremony.replacement import recheck, replace_members
from experts.ceremony.round import ask, close_round, contact, draw_round
from experts.ceremony.seat import State, seated
from experts.ceremony.share import close_reveals, commit, open_commits, recover, reveal
from experts.escrow.accusation import prove_false_piece, report_shut_piece
from experts.escrow.checking import check_piece
from experts.escrow.dealing import deal_key
from experts.escrow.holder import Named, name_holders, trustees
from experts.escrow.loss import MOST_REASON, MOST_SEALED, ask_key, hand_on_key, succeed
from experts.escrow.opening import open_escrow
from experts.panel.attendance import attend, check_in
from experts.panel.committee import disclose, form
from experts.panel.invitation import answer
from experts.pool.register import countersign, snapshot
from trading.desk.docket import matter
from trading.registration.project import sections
from webui.deed.brought import Blob, Bytes, List, Object
from webui.deed.choice import Choice
from webui.deed.deed import Case, Deed
from webui.deed.field import Field, Ident, Long, Moment, Text, Tick, Whole
from webui.deed.fill.draw import bundle, members, ordered, placed, posted, tries, wanted
from webui.deed.rows import Rows
from webui.page.language import text as words

LEAVES = 32 * MOST_LINES
"""Bytes of the leaves of the longest list; no pool of experts comes near it."""
BUNDLE = 64 * 1024 * 1024
"""Bytes of a bundle: leaves, and what experts/ceremony/mail/list.py lets it show."""
PLACES = 1024 * MOST_LOTS
"""Characters of what a round fills: leaf and sealed line of each."""
TOLD = 4 * 1024 * 1024
"""Characters of a re-check or a final statement: each leaf with its rule, or its stratum."""
DEMO_PANEL = (3, 1, 1)
"""Seats that a demo's form begins with, a family of specialties each."""


def _sections(case: Case) -> Iterable[tuple[str, str]]:
    with case.source.platform.read() as session:
        return [(str(each.id), f"{each.number} {each.name}") for each in sections(session, case.id)]


def section_field(name: str = "section") -> Choice:
    """Return the field that chooses one of the project's sections."""
    return Choice(name, options=_sections, kind=_ident)


def _ident(told: str) -> Any:
    return Ident("section").value(told)


def _specialties(case: Case) -> list[dict[str, Any]]:
    """A line for each family of specialties (A01, A02 …); a demo suggests a panel of five."""
    families: dict[str, list[str]] = {}
    with case.source.platform.read() as session:
        for name in pool_by_specialty(session):
            families.setdefault(name[:1], []).append(name)
    seats = DEMO_PANEL if case.source.demo else ()
    return [
        {"specialty": "+".join(names), "seats": number}
        for names, number in zip_longest(families.values(), seats[: len(families)], fillvalue="")
    ]


def _sitting(case: Case) -> tuple[datetime, datetime]:
    """Suggest that the panel sits from the opening on: the bids are due then."""
    with case.source.platform.read() as session:
        found = matter(session, case.id, case.now)
    due = found.deadline if found and found.deadline else case.now
    begins = max(due, case.now) + timedelta(hours=1)
    return begins, begins + timedelta(hours=8)


def _brief(case: Case) -> Iterable[tuple[str, Any]]:
    with case.source.platform.read() as session:
        found, pool = matter(session, case.id, case.now), pool_by_specialty(session)
    if found and found.deadline:
        yield "draw.deadline", found.deadline
    yield "draw.pool", words("part.list").join(f"{name} {number}" for name, number in pool.items())


def _trustees(case: Case) -> Iterable[tuple[str, str]]:
    """Offer every trustee; the action says who may not be named."""
    with case.source.platform.read() as session:
        return trustees(session, case.now)


def sheet(_: Case, result: Any) -> str:
    """Lead to the draw that was asked for."""
    return f"/draw/{result}"


def _list(_: Case, __: Any) -> str:
    return "/draws"


def _panels(case: Case) -> Iterable[tuple[str, str]]:
    for name, each in PURPOSES.items():
        if each.of_people:
            yield name, words(f"draw.purpose.{name}")


def beacons(_: Case) -> Iterable[tuple[str, str]]:
    """Offer where the randomness may come from."""
    for name in BEACONS:
        yield name, words(f"draw.beacon.{name}")


def _draw(*fields: Field) -> tuple[Field, ...]:
    return (Ident("draw"), *fields)


def _awaited(case: Case) -> Iterable[tuple[str, str]]:
    """Offer who accepted and has not checked in, by place alone: supervision knows no pseudonym."""
    with case.source.platform.read() as session:
        for seat in seated(session, case.id):
            if seat.draw is not None and seat.state == State.CONFIRMED.value:
                yield str(seat.place), words("draw.seat_at", place=seat.place + 1)


ROW = (Text("specialty", most=80), Whole("seats", required=False, greatest=31))
HOLDER = (
    Choice("person", options=_trustees, kind=UUID, words="受托人 / Trustee"),
    Bytes("sign"),
    Text("recipient", most=80),
)
PEOPLE = (
    Deed(
        request,
        (
            section_field(),
            Rows("wanted", columns=ROW, hint="draw.wanted_hint", start=_specialties),
            Moment("starts", start=lambda case: _sitting(case)[0]),
            Moment("ends", start=lambda case: _sitting(case)[1]),
            Choice("purpose", required=False, options=_panels, words="用途 / Purpose"),
            Choice("beacon", required=False, options=beacons, words="随机源 / Randomness"),
            Text("reason", required=False, hint="draw.reason_hint"),
        ),
        wanted,
        brief=_brief,
        after=sheet,
    ),
    Deed(bring_beacon, _draw(Text("signature", most=96)), after=_list),
    Deed(withdraw, (Ident("request"), Long("reason", most=500)), after=_list),
    Deed(
        cancel,
        _draw(Blob("order", hint="draw.order_hint"), Long("reason", most=500)),
        ordered,
        after=_list,
    ),
    Deed(
        no_show,
        _draw(Choice("place", options=_awaited, kind=int, words="席位 / seat", hint="draw.absent")),
        after=_list,
    ),
    Deed(name_machine, (Ident("person"), Bytes("sign"), Bytes("vrf", required=False)), whole=True),
    Deed(name_deputy, (Ident("person"), Bytes("sign"), Bytes("vrf")), whole=True),
    Deed(
        name_holders,
        (Rows("holders", columns=HOLDER, hint="draw.holders_hint"),),
        lambda _, values: {"holders": [Named(**row) for row in values["holders"]]},
        whole=True,
    ),
    Deed(snapshot, whole=True),
    Deed(form, (section_field(),)),
    Deed(
        disclose,
        (
            section_field(),
            List("members", words="成员姓名和席位开示 / Members", hint="draw.members_hint"),
        ),
        members,
    ),
)
MACHINES = (
    Deed(countersign, (Ident("snapshot"), Text("signature")), whole=True),
    Deed(take_over, (Ident("request"),), after=_list),
    Deed(
        post,
        (Ident("request"), Text("step"), Whole("k"), Object("document", most=MOST_BYTES)),
        posted,
    ),
    Deed(open_header, (section_field(), Object("signed"), Blob("leaves", most=LEAVES))),
    Deed(commit, _draw(Object("told"))),
    Deed(open_commits, _draw()),
    Deed(reveal, _draw(Text("share"))),
    Deed(
        recover,
        _draw(Text("role"), Text("share", required=False)),
        lambda _, v: v | {"share": v["share"] or ""},
    ),
    Deed(
        open_escrow,
        _draw(
            Text("role"),
            Whole("at", greatest=2**40),
            Text("signature"),
            Text("piece", required=False),
        ),
        lambda _, v: v | {"piece": v["piece"] or ""},
    ),
    Deed(deal_key, (Object("deal"),), whole=True),
    Deed(check_piece, (Ident("deal"), Whole("x"), Tick("fits", required=False)), whole=True),
    Deed(
        ask_key,
        _draw(Text("recipient", most=80), Text("signature"), Long("reason", most=MOST_REASON)),
    ),
    Deed(
        hand_on_key,
        _draw(Whole("at", greatest=2**40), Text("sealed", most=MOST_SEALED), Text("signature")),
    ),
    Deed(prove_false_piece, _draw(Whole("x"), Text("piece"), Text("signature"))),
    Deed(report_shut_piece, _draw(Whole("x"))),
    Deed(succeed, _draw(Text("proof", most=200))),
    Deed(close_reveals, _draw(Object("document"))),
    Deed(throw_dice, _draw(Object("ceremony"), Text("signature"))),
    Deed(ask, _draw(Text("signature"))),
    Deed(replace_members, _draw(Object("change", most=TOLD), Text("signature"))),
    Deed(draw_round, _draw(Object("told"), List("places", most=PLACES)), placed),
    Deed(
        contact,
        _draw(Text("mask"), Text("outcome"), Text("evidence"), List("attempts")),
        tries,
    ),
    Deed(close_round, _draw(Text("closing"), Object("signatures"))),
    Deed(recheck, _draw(Object("told", most=TOLD))),
    Deed(finish, _draw(Object("final", most=TOLD), Object("signatures"))),
    Deed(publish_bundle, _draw(Text("root"), Blob("bundle", most=BUNDLE)), bundle),
)
EXPERTS = (
    Deed(answer, (Bytes("token"), Tick("accepts", required=False)), whole=True, seat=True),
    Deed(step_back, (section_field(), Object("opening")), seat=True),
    Deed(check_in, (section_field(), Object("opening"), Bytes("secret")), seat=True),
    Deed(attend, (section_field(), Bytes("token"), Bytes("secret")), seat=True),
)
DEEDS = (*PEOPLE, *MACHINES, *EXPERTS)
