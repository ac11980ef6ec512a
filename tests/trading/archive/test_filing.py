"""Filing: what is lacking is named, every secret act is gathered, the bags stand in the log."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest

from monitor.record.arrival import stamp
from monitor.record.disclosure import VISITOR, Held, custody, timeline
from monitor.refusal import Invalid, NotAllowed, WrongStage
from monitor.runtime.database import Addresses
from tests.builders import a_participation, the_act
from tests.monitor.record.house import House, a_house
from tests.trading.projects import Trade, an_accepted_trade
from trading.archive.filing import Bag, close, file, latest

WORKS = ("notice", "tender", "bid", "opening", "evaluation", "award", "letter", "contract")


@pytest.fixture(scope="module")
def house(database: Addresses, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with a_house(database, tmp_path_factory.mktemp("house")) as made:
        yield made


def a_manifest(*classes: str) -> bytes:
    rows = [{"class": code, "sha256": "ab" * 32, "size": 7, "public": True} for code in classes]
    return json.dumps(rows).encode()


def a_signed_trade(house: House) -> Trade:
    """A trade whose contract is signed, and nothing between that and its acceptance."""
    trade = an_accepted_trade(house.platform)
    the_act(house.platform, "contract.sign", trade.id)
    return trade


def records(house: House, trade: Trade) -> list[Held]:
    with house.platform.read() as session:
        return custody(session, trade.id)


def body(held: Held) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(held.body)
    return found


def test_a_file_that_lacks_classes_is_refused_and_each_is_named(house: House) -> None:
    trade = a_signed_trade(house)
    held = a_manifest(*(code for code in WORKS if code not in ("contract", "letter")))
    with pytest.raises(Invalid) as refused:
        house.platform.perform(close, trade.centre, trade.id, manifest=held)
    assert "合同文本 / contract" in refused.value.message
    assert "中标通知书" in refused.value.message
    assert "opening record" not in refused.value.message
    with house.platform.read() as session:
        assert latest(session, trade.id) is None


def test_a_trade_whose_opening_failed_needs_only_what_it_could_have(house: House) -> None:
    signed = a_signed_trade(house)
    with pytest.raises(Invalid):
        house.platform.perform(
            close, signed.centre, signed.id, manifest=a_manifest("notice", "tender")
        )
    trade = an_accepted_trade(house.platform)
    the_act(house.platform, "opening.fail", trade.id)
    with pytest.raises(Invalid, match="招标（采购）文件"):
        house.platform.perform(close, trade.centre, trade.id, manifest=a_manifest("notice"))
    house.platform.perform(close, trade.centre, trade.id, manifest=a_manifest("notice", "tender"))


@pytest.mark.parametrize("reached", ["", "notice.publish", "opening.close", "award.issue"])
def test_the_centre_cannot_close_the_file_of_a_trade_that_goes_on(
    house: House, reached: str
) -> None:
    """Whoever closes it early ends trustees' duties and what may still be asked of the trade."""
    trade = an_accepted_trade(house.platform)
    if reached:
        the_act(house.platform, reached, trade.id)
    with pytest.raises(WrongStage, match="方可归档"):
        house.platform.perform(close, trade.centre, trade.id, manifest=a_manifest(*WORKS))
    with house.platform.read() as session:
        assert latest(session, trade.id) is None


@pytest.mark.parametrize(
    "manifest", [b"", b"[]", b"{}", b'[{"class":"poem","sha256":"ab","size":1}]', b"[3]", b"\xff"]
)
def test_what_is_no_list_of_contents_is_refused(house: House, manifest: bytes) -> None:
    trade = a_signed_trade(house)
    with pytest.raises(Invalid):
        house.platform.perform(close, trade.centre, trade.id, manifest=manifest)


