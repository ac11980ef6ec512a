"""A bid with a CA's signature: its owner's name lies nowhere before CLOSE, and is told with the bid."""

from __future__ import annotations

from pathlib import Path

from bidding.envelope.bid.object import AUTHORITY, MANIFEST
from bidding.holding import bidding_documents
from bidding.opened import opened_bids
from monitor.runtime.database import Addresses
from tests.bidding.envelope.bid.test_authority import Ca, a_ca
from tests.stories.hall import an_opened_hall
from tests.stories.rest import in_files, in_tables
from tests.stories.tenderer import Tenderer, a_tenderer, bidders
from tests.stories.world import World, a_tender

OWNER = "Qinghe Construction"


def signed(one: Tenderer, ca: Ca) -> Path:
    """The next version, sealed, with what the bidder's CA tool made of its manifest beside it."""
    folder = one.seal()
    (folder / AUTHORITY).write_bytes(ca.sign((folder / MANIFEST).read_bytes()))
    return folder


def test_whose_certificate_signed_is_told_with_the_bid_and_not_before(
    world: World, database: Addresses, tmp_path: Path
) -> None:
    tender = a_tender(world)
    one, ca = a_tenderer(tender), a_ca(tmp_path / "ca", "rsa")
    assert one.send(signed(one, ca)).refusal is None
    two = bidders(tender, 2)
    assert in_tables(database, OWNER) == set()
    assert in_files([world.folder / "files"], OWNER) == {OWNER: set()}
    hall = an_opened_hall(tender, two[0])
    rows = world.ask(opened_bids, tender.id, hall.lot)
    named = {row.name: row.letter.get("authority") for row in rows}
    assert OWNER in (named[one.name] or "")
    assert [named[each.name] for each in two] == [None, None]
    [kept] = [
        each for each in world.ask(bidding_documents, tender.id, world.store)
        if each.path.endswith(AUTHORITY)
    ]  # fmt: skip
    assert kept.body == (one.folder / "sealed-1" / AUTHORITY).read_bytes()


def test_a_signature_of_other_bytes_is_refused_while_it_can_be_mended(
    world: World, tmp_path: Path
) -> None:
    tender = a_tender(world)
    one, ca = a_tenderer(tender), a_ca(tmp_path / "ca", "ec")
    folder = signed(one, ca)
    good = (folder / AUTHORITY).read_bytes()
    (folder / AUTHORITY).write_bytes(ca.sign(b"another manifest"))
    answer = one.send(folder)
    assert answer.refusal is not None
    assert AUTHORITY in answer.refusal.message
    (folder / AUTHORITY).write_bytes(good)
    assert one.send(folder).refusal is None
