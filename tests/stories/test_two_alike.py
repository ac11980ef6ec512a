"""Two projects that differ only in having bidders look alike until CLOSE (招标投标法 22).

Each is played in a house of its own, at the same moments; what a role can see, count or provoke is
compared after every step. The one lawful difference: the owner reads the questions (not by whom).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import make_url, text

from bidding.hall.ceremony import note_request
from bidding.hall.close import fail
from bidding.hall.failure.undecrypted import Fault, confirm_cause
from bidding.hall.reveal import reveal
from bidding.hall.seal import check_seal
from bidding.hall.unlock import release, unlock
from bidding.submission import withdraw
from monitor.law.watch import duties_shown, steps
from monitor.record.disclosure import VISITOR, Audience, Viewer, timeline
from monitor.record.identity import moment_of
from monitor.refusal import NotFound, Refusal
from monitor.role import SYSTEM, Actor, Role
from tests.builders import an_actor
from tests.conftest import Server
from tests.monitor.record.house import START
from tests.stories.hall import a_hall
from tests.stories.tenderer import Tenderer, a_tenderer
from tests.stories.world import Tender, World, a_tender, a_world
from tests.trading.projects import DAY
from trading.fee.deposit import identify, open_account
from trading.fee.forfeiture import Ground, forfeit
from trading.fee.guarantee import guarantee
from trading.fee.refund import approve_refund, confirm_refund, order_refund, return_early
from trading.fee.view import finance_view
from trading.notice.addendum import Change, answer, clarify, questions
from trading.notice.participation import participants
from trading.notice.progress import confirm_stage, stage_of
from trading.registration.project import found_project, trade_of
from trading.venue.booking import book, bookings
from trading.venue.room import Purpose, add_room

UNSEEN = (
    Audience.OWNER,
    Audience.CENTRE,
    Audience.FINANCE,
    Audience.INSPECTOR,
    Audience.DISCIPLINE,
)
VIEWERS = {"visitor": VISITOR} | {audience.value: Viewer(audience) for audience in UNSEEN}
TOKENS = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"  # an id
    r"|[0-9a-f]{32,}|E3502\d{15}|[0-9A-Z]{18}|66\d{4,8}|测试单位\w{8}"
)
Acts = Callable[["Side"], None]


@dataclass(slots=True)
class Side:
    """One of the two houses: with bidders or without."""

    world: World
    tender: Tender
    stranger: Actor
    room: UUID
    busy: bool
    bidders: list[Tenderer] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    seen: list[dict[str, Any]] = field(default_factory=list)

    def at(self, moment: datetime, public: Acts, hidden: Acts) -> None:
        """Play one step: the public part in both, the hidden part where there are bidders."""
        self.world.until(moment)
        public(self)
        if self.busy:
            hidden(self)
        self.world.until(moment + timedelta(hours=2))
        self.sizes.append(self.world.settle())
        self.seen.append({name: self.view(viewer) for name, viewer in VIEWERS.items()})

    def view(self, viewer: Viewer) -> Any:
        """Everything that is shown to one viewer, its ids and digests by order of appearance."""
        project = self.tender.id
        ask = self.world.ask
        records = ask(timeline, project, viewer)
        known: dict[str, str] = {}
        shown = {
            "records": [
                [str(r.record_id), r.seq, len(r.salt), len(r.commitment), r.facts] for r in records
            ],
            "ids": [(r.record_id.version, str(moment_of(r.record_id))) for r in records],
            "fees": str(ask(finance_view, project, viewer)),
            "duties": [
                (row.rule, row.state, str(row.limit_at))
                for row in ask(duties_shown, project, viewer)
            ],
            "rooms": [str(row.span) for row in ask(bookings, project)],
            "stage": ask(stage_of, project, self.world.now),
            "participants": ask(participants, project),
        }
        return normal(json.dumps(shown, ensure_ascii=False, default=str), known)


def normal(said: str, known: dict[str, str]) -> str:
    """The text with every random token named by its length and its order of appearance."""
    return TOKENS.sub(
        lambda found: known.setdefault(found[0], f"<{len(found[0])} #{len(known)}>"), said
    )


def a_side(server: Server, folder: Path, stack: ExitStack, *, busy: bool) -> Side:
    addresses = server.clone()
    name = make_url(addresses.owner_url).database
    assert name is not None
    stack.callback(server.drop, name)
    world = stack.enter_context(a_world(addresses, folder))
    tender = a_tender(world)
    stranger = an_actor(world.house.platform, Role.TENDERER, mask="p-" + "0" * 32)
    room = world.do(add_room, tender.clerk, None, name="开标一室", purpose=Purpose.OPENING, seats=9)
    return Side(world, tender, stranger, room, busy)


def nothing(side: Side) -> None:
    """Nothing happens."""


def watch(side: Side) -> None:
    """Show every card that is due."""
    with side.world.house.platform.read() as session:
        trade = trade_of(found_project(session, side.tender.id))
        due = steps(session, side.tender.id, trade, side.world.now)
    for step in due:
        side.tender.do(step.action, SYSTEM, owed=step.owed)


def take_part(side: Side) -> None:
    side.bidders = [a_tenderer(side.tender) for _ in range(4)]
    for one in side.bidders:
        one.download()
    side.bidders[0].ask("可否采用同等规格的材料？")


def pay(side: Side) -> None:
    for one in side.bidders[:3]:
        one.pay()
    side.bidders[3].hand_in_guarantee()


def clarify_once(side: Side) -> None:
    change = Change("澄清一", "更正页码", affects_bids=False)
    side.tender.do(clarify, side.tender.owner, change=change)


def send_bids(side: Side) -> None:
    for one in side.bidders:
        one.bid()
    side.bidders[0].bid()


def change_their_minds(side: Side) -> None:
    regretful = side.bidders[1]
    regretful.withdraw()
    refund = side.tender.do(return_early, SYSTEM, deposit=regretful.deposit)
    watch(side)
    side.tender.do(confirm_refund, SYSTEM, refund=refund, reference="R-early")
    plain = regretful.folder / "unsealed"
    plain.mkdir()
    (plain / "投标文件.pdf").write_bytes(b"%PDF-1.7 a plain file")
    assert regretful.send(plain).refusal is not None


def book_room(side: Side) -> None:
    end = side.tender.deadline
    inputs = {"room": side.room, "start": end, "end": end + timedelta(hours=2)}
    side.tender.do(book, side.tender.owner, **inputs)


def come_late(side: Side) -> None:
    assert side.bidders[2].send(side.bidders[2].seal()).refusal is not None


def confirm(side: Side) -> None:
    side.tender.do(confirm_stage, SYSTEM)


@pytest.fixture(scope="module")
def sides(
    migrated: Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Side, Side]]:
    """Both trades, played to a few hours after the deadline; CLOSE is not yet on record."""
    with ExitStack() as stack:
        made = tuple(
            a_side(migrated, tmp_path_factory.mktemp("side"), stack, busy=busy)
            for busy in (False, True)
        )
        for side in made:
            play(side)
        yield made[0], made[1]


def play(side: Side) -> None:
    day = START + DAY
    side.at(day, confirm, take_part)
    side.at(day + 2 * DAY, clarify_once, pay)
    side.at(day + 3 * DAY, book_room, send_bids)
    side.at(day + 4 * DAY, watch, change_their_minds)
    side.at(day + 5 * DAY, watch, nothing)
    side.at(side.tender.deadline + timedelta(seconds=1), confirm, come_late)


@pytest.mark.parametrize("viewer", VIEWERS)
def test_what_is_shown_is_the_same_after_every_step(sides: tuple[Side, Side], viewer: str) -> None:
    quiet, busy = ([step[viewer] for step in side.seen] for side in sides)
    assert quiet == busy
    assert "notice.publish" in quiet[0]


def test_the_log_grows_by_the_same_numbers(sides: tuple[Side, Side]) -> None:
    assert sides[0].sizes == sides[1].sizes
    assert len(sides[0].sizes) == 6


def real(side: Side, table: str) -> UUID:
    """An id that is there where there are bidders, and any id where there are none."""
    query = text(f"SELECT id FROM {table} WHERE project = :project ORDER BY id LIMIT 1")
    with side.world.house.platform.read() as session:
        found: UUID | None = session.scalar(query, {"project": side.tender.id})
    return found or uuid4()


def real_bid(side: Side) -> str:
    return side.bidders[0].last.bid if side.busy else str(uuid4())


def attempts(side: Side) -> dict[str, Refusal]:
    """The same sequence of probing acts, by people who may do such acts later or elsewhere."""
    tender, section = side.tender, side.tender.section
    deposit, refund = real(side, "deposit"), real(side, "refund")
    probes: list[tuple[Any, Actor, dict[str, Any]]] = [
        (fail, tender.owner, {"section": section}),
        (unlock, tender.owner, {"section": section}),
        (reveal, tender.owner, {"section": section, "results": []}),
        (
            confirm_cause,
            tender.owner,
            {"section": section, "bid": real_bid(side), "code": Fault.BIDDER},
        ),
        (
            confirm_cause,
            tender.clerk,
            {"section": section, "bid": real_bid(side), "code": Fault.BIDDER},
        ),
        (forfeit, tender.owner, {"deposit": deposit, "ground": Ground.REVOKED, "reason": "x"}),
        (answer, tender.owner, {"questions": (uuid4(),), "text": "x"}),
        (order_refund, tender.cashier, {"deposit": deposit}),
        (approve_refund, tender.cashier, {"refund": refund}),
        (confirm_refund, tender.cashier, {"refund": refund, "reference": "x"}),
        (order_refund, tender.clerk, {"deposit": deposit}),
        (identify, SYSTEM, {"deposit": deposit, "payer": "x", "payer_account": "x"}),
        (check_seal, side.stranger, {"section": section}),
        (withdraw, side.stranger, {"section": section, "signature": "x"}),
        (release, side.stranger, {"section": section, "identity": "x", "capsule": b"x"}),
        (open_account, side.stranger, {"section": section}),
        (
            guarantee,
            side.stranger,
            {
                "section": section,
                "number": "x",
                "issuer": "x",
                "amount_fen": 1,
                "valid_until": tender.deadline + 400 * DAY,
            },
        ),
        (book, tender.clerk, {"room": side.room, "start": tender.deadline, "end": tender.deadline}),
    ]
    return {
        f"{number} {verb.name} {actor.role}": tender.refused(verb, actor, **inputs)
        for number, (verb, actor, inputs) in enumerate(probes)
    }


def test_the_same_attempts_are_refused_in_the_same_words(sides: tuple[Side, Side]) -> None:
    quiet, busy = (
        {
            name: (refusal.code, normal(refusal.message, {}), refusal.rule, refusal.field)
            for name, refusal in attempts(side).items()
        }
        for side in sides
    )
    assert quiet == busy
    assert {code for code, *_ in quiet.values()} >= {"wrong_stage", "not_found", "not_allowed"}


def test_nothing_can_be_asked_of_the_trustees_before_close(sides: tuple[Side, Side]) -> None:
    for side in sides:
        with pytest.raises(NotFound):
            side.world.ask(note_request, side.tender.id, side.tender.section)


def test_the_owner_reads_questions_without_authors_and_that_alone_differs(
    sides: tuple[Side, Side],
) -> None:
    quiet, busy = (side.world.ask(questions, side.tender.id) for side in sides)
    assert (quiet, [asked.text for asked in busy]) == ([], ["可否采用同等规格的材料？"])
    asker = sides[1].bidders[0]
    assert not {asker.mask, asker.name, asker.uscc, str(asker.actor.org)} & {
        str(getattr(busy[0], name)) for name in ("id", "text", "asked_at", "answer")
    }


def test_a_party_sees_its_own_acts_and_nobody_elses(sides: tuple[Side, Side]) -> None:
    busy = sides[1]
    first, second = (
        Viewer(Audience.PUBLIC, masks=frozenset({one.mask})) for one in busy.bidders[:2]
    )
    mine, others = (
        {
            str(r.record_id)
            for r in busy.world.ask(timeline, busy.tender.id, viewer)
            if r.seq is None
        }
        for viewer in (first, second)
    )
    assert mine
    assert others
    assert not mine & others


def test_at_close_the_difference_is_there_for_everybody_to_see(sides: tuple[Side, Side]) -> None:
    for side in sides:
        a_hall(side.tender).close()
    for name, viewer in VIEWERS.items():
        quiet, busy = (side.view(viewer) for side in sides)
        assert quiet != busy, name