def test_closing_gathers_every_secret_act_and_filing_states_both_bags(house: House) -> None:
    trade = a_signed_trade(house)
    bidder = a_participation(house.platform, trade.id)
    house.platform.perform(stamp, bidder, trade.id, digest=b"\x05" * 32)
    secret = [held for held in records(house, trade) if held.seq is None]
    assert len(secret) >= 2
    house.platform.perform(close, trade.centre, trade.id, manifest=a_manifest(*WORKS))
    house.platform.perform(
        file, trade.centre, trade.id, custody=Bag(b"\x01" * 32, 10), public=Bag.of(b"zip")
    )
    *_, closed, filed = records(house, trade)
    assert body(closed)["action"] == "archive.close"
    assert body(closed)["gathers"]["count"] == len(secret)
    assert body(filed)["gathers"] == body(closed)["gathers"]
    assert body(filed)["facts"]["custody"]["sha256"] == "01" * 32
    assert body(filed)["facts"]["through"] == str(closed.record_id)
    with house.platform.read() as session:
        shown = [each.record_id for each in timeline(session, trade.id, VISITOR)]
        edition = latest(session, trade.id)
    assert {closed.record_id, filed.record_id} <= set(shown)
    assert edition is not None
    assert edition.through == closed.record_id


def test_an_edition_is_filed_once_and_only_after_it_was_closed(house: House) -> None:
    trade = a_signed_trade(house)
    bags = {"custody": Bag.of(b"a"), "public": Bag.of(b"b")}
    with pytest.raises(WrongStage):
        house.platform.perform(file, trade.centre, trade.id, **bags)
    house.platform.perform(close, trade.centre, trade.id, manifest=a_manifest(*WORKS))
    with pytest.raises(Invalid):
        house.platform.perform(
            file, trade.centre, trade.id, custody=Bag(b"short", 1), public=Bag.of(b"b")
        )
    house.platform.perform(file, trade.centre, trade.id, **bags)
    with pytest.raises(WrongStage):
        house.platform.perform(file, trade.centre, trade.id, **bags)
    house.platform.perform(close, trade.centre, trade.id, manifest=a_manifest(*WORKS))
    with house.platform.read() as session:
        edition = latest(session, trade.id)
    assert edition is not None
    assert (edition.edition, edition.filed_at) == (2, None)


def test_the_owner_cannot_file_the_archive_in_the_place_of_the_centre(house: House) -> None:
    trade = a_signed_trade(house)
    with pytest.raises(NotAllowed):
        house.platform.perform(close, trade.owner, trade.id, manifest=a_manifest(*WORKS))


def test_custody_holds_every_opening_and_says_which_the_public_may_have(house: House) -> None:
    trade = a_signed_trade(house)
    bidder = a_participation(house.platform, trade.id)
    house.platform.perform(stamp, bidder, trade.id, digest=b"\x06" * 32)
    held = records(house, trade)
    assert all(each.body and len(each.salt) == 32 for each in held)
    assert [each.index for each in held] == [None] * len(held)
    house.settle()
    placed = records(house, trade)
    assert None not in [each.index for each in placed]
    with house.platform.read() as session:
        shown = {each.record_id for each in timeline(session, trade.id, VISITOR)}
        cut: UUID = placed[2].record_id
        assert [e.record_id for e in custody(session, trade.id, cut)] == [
            each.record_id for each in placed[:3]
        ]
    assert {each.record_id for each in placed if each.public} == shown
    assert shown
    assert len(shown) < len(placed)


def test_a_record_that_waits_for_a_case_is_in_custody_by_its_commitment_alone(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    from monitor.record.disclosure import TABLE, Audience
    from monitor.record.moment import When

    monkeypatch.setitem(
        TABLE, "test.look", {Audience.DISCIPLINE: When.NOW, Audience.CENTRE: When.CASE}
    )
    trade = a_signed_trade(house)
    the_act(house.platform, "test.look", trade.id)
    look = records(house, trade)[-1]
    assert (look.salt, look.body, look.public) == (b"", b"", False)
    monkeypatch.setitem(TABLE, "case.close", {})
    the_act(house.platform, "case.close", trade.id)
    assert body(records(house, trade)[-2])["action"] == "test.look"
