"""The platform damages what it stores: the very same object comes again, or it is lost in public."""

import hashlib
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event

from bidding.agenda import Agenda, agenda
from bidding.envelope.bid.object import CAPSULE, LETTER
from bidding.envelope.capsule import Kind
from bidding.hall.asked import Ask, State, asked_in
from bidding.hall.close import fail
from bidding.hall.failure.damage import MENDING, DamagedHere, ask, lose, resend
from bidding.hall.failure.due import LOOK, PATIENCE, another_look, losses, next_loss
from bidding.hall.failure.reader import about
from bidding.hall.failure.undecrypted import Fault, undecrypted
from bidding.hall.reveal import opening_record_of, reveal
from bidding.hall.sheet import sheet
from bidding.hall.sitting import pause, resume
from bidding.holding import bidding_documents
from bidding.opened import opened_bids
from monitor.record.disclosure import VISITOR, timeline
from monitor.record.moment import every
from monitor.refusal import Conflict, Invalid, NotFound, Refusal, TooEarly, WrongStage
from monitor.role import SYSTEM
from monitor.work.due import Wanted, claim, finish, open_work, plan
from monitor.work.errand import Errand
from tests.stories.hall import Hall, a_closed_hall, give_up, look
from tests.stories.tenderer import Tenderer, bidders
from tests.stories.world import World, a_tender
from trading.notice.message.address import set_address
from trading.notice.message.message import mail_of, send, wanted_mail
from trading.notice.participation import identify
from webui.course.hall import Next, next_step
from webui.serve.work.job.mail import written

ATTACHMENT = "att-001.age"
HOUR = timedelta(hours=1)


def stored(hall: Hall, one: Tenderer, name: str) -> Path:
    """Where the platform keeps an object of a bid."""
    [blobs] = [each.bid.blobs for each in hall.noted if each.bid.bid == one.last.bid]
    [file] = hall.tender.world.folder.rglob(blobs[name].replace("-", ""))
    return file


def own(one: Tenderer, name: str) -> bytes:
    """The object as its bidder kept it."""
    return (one.folder / f"sealed-{one.last.version}" / name).read_bytes()


def told(one: Tenderer, name: str, data: bytes) -> dict[str, Any]:
    """What the desk tells the act of an object that came again."""
    blob: UUID = one.tender.world.store.put(data)
    sha256 = hashlib.sha256(data).hexdigest()
    return {"section": one.tender.section, "name": name, "blob": blob, "sha256": sha256}


def put_back(hall: Hall, one: Tenderer, name: str) -> None:
    one.do(resend, **told(one, name, own(one, name)))
    hall.read_again()


def refused(one: Tenderer, name: str, data: bytes) -> Refusal:
    return one.refused(resend, **told(one, name, data))


def due_now(hall: Hall) -> Agenda:
    found: Agenda = hall.tender.world.ask(agenda, hall.tender.id, hall.tender.world.now)
    return found


def given_up(hall: Hall) -> list[Errand]:
    """What the platform would give up by itself now."""
    return [each for each in due_now(hall).errands if each.action.name == lose.name]


def looks(hall: Hall) -> list[str]:
    """After which acts the platform wants everything looked at."""
    wanted = due_now(hall).wanted
    return [each.key.partition(":")[2] for each in wanted if each.kind == LOOK]


def bid_state(hall: Hall) -> State:
    """What the trustees' answer about the bids waits for."""
    world = hall.tender.world
    asks: list[Ask] = world.ask(asked_in, hall.tender.id, world.now)
    [found] = [each.state for each in asks if each.kind is Kind.BID]
    return found


def next_loss_at(hall: Hall) -> datetime | None:
    """When the platform looks again whether an object is to be given up."""
    found: datetime | None = hall.tender.world.ask(next_loss, hall.tender.id, hall.tender.world.now)
    return found


def asked(hall: Hall) -> None:
    hall.tender.do(ask, SYSTEM, section=hall.lot, lacks=look(hall))
    hall.tender.world.settle()


