"""One participant alone can neither stop an opening nor bend what it announces."""

from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest

from bidding.envelope.bid.letter import Bidder
from bidding.envelope.bid.object import folder_objects
from bidding.envelope.bid.seal import Draft, seal_bid
from bidding.opened import opened_bids
from bidding.terms import invitation
from monitor.record.identity import secret_id
from monitor.refusal import Conflict, Invalid, NotFound
from monitor.role import Role
from tests.builders import a_credit_code, an_actor, an_organisation
from tests.stories.hall import a_closed_hall, an_opened_hall
from tests.stories.tenderer import Tenderer, a_tenderer, bidders
from tests.stories.world import Tender, World, a_tender
from trading.notice.participation import join, mask_of


@pytest.fixture
def three(world: World) -> list[Tenderer]:
    return bidders(a_tender(world))


def seal_as(one: Tenderer, *, bid: str = "", bidder: Bidder | None = None) -> None:
    """Seal the next version with an id or a name of one's own choice."""
    tender, version = one.tender, len(one.sealed) + 1
    plain = one.folder / f"plain-{version}"
    plain.mkdir(parents=True)
    (plain / "a.txt").write_text("a", "utf-8")
    invited = tender.world.ask(invitation, tender.id, tender.section)
    own = Bidder(one.name, one.uscc)
    draft = Draft(
        bid or str(secret_id()), version, bidder or own, one.price_fen, 180, "合格" * 9000
    )
    folder = one.folder / f"sealed-{version}"
    one.sealed.append(seal_bid(plain, folder, invited, draft, one.signer))


def test_two_bids_of_one_id_cannot_both_be_received(three: list[Tenderer]) -> None:
    copycat = a_tenderer(three[0].tender)
    seal_as(copycat, bid=three[0].last.bid)
    answer = copycat.send(copycat.folder / "sealed-1")
    assert isinstance(answer.refusal, Conflict)
    hall = an_opened_hall(three[0].tender, three[0])
    assert len(hall.noted) == 3


@pytest.mark.parametrize("bid", ["../../%", "x" * 3000, "DEADBEEF"])
def test_a_bid_id_is_a_uuid_so_that_no_archive_chokes_on_it(
    three: list[Tenderer], bid: str
) -> None:
    one = a_tenderer(three[0].tender)
    seal_as(one, bid=bid)
    assert isinstance(one.send(one.folder / "sealed-1").refusal, Invalid)


def test_a_garbage_identity_is_refused_with_the_bid_and_stops_nobody(
    three: list[Tenderer],
) -> None:
    tender, platform = three[0].tender, three[0].tender.world.house.platform
    good = a_tenderer(tender)
    key = good.signer.public_key().public_bytes_raw()
    org = an_organisation(platform, name="垃圾身份公司", uscc=a_credit_code())
    other = a_tender(tender.world)
    actor = an_actor(platform, Role.TENDERER, org, mask=mask_of(key))
    other.do(join, actor, public_key=key, sealed_identity=b"garbage")
    stranger = replace(good, tender=other, actor=actor, sealed=[])
    folder = good.folder / "elsewhere"
    plain = good.folder / "plain-elsewhere"
    plain.mkdir()
    invited = tender.world.ask(invitation, other.id, other.section)
    draft = Draft(str(secret_id()), 1, Bidder(good.name, good.uscc), 1, 180, "合格")
    stranger.sealed.append(seal_bid(plain, folder, invited, draft, good.signer))
    assert isinstance(stranger.send(folder).refusal, Invalid)


def test_a_letter_in_another_bodys_name_stays_shut_and_the_others_open(
    three: list[Tenderer],
) -> None:
    liar = a_tenderer(three[0].tender)
    seal_as(liar, bidder=Bidder("别家公司", a_credit_code()))
    assert liar.send(liar.folder / "sealed-1").refusal is None
    hall = an_opened_hall(three[0].tender, three[0])
    opened = hall.tender.world.ask(opened_bids, hall.tender.id, hall.lot)
    assert {row.name for row in opened} == {one.name for one in three}
    shut = [result for result in hall.letters() if result.letter is None]
    assert [result.noted.bidder.name for result in shut] == [liar.name]


def test_long_letters_do_not_keep_the_reveal_from_being_recorded(three: list[Tenderer]) -> None:
    for _ in range(2):
        one = a_tenderer(three[0].tender)
        seal_as(one)
        assert one.send(one.folder / "sealed-1").refusal is None
    hall = an_opened_hall(three[0].tender, three[0])
    assert len(hall.tender.world.ask(opened_bids, hall.tender.id, hall.lot)) == 5


def test_a_bid_for_a_section_that_is_not_there_is_refused(three: list[Tenderer]) -> None:
    one = a_tenderer(three[0].tender)
    folder = one.seal()
    with pytest.raises(NotFound):
        one.tender.world.desk.receive(
            one.actor,
            one.tender.id,
            uuid4(),
            folder_objects(folder),
            bid=one.last.bid,
            version=1,
        )


def test_a_closed_hall_holds_every_bid_that_was_received(three: list[Tenderer]) -> None:
    hall = a_closed_hall(three[0].tender)
    assert {item.bidder.name for item in hall.noted} == {one.name for one in three}


def test_the_ciphertext_of_replaced_and_withdrawn_versions_is_deleted(
    three: list[Tenderer],
) -> None:
    desk, tender = three[0].tender.world.desk, three[0].tender
    one = a_tenderer(tender)
    before = stored(tender)
    one.bid()
    assert stored(tender) > before
    one.bid()
    one.withdraw()
    desk.sweep(tender.id)
    assert stored(tender) == before
    hall = an_opened_hall(tender, three[0])
    assert len(hall.noted) == 3


def stored(tender: Tender) -> set[Path]:
    return {path for path in (tender.world.folder / "files").rglob("*") if path.is_file()}
