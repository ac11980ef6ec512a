"""A trustee complains of its share: whose fault it is stands in public, and who bears it."""

from dataclasses import replace

import pytest

from bidding.envelope.age.file import decrypt_bytes, encrypt_bytes
from bidding.envelope.bid.manifest import read_manifest, sign_manifest
from bidding.envelope.bid.object import CAPSULE, MANIFEST, SIGNATURE
from bidding.envelope.capsule import Gap, read_capsule
from bidding.envelope.document import digest
from bidding.envelope.trustee.complaint import complain as prove
from bidding.hall.failure.complaint import complain
from bidding.hall.failure.undecrypted import Fault, undecrypted
from bidding.hall.sheet import sheet
from bidding.hall.unlock import SHARES, ways_to_open
from bidding.opened import opened_bids
from monitor.record.disclosure import VISITOR, timeline
from monitor.refusal import Conflict, Invalid, NotAllowed, Refusal, WrongStage
from tests.bidding.envelope.test_capsule import _with_share
from tests.stories.hall import Hall, a_closed_hall, a_hall
from tests.stories.tenderer import Tenderer, a_tenderer, bidders
from tests.stories.world import World, a_tender, in_days


def deal_garbage(one: Tenderer, *seats: int) -> None:
    """Hand in a bid whose capsule is sound to look at: these seats were dealt noise."""
    folder = one.seal()
    document = (folder / CAPSULE).read_bytes()
    for seat in seats:
        _, machine = one.tender.trustees[seat - 1]
        share = decrypt_bytes(read_capsule(document).shares[seat - 1], [machine.identity])
        noise = encrypt_bytes(bytes(len(share)), [machine.device.recipient])
        document = _with_share(document, seat, noise)
    manifest = replace(read_manifest((folder / MANIFEST).read_bytes()), capsule=digest(document))
    (folder / CAPSULE).write_bytes(document)
    (folder / MANIFEST).write_bytes(manifest.to_bytes())
    (folder / SIGNATURE).write_bytes(sign_manifest(manifest.to_bytes(), one.signer))
    answer = one.send(folder)
    assert answer.refusal is None, answer.refusal


def document_of(hall: Hall, seat: int, bid: str) -> bytes:
    _, machine = hall.tender.trustees[seat - 1]
    return prove(machine, hall.bid_request(), bid, lambda said: None)


def file(hall: Hall, seat: int, bid: str) -> str:
    actor, _ = hall.tender.trustees[seat - 1]
    told = {"request": hall.bid_request(), "document": document_of(hall, seat, bid)}
    gap: str = hall.tender.do(complain, actor, section=hall.lot, **told)
    hall.tender.world.settle()
    return gap


def refused(hall: Hall, seat: int, bid: str, document: bytes | None = None) -> Refusal:
    actor, _ = hall.tender.trustees[seat - 1]
    told = document or document_of(hall, seat, bid)
    return hall.tender.refused(
        complain, actor, section=hall.lot, request=hall.bid_request(), document=told
    )


@pytest.fixture
def three(world: World) -> list[Tenderer]:
    return bidders(a_tender(world))


def test_who_deals_garbage_to_so_many_that_none_can_open_bears_it_and_the_others_open(
    three: list[Tenderer],
) -> None:
    tender, world = three[0].tender, three[0].tender.world
    liar = a_tenderer(tender)
    deal_garbage(liar, 1, 2, 4)
    hall = a_closed_hall(tender)
    early = refused(hall, 1, liar.last.bid)
    assert isinstance(early, WrongStage), "the seals are not checked yet"
    hall.check_seal(three[0])
    assert [file(hall, seat, liar.last.bid) for seat in (1, 2, 4)] == [Gap.GARBLED] * 3
    assert isinstance(refused(hall, 2, liar.last.bid), Conflict), "once a seat"
    stolen = document_of(hall, 4, liar.last.bid)[:-2] + b"0}"
    assert isinstance(refused(hall, 4, liar.last.bid, stolen), Invalid), "a changed signature"
    bystander = tender.refused(
        complain, three[0].actor, section=hall.lot, request=hall.bid_request(),
        document=document_of(hall, 3, liar.last.bid),
    )  # fmt: skip
    assert isinstance(bystander, NotAllowed), "a bidder complains of nobody's share"
    for seat in (1, 2, 3, 4, 5):
        hall.give(hall.bid_request(), seat)
        world.settle()
    in_days(world, 1)
    hall.unlock(shut={liar.last.bid: "份额有误"})
    assert isinstance(refused(hall, 5, liar.last.bid), WrongStage), "UNLOCK is declared"
    hall.reveal()
    opened = {row.name for row in world.ask(opened_bids, tender.id, hall.lot)}
    assert opened == {one.name for one in three}
    [row] = world.ask(undecrypted, tender.id, hall.lot)
    assert (row.bid, row.code) == (liar.last.bid, Fault.BIDDER)
    told = [
        each.facts["facts"]
        for each in world.ask(timeline, tender.id, VISITOR)
        if each.facts["action"] == complain.name
    ]
    assert [(each["seat"], each["shown"], each["fault"]) for each in told] == [
        (seat, "garbled", "dealer") for seat in (1, 2, 4)
    ]
    blamed = world.ask(sheet, tender.id, hall.lot, world.now).blamed
    assert [(one.seat, one.subject, one.shown) for one in blamed] == [
        (seat, liar.last.bid, "garbled") for seat in (1, 2, 4)
    ]


def test_two_bad_shares_are_named_and_who_complains_of_a_good_one_has_given_it_by_that(
    three: list[Tenderer],
) -> None:
    """Seats 1 and 2 were dealt garbage by one bidder; 3 and 4 answer; 5 will not, and complains."""
    liar = a_tenderer(three[0].tender)
    deal_garbage(liar, 1, 2)
    hall = a_closed_hall(three[0].tender)
    hall.check_seal(three[0])
    assert [file(hall, seat, liar.last.bid) for seat in (1, 2)] == [Gap.GARBLED] * 2
    for seat in (3, 4):
        hall.give(hall.bid_request(), seat)
        hall.tender.world.settle()
    assert [file(hall, 5, one.last.bid) for one in (*three, liar)] == ["", "", "", ""]
    ways = hall.tender.world.ask(ways_to_open, hall.tender.id, hall.lot)
    assert list(ways.values()) == [SHARES] * 4
    hall.unlock()
    prices = {result.letter.letter.price_fen for result in hall.letters() if result.letter}
    assert prices == {one.price_fen for one in (*three, liar)}
    named = [
        each.facts["facts"]["fault"]
        for each in hall.tender.world.ask(timeline, hall.tender.id, VISITOR)
        if each.facts["action"] == complain.name
    ]
    assert named == ["dealer"] * 2 + ["trustee"] * 4


def test_nobody_complains_before_close_is_witnessed(three: list[Tenderer]) -> None:
    hall = a_hall(three[0].tender)
    hall.close(witnessed=False)
    request = hall.note_request()
    actor, machine = hall.tender.trustees[0]
    subject = next(iter(request.capsules()))
    document = prove(machine, request, subject, lambda said: None)
    refusal = hall.tender.refused(
        complain, actor, section=hall.lot, request=request, document=document
    )
    assert isinstance(refusal, WrongStage)
