"""Attachments after the reveal: what was sealed lies open as it was, or is named with its cause."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bidding.attachment import (
    BidAttachment,
    Progress,
    Unsealed,
    attach,
    attachments,
    progress,
    wanted_attachments,
)
from bidding.envelope.bid import seal
from bidding.envelope.bid.opening import OpeningError
from bidding.hall.attaching import sealed_still, unsealed
from bidding.hall.ceremony import keys_of
from bidding.opened import opened_bids
from monitor.record.moment import every
from monitor.refusal import Conflict, Invalid, NotAllowed, WrongStage
from monitor.role import SYSTEM
from tests.flip import flipped
from tests.stories.hall import Hall, a_closed_hall
from tests.stories.tenderer import Tenderer, a_tenderer, bidders
from tests.stories.world import World, a_tender

ATTACHMENT = "att-001.age"


@pytest.fixture
def three(world: World) -> list[Tenderer]:
    return bidders(a_tender(world))


def revealed(three: list[Tenderer]) -> Hall:
    hall = a_closed_hall(three[0].tender)
    hall.check_seal(three[0])
    hall.trustees_open()
    hall.unlock()
    hall.reveal()
    return hall


def rows(hall: Hall) -> list[BidAttachment]:
    by_bid = hall.tender.world.ask(attachments, hall.tender.id, hall.lot)
    return [row for each in by_bid.values() for row in each]


def still(hall: Hall) -> list[Any]:
    world = hall.tender.world
    found: list[Any] = world.ask(sealed_still, hall.tender.id, hall.lot, 0, world.store)
    return found


def kept(hall: Hall) -> set[Path]:
    return {path for path in (hall.tender.world.folder).rglob("*") if path.is_file()}


def open_all(hall: Hall) -> None:
    tender = hall.tender
    for noted, key in still(hall):
        files = list(unsealed(noted, key, tender.world.store, tender.world.folder))
        tender.do(attach, SYSTEM, section=hall.lot, bid=noted.bid.id, files=files)


def test_what_every_bidder_sealed_lies_open_after_the_reveal(three: list[Tenderer]) -> None:
    hall = revealed(three)
    world, tender = hall.tender.world, hall.tender
    assert {row.state for row in rows(hall)} == {"waiting"}
    [wanted] = world.ask(wanted_attachments, tender.id)
    assert (wanted.kind, wanted.key) == ("attach", f"{hall.lot}:0")
    open_all(hall)
    told = {row.bid: row for row in rows(hall)}
    assert len(told) == 3
    bids = {row.mask: row.bid for row in world.ask(opened_bids, tender.id, hall.lot)}
    for one in three:
        row = told[bids[one.mask]]
        assert (row.name, row.state, row.cause) == ("技术标.txt", "opened", "")
        assert row.blob is not None
        assert world.store.get(row.blob) == one.sentence.encode()
    assert world.ask(progress, tender.id, hall.lot) == Progress(3, 0, 3)
    assert still(hall) == []
    facts = [done.body["facts"] for done in world.ask(every, tender.id, hall.lot, "opening.attach")]
    assert [(each["opened"], each["shut"]) for each in facts] == [(1, {})] * 3


def test_nobody_has_an_attachment_or_its_key_before_all_is_shown(three: list[Tenderer]) -> None:
    hall = a_closed_hall(three[0].tender)
    world, tender = hall.tender.world, hall.tender
    hall.check_seal(three[0])
    hall.trustees_open()
    told = {"section": hall.lot, "bid": hall.noted[0].bid.id, "files": ()}
    assert isinstance(tender.refused(attach, SYSTEM, **told), Conflict)
    with pytest.raises(WrongStage):
        world.ask(keys_of, tender.id, hall.lot, hall.noted, world.store)
    hall.unlock()
    assert rows(hall) == []
    assert still(hall) == []
    assert world.ask(wanted_attachments, tender.id) == []


def test_a_file_that_is_not_what_its_letter_says_is_named_and_the_bid_stands(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    tender = a_tender(world)
    two = [a_tenderer(tender), a_tenderer(tender)]
    for one in two:
        one.bid()
    letter = seal._letter

    def lying(invited: Any, draft: Any, listed: list[Any]) -> Any:
        return letter(invited, draft, [replace(each, sha256="0" * 64) for each in listed])

    monkeypatch.setattr(seal, "_letter", lying)
    liar = a_tenderer(tender)
    liar.bid()
    hall = revealed([*two, liar])
    bids = {row.mask: row for row in world.ask(opened_bids, tender.id, hall.lot)}
    assert bids[liar.mask].price == liar.price_fen
    before = kept(hall)
    open_all(hall)
    by_bid = {row.bid: row for row in rows(hall)}
    shut = by_bid[bids[liar.mask].bid]
    assert (shut.state, shut.blob) == ("shut", None)
    assert "不是投标函所列" in shut.cause or "不符" in shut.cause
    assert {by_bid[bids[one.mask].bid].state for one in two} == {"opened"}
    assert world.ask(progress, tender.id, hall.lot) == Progress(2, 1, 3)
    assert len(kept(hall) - before) == 2, "nothing of it is kept"
    told = [done.body["facts"] for done in world.ask(every, tender.id, hall.lot, "opening.attach")]
    assert [each["shut"] for each in told if each["shut"]] == [{ATTACHMENT: shut.cause}]


def test_what_is_damaged_here_is_blamed_on_no_bidder(three: list[Tenderer]) -> None:
    hall = revealed(three)
    world, tender = hall.tender.world, hall.tender
    [(noted, key), *_] = still(hall)
    [path] = [
        path for path in kept(hall)
        if path.name == noted.bid.blobs[ATTACHMENT].replace("-", "")
    ]  # fmt: skip
    whole = path.read_bytes()
    path.write_bytes(flipped(whole))
    before = kept(hall)
    with pytest.raises(OpeningError):
        list(unsealed(noted, key, world.store, world.folder))
    assert kept(hall) == before, "no half of it lies anywhere"
    assert {row.state for row in rows(hall)} == {"waiting"}
    path.write_bytes(whole)
    open_all(hall)
    assert world.ask(progress, tender.id, hall.lot) == Progress(3, 0, 3)


def test_only_the_platform_writes_it_down_whole_and_once(three: list[Tenderer]) -> None:
    hall = revealed(three)
    tender = hall.tender
    [(noted, key), *_] = still(hall)
    files = list(unsealed(noted, key, tender.world.store, tender.world.folder))
    told = {"section": hall.lot, "bid": noted.bid.id}
    for actor in (tender.owner, tender.clerk, three[0].actor):
        assert isinstance(tender.refused(attach, actor, **told, files=files), NotAllowed)
    for wrong in ([], [*files, *files], [Unsealed("att-002.age", files[0].blob)]):
        assert isinstance(tender.refused(attach, SYSTEM, **told, files=wrong), Invalid)
    tender.do(attach, SYSTEM, **told, files=files)
    other = [Unsealed(ATTACHMENT, None, "打不开")]
    assert isinstance(tender.refused(attach, SYSTEM, **told, files=other), Conflict)
    assert {row.state for row in rows(hall) if row.bid == noted.bid.id} == {"opened"}
