"""Capsules: keyless checks, shares bound to their bid, and dealers who cheat."""

import base64
import itertools
import json
from dataclasses import replace

import pytest

from bidding.envelope.age.file import encrypt_bytes
from bidding.envelope.age.key import new_identity, recipient_of
from bidding.envelope.capsule import (
    Capsule,
    Context,
    Gap,
    Kind,
    ShareError,
    check_capsule,
    combine_shares,
    open_share,
    read_capsule,
    seal_capsule,
    share_text,
)
from bidding.envelope.document import Malformed
from bidding.envelope.finding import Finding
from bidding.envelope.roster import Roster, read_roster
from bidding.envelope.sharing.feldman import SharingError, deal
from bidding.envelope.trustee.holder import Trustee
from monitor.log.canonical import canonical
from tests.bidding.envelope.world import LOT, TENDER, make_roster

CONTEXT = Context(Kind.BID, TENDER, LOT, "bid-1")


@pytest.fixture(scope="module")
def identity() -> str:
    return new_identity()


@pytest.fixture(scope="module")
def document(identity: str, roster: Roster) -> bytes:
    return seal_capsule(identity, roster, CONTEXT)


def shares(capsule: Capsule, trustees: list[Trustee], seats: list[int]) -> dict[int, bytes]:
    return {seat: open_share(capsule, seat, trustees[seat - 1].identity) for seat in seats}


def changed(document: bytes, **members: object) -> bytes:
    value = json.loads(document)
    value.update(members)
    return canonical(value)


def messages(findings: list[Finding]) -> str:
    return " ".join(f"{finding.item}: {finding.message}" for finding in findings)


def test_any_three_trustees_give_the_very_identity_back(
    identity: str, document: bytes, roster: Roster, trustees: list[Trustee]
) -> None:
    assert check_capsule(document, roster, CONTEXT) == []
    capsule = read_capsule(document)
    for seats in itertools.combinations(range(1, 6), 3):
        assert combine_shares(capsule, shares(capsule, trustees, list(seats))) == identity


def test_two_trustees_cannot_open(document: bytes, trustees: list[Trustee]) -> None:
    capsule = read_capsule(document)
    with pytest.raises(SharingError, match="fewer"):
        combine_shares(capsule, shares(capsule, trustees, [1, 2]))


def test_a_standby_device_opens_the_same_share(identity: str, trustees: list[Trustee]) -> None:
    roster, spare = make_roster(trustees), new_identity()
    device = replace(roster.seats[0].devices[0], recipient=recipient_of(spare))
    seat = replace(roster.seats[0], devices=(*roster.seats[0].devices, device))
    roster = read_roster(replace(roster, seats=(seat, *roster.seats[1:])).to_bytes())
    document = seal_capsule(identity, roster, CONTEXT)
    assert check_capsule(document, roster, CONTEXT) == []
    capsule = read_capsule(document)
    assert open_share(capsule, 1, spare) == open_share(capsule, 1, trustees[0].identity)


def test_a_capsule_of_another_bid_tender_or_lot_is_refused(document: bytes, roster: Roster) -> None:
    for other in ({"subject": "bid-2"}, {"tender": "X"}, {"lot": "002"}, {"kind": Kind.NOTE}):
        found = check_capsule(document, roster, replace(CONTEXT, **other))
        assert "something else" in messages(found)


def test_a_capsule_for_former_trustees_is_refused(document: bytes, roster: Roster) -> None:
    seat = replace(roster.seats[2], name="另一公证处")
    newer = replace(roster, seats=(*roster.seats[:2], seat, *roster.seats[3:]))
    assert "trustees have changed" in messages(check_capsule(document, newer, CONTEXT))


def test_commitments_to_another_key_than_r_are_refused(document: bytes, roster: Roster) -> None:
    other = [point.hex() for point in deal(new_identity(), 3, 5).commitments]
    found = check_capsule(changed(document, commitments=other), roster, CONTEXT)
    assert "A0 is not the key R" in messages(found)
    swapped = changed(document, recipient=recipient_of(new_identity()))
    assert "A0 is not the key R" in messages(check_capsule(swapped, roster, CONTEXT))


def test_a_small_order_commitment_is_refused(document: bytes, roster: Roster) -> None:
    points = json.loads(document)["commitments"]
    for place in range(3):
        bad = [*points[:place], "01" + "00" * 31, *points[place + 1 :]]
        found = check_capsule(changed(document, commitments=bad), roster, CONTEXT)
        assert "subgroup" in messages(found)