def mail_names_what_is_ones_own(hall: Hall, three: list[Tenderer]) -> None:
    """Each bidder reads of its own objects by name, and of others' how many; a host how many."""
    tender, world = hall.tender, hall.tender.world
    for noted in hall.noted:
        bidder = {"uscc": noted.bidder.uscc, "name": noted.bidder.name}
        tender.do(identify, SYSTEM, mask=noted.bid.mask, **bidder)
    readers = {"host": tender.owner} | {one.name: one.actor for one in three}
    for actor in readers.values():
        world.do(set_address, actor, None, email=f"{actor.person}@example.com", lang="en")
    [asked_at] = world.ask(every, tender.id, hall.lot, ask.name)
    world.do(send, SYSTEM, None, record=asked_at.record)
    said = {}
    for wanted in world.ask(wanted_mail, tender.id):
        line, address = world.ask(mail_of, UUID(wanted.key))
        objects = world.ask(about, UUID(wanted.key))
        said[address.email] = written(line, address, "https://x.example", objects).text
    told = [said[f"{actor.person}@example.com"].splitlines()[1:3] for actor in readers.values()]
    assert told == [
        ["Objects concerned: 2", ""],
        ["Objects of your own bid: letter.age", "Objects of other bids: 1"],
        ["Objects of your own bid: att-001.age", "Objects of other bids: 1"],
        ["Objects concerned: 2, none of them yours", ""],
    ]


def an_unlocked_hall(checker: Tenderer) -> Hall:
    """Opened by the trustees, and nothing shown yet."""
    hall = a_closed_hall(checker.tender)
    hall.check_seal(checker)
    hall.trustees_open()
    hall.unlock()
    return hall


def waits_until_looked(hall: Hall) -> None:
    """After UNLOCK the host waits for the look at what is stored, ten minutes at most."""
    world = hall.tender.world

    def step_at(now: datetime) -> Next:
        return next_step(world.ask(sheet, hall.tender.id, hall.lot, now), now)

    [unlocked] = world.ask(every, hall.tender.id, hall.lot, "opening.unlock")
    until = unlocked.at + PATIENCE
    assert (step_at(world.now).why, step_at(world.now).until) == ("hall.wait.look", until)
    assert step_at(until).deed == reveal.name, "a worker that is away is no dead end"
    platform, wall = world.house.platform, world.now
    wanted = Wanted(LOOK, f"{hall.lot}:opening.unlock", hall.tender.id)
    platform.perform(plan, SYSTEM, None, wanted=(wanted,), wall=wall)
    [work] = [row.id for row in world.ask(open_work) if row.key == wanted.key]
    platform.perform(claim, SYSTEM, None, work=work, wall=wall)
    assert step_at(world.now).why == "hall.wait.look"
    platform.perform(finish, SYSTEM, None, work=work, wall=wall)
    assert step_at(world.now).deed == reveal.name


def test_only_the_very_object_that_was_received_comes_back_and_then_all_bids_are_shown(
    world: World,
) -> None:
    burnt, lost, rival = three = bidders(a_tender(world))
    hall = an_unlocked_hall(rival)
    waits_until_looked(hall)
    stored(hall, burnt, LETTER).write_bytes(b"exchanged")
    stored(hall, lost, ATTACHMENT).unlink()
    shut = hall.letters()
    early = hall.tender.refused(reveal, hall.tender.owner, section=hall.lot, results=shut)
    assert isinstance(early, WrongStage), "nobody was asked yet"
    assert isinstance(refused(burnt, LETTER, own(burnt, LETTER)), NotFound), "not asked for"
    assert {(each.bid, each.object) for each in look(hall)} == {
        (burnt.last.bid, LETTER), (lost.last.bid, ATTACHMENT),
    }  # fmt: skip
    asked(hall)
    assert look(hall) == ()
    mail_names_what_is_ones_own(hall, three)
    again = hall.tender.refused(ask, hall.tender.owner, section=hall.lot, lacks=())
    assert isinstance(again, Conflict)
    burnt.price_fen -= 100_000_00
    cheaper = (burnt.seal() / LETTER).read_bytes()
    burnt.sealed.pop()
    attempts = {
        "a cheaper letter": refused(burnt, LETTER, cheaper),
        "the letter, one byte more": refused(burnt, LETTER, own(burnt, LETTER) + b"\0"),
        "another object of one's own": refused(burnt, ATTACHMENT, own(burnt, ATTACHMENT)),
        "a rival's, from its own hand": refused(rival, LETTER, own(burnt, LETTER)),
        "a name of a file elsewhere": refused(burnt, "../manifest.json", cheaper),
    }
    assert {name: type(refusal) for name, refusal in attempts.items()} == {
        "a cheaper letter": Invalid,
        "the letter, one byte more": Invalid,
        "another object of one's own": NotFound,
        "a rival's, from its own hand": NotFound,
        "a name of a file elsewhere": NotFound,
    }
    put_back(hall, burnt, LETTER)
    waits = hall.tender.refused(reveal, hall.tender.owner, section=hall.lot, results=shut)
    assert isinstance(waits, WrongStage), "an attachment is still on its way"
    put_back(hall, lost, ATTACHMENT)
    assert isinstance(refused(lost, ATTACHMENT, own(lost, ATTACHMENT)), NotFound), "it is here"
    results = hall.reveal()
    [shown] = world.ask(timeline, hall.tender.id, VISITOR)[-1:]
    assert "then" not in shown.facts["facts"], "three were opened: no rule says anything"
    enough = hall.tender.refused(fail, hall.tender.owner, section=hall.lot)
    assert isinstance(enough, WrongStage)
    burnt.price_fen += 100_000_00
    prices = {result.letter.letter.price_fen for result in results if result.letter is not None}
    assert prices == {one.price_fen for one in three}
    assert isinstance(refused(burnt, LETTER, own(burnt, LETTER)), WrongStage), "all was shown"