def test_a_missing_share_or_commitment_is_refused(document: bytes, roster: Roster) -> None:
    value = json.loads(document)
    for members in (
        {"shares": value["shares"][:4]},
        {"commitments": value["commitments"][:2]},
        {"threshold": 2},
    ):
        assert check_capsule(changed(document, **members), roster, CONTEXT) != []


def test_a_share_with_a_reader_nobody_named_is_refused(
    document: bytes, roster: Roster, trustees: list[Trustee]
) -> None:
    spy = recipient_of(new_identity())
    file = encrypt_bytes(bytes(400), [trustees[1].device.recipient, spy])
    bad = _with_share(document, 2, file)
    assert "capsule share 2: stanza" in messages(check_capsule(bad, roster, CONTEXT))


def test_a_share_that_is_no_age_file_or_too_long_is_refused(
    document: bytes, roster: Roster, trustees: list[Trustee]
) -> None:
    for file in (b"scalar in the clear", encrypt_bytes(bytes(9), [trustees[0].device.recipient])):
        bad = _with_share(document, 1, file)
        assert "capsule share 1" in messages(check_capsule(bad, roster, CONTEXT))


def test_a_share_of_another_bid_replayed_is_misbound(
    document: bytes, roster: Roster, trustees: list[Trustee]
) -> None:
    other = read_capsule(seal_capsule(new_identity(), roster, replace(CONTEXT, subject="bid-2")))
    replayed = read_capsule(_with_share(document, 1, other.shares[0]))
    assert _gap(replayed, 1, trustees[0]) is Gap.MISBOUND


def test_a_share_of_the_same_bid_id_but_another_deal_is_misbound(
    document: bytes, roster: Roster, trustees: list[Trustee]
) -> None:
    other = read_capsule(seal_capsule(new_identity(), roster, CONTEXT))
    replayed = read_capsule(_with_share(document, 1, other.shares[0]))
    assert _gap(replayed, 1, trustees[0]) is Gap.MISBOUND


def test_a_dealers_wrong_scalar_garbage_and_other_addressee_get_their_own_names(
    identity: str, document: bytes, trustees: list[Trustee]
) -> None:
    mine = trustees[0].device.recipient
    wrong = share_text(CONTEXT, recipient_of(identity), 1, bytes(31) + b"\x01")
    cases = {
        Gap.WRONG_SHARE: encrypt_bytes(wrong, [mine]),
        Gap.GARBLED: encrypt_bytes(b"garbage", [mine]),
        Gap.NOT_MINE: encrypt_bytes(wrong, [recipient_of(new_identity())]),
    }
    for gap, file in cases.items():
        assert _gap(read_capsule(_with_share(document, 1, file)), 1, trustees[0]) is gap


def test_a_wrong_scalar_is_named_when_shares_are_combined(
    document: bytes, trustees: list[Trustee]
) -> None:
    capsule = read_capsule(document)
    given = shares(capsule, trustees, [1, 3, 5])
    given[3] = given[1]
    with pytest.raises(SharingError, match="share 3"):
        combine_shares(capsule, given)


def test_one_byte_changed_anywhere_in_the_capsule_is_seen(
    document: bytes, roster: Roster, trustees: list[Trustee]
) -> None:
    for place in range(0, len(document), 89):
        bad = document[:place] + bytes([document[place] ^ 1]) + document[place + 1 :]
        if check_capsule(bad, roster, CONTEXT) == []:
            # What outsiders cannot see, shares and A1…, is seen by a trustee that opens its own.
            capsule = read_capsule(bad)
            gaps = [_gap(capsule, seat, t) for seat, t in enumerate(trustees, 1)]
            assert any(gap is not None for gap in gaps)


def test_a_capsule_in_another_spelling_is_refused(document: bytes) -> None:
    with pytest.raises(Malformed):
        read_capsule(document + b" ")


def _with_share(document: bytes, seat: int, file: bytes) -> bytes:
    files = json.loads(document)["shares"]
    files[seat - 1] = base64.b64encode(file).decode()
    return changed(document, shares=files)


def _gap(capsule: Capsule, seat: int, trustee: Trustee) -> Gap | None:
    try:
        open_share(capsule, seat, trustee.identity)
    except ShareError as error:
        return error.gap
    return None