@pytest.fixture
def halls(world: World) -> tuple[Hall, list[Tenderer]]:
    """Four bids; the capsules of two are damaged after a first trustee gave its shares of all."""
    four = bidders(a_tender(world), 4)
    hall = a_closed_hall(four[0].tender)
    hall.check_seal(four[2])
    hall.give(hall.bid_request(), 2)
    world.settle()
    stored(hall, four[0], CAPSULE).write_bytes(own(four[1], CAPSULE))
    stored(hall, four[1], CAPSULE).unlink()
    return hall, four


def test_a_lost_capsule_holds_the_trustees_for_its_time_and_then_keeps_no_other_bid_shut(
    halls: tuple[Hall, list[Tenderer]],
) -> None:
    """Shares that were given before count for the others all the same; an attachment is lost too."""
    hall, four = halls
    tender, world = hall.tender, hall.tender.world
    with pytest.raises(DamagedHere):
        hall.bid_request()
    assert looks(hall) == ["opening.check_seal"]
    assert next_loss_at(hall) is None
    assert [row.project for row in more_looks(hall)] == [tender.id]
    asked(hall)
    until = world.now + MENDING
    assert next_loss_at(hall) == until
    world.until(world.now + MENDING / 2)
    assert given_up(hall) == []
    assert bid_state(hall) is State.BIDDERS_WINDOW
    with pytest.raises(WrongStage):
        hall.bid_request()
    put_back(hall, four[0], CAPSULE)
    given_up_in_its_time(hall, four[1], until)
    request = hall.bid_request()
    assert request.lost == {four[1].last.bid}
    for seat in (3, 5):
        hall.give(request, seat)
        world.settle()
    hall.unlock(shut={four[1].last.bid: "平台存储损坏"})
    assert looks(hall) == ["opening.check_seal", "opening.unlock"]
    stored(hall, four[2], ATTACHMENT).unlink()
    whole = hall.letters()
    give_up(hall)
    early = tender.refused(reveal, tender.owner, section=hall.lot, results=whole)
    assert isinstance(early, WrongStage), "opened before an object of it was lost"
    hall.reveal()
    shut_by_the_platform(hall, {four[1].last.bid: CAPSULE, four[2].last.bid: ATTACHMENT})
    opened = {row.name for row in world.ask(opened_bids, tender.id, hall.lot)}
    assert opened == {four[0].name, four[3].name}
    filed_as_lost(hall, four)


def given_up_in_its_time(hall: Hall, one: Tenderer, until: datetime) -> None:
    """Not before it, and no time passes in a pause."""
    tender, world = hall.tender, hall.tender.world
    named = {"section": hall.lot, "bid": one.last.bid, "name": CAPSULE}
    assert isinstance(tender.refused(lose, SYSTEM, **named), TooEarly)
    world.until(paused_for_an_hour(hall, named, until))
    assert bid_state(hall) is State.CAPSULE_DAMAGED
    [errand] = given_up(hall)
    assert errand.inputs == named
    tender.do(lose, SYSTEM, **errand.inputs)
    assert bid_state(hall) is State.ASKED
    assert isinstance(refused(one, CAPSULE, own(one, CAPSULE)), NotFound), "too late"


def shut_by_the_platform(hall: Hall, gone: dict[str, str]) -> None:
    """Row, record and run sheet say alike that these stay shut, by which object, and whose fault."""
    tender, world = hall.tender, hall.tender.world
    shut = {row.bid: row for row in world.ask(undecrypted, tender.id, hall.lot)}
    assert {bid: (row.code, row.cause.partition(":")[0]) for bid, row in shut.items()} == {
        bid: (Fault.PLATFORM, name) for bid, name in gone.items()
    }
    read = json.loads(world.ask(opening_record_of, tender.id, hall.lot))["bids"]
    assert {row["bid"]: row["undecrypted"] for row in read if "undecrypted" in row} == {
        bid: row.cause for bid, row in shut.items()
    }
    facts = [
        each.facts["facts"]
        for each in world.ask(timeline, tender.id, VISITOR)
        if each.facts["action"] == "object.lose"
    ]
    assert [(each["bid"], each["object"], each["fault"]) for each in facts] == [
        (bid, name, "platform") for bid, name in gone.items()
    ]
    told = world.ask(sheet, tender.id, hall.lot, world.now)
    assert (told.damaged.asked, told.damaged.mended, told.damaged.lost) == (0, 1, 2)
    assert told.unconfirmed == len(gone), "two persons confirm each cause"


def filed_as_lost(hall: Hall, four: list[Tenderer]) -> None:
    """The archive lists what is lost, with nothing in its place; anything else must be whole."""
    world = hall.tender.world
    for one, name in ((four[1], CAPSULE), (four[2], ATTACHMENT)):
        held = world.ask(bidding_documents, hall.tender.id, world.store)
        files = {each.path: each.body for each in held}
        assert f"bids/{one.last.bid}/{name}" not in files
        said = json.loads(files[f"bids/{one.last.bid}/lost.json"])
        assert said["objects"] == {name: hashlib.sha256(own(one, name)).hexdigest()}
        assert f"bids/{one.last.bid}/{LETTER}" in files
    assert f"bids/{four[0].last.bid}/lost.json" not in files


def more_looks(hall: Hall) -> list[Wanted]:
    """What is planned where somebody comes upon damage now."""
    world = hall.tender.world
    found: list[Wanted] = world.ask(another_look, hall.tender.id, hall.lot, world.now)
    return found


def paused_for_an_hour(hall: Hall, named: dict[str, Any], until: datetime) -> datetime:
    """Pause for longer than a bidder's time: nothing is lost in it; return when that ends now."""
    tender, world = hall.tender, hall.tender.world
    tender.do(pause, tender.owner, section=hall.lot, reason="会场断电")
    world.until(world.now + HOUR)
    assert world.now > until
    assert given_up(hall) == []
    assert next_loss_at(hall) is None
    assert isinstance(tender.refused(lose, SYSTEM, **named), WrongStage)
    [begun] = world.ask(every, tender.id, hall.lot, pause.name)
    shown = world.ask(sheet, tender.id, hall.lot, world.now)
    assert shown.damaged.until == until + (world.now - begun.at)
    tender.do(resume, tender.owner, section=hall.lot, reason="供电恢复")
    assert given_up(hall) == []
    assert isinstance(tender.refused(lose, SYSTEM, **named), TooEarly)
    [ended] = world.ask(every, tender.id, hall.lot, resume.name)
    later: datetime = until + (ended.at - begun.at)
    assert next_loss_at(hall) == later
    return later


def test_how_often_the_database_is_asked_hangs_not_on_how_much_is_damaged(world: World) -> None:
    tender = a_tender(world)
    five = bidders(tender, 5)
    hall = a_closed_hall(tender)
    hall.check_seal(five[0])
    counts = []
    for one in five[:2], five[2:]:
        for each in one:
            stored(hall, each, CAPSULE).unlink()
        asked(hall)
        world.until(world.now + MENDING)
        counts.append(statements(hall))
    assert len(given_up(hall)) == 5
    assert counts[1] - counts[0] <= PER_ASKING, "by how many askings, not by how many objects"


PER_ASKING = 4
"""Statements that one more moment of asking costs."""


def statements(hall: Hall) -> int:
    """How many statements it takes to find what is to be given up."""
    seen = list[str]()

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        seen.append(statement)

    engine = hall.tender.world.house.platform.engine
    event.listen(engine, "after_cursor_execute", note)
    try:
        hall.tender.world.ask(losses, hall.tender.id, hall.tender.world.now)
    finally:
        event.remove(engine, "after_cursor_execute", note)
    return len(seen)
