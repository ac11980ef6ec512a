"""CLOSE, unlock and combine: six bids, of which five release their own key, and trustees who cheat."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bidding.envelope.age.file import encrypt_bytes
from bidding.envelope.bid.invitation import Invitation
from bidding.envelope.bid.manifest import read_manifest
from bidding.envelope.bid.object import CAPSULE, MANIFEST
from bidding.envelope.bid.opening import open_bid
from bidding.envelope.capsule import Context, Gap, Kind, read_capsule, share_text
from bidding.envelope.document import BadSignature, digest, write_signed
from bidding.envelope.roster import Roster
from bidding.envelope.sealed_note import open_note_with, read_note, seal_note
from bidding.envelope.trustee.batch import (
    BatchError,
    Request,
    Undecrypted,
    check_batch,
    combine_batches,
)
from bidding.envelope.trustee.close import (
    Accepted,
    Close,
    CloseError,
    accept_set,
    check_accepted,
    lock_bid,
    lock_note,
    prove_accepted,
    read_close,
)
from bidding.envelope.trustee.holder import (
    Trustee,
    TrusteeError,
    check_ready,
    readiness_challenge,
)
from monitor.log.tree import BadProof
from tests.bidding.envelope.test_capsule import _with_share
from tests.bidding.envelope.world import (
    CLOSED,
    LOT,
    TENDER,
    Bid,
    close_over,
    make_bid,
    request_for,
    witnessed,
)

LATER = CLOSED + timedelta(seconds=5)


class NotWitnessedError(Exception):
    pass


def not_witnessed(close: Close) -> None:
    raise NotWitnessedError


@pytest.fixture
def bids(tmp_path: Path, invitation: Invitation) -> list[Bid]:
    return [make_bid(tmp_path, invitation, f"bid-{n}", 100_000 + n) for n in range(1, 7)]


def test_five_bidders_release_their_keys_and_trustees_open_the_sixth(
    bids: list[Bid], trustees: list[Trustee], tmp_path: Path
) -> None:
    released = {bid.sealed.bid: bid.sealed.identity for bid in bids[:5]}
    request = request_for(bids, frozenset(released))
    answers = [trustee.unlock(request, witnessed, LATER) for trustee in trustees[1:4]]
    batches = [check_batch(answer, request) for answer in answers]
    assert all(batch.gaps == dict.fromkeys(released, Gap.RELEASED) for batch in batches)
    assert all(set(batch.shares) == {"bid-6"} for batch in batches)
    keys = released | {k: str(v) for k, v in combine_batches(request, batches).items()}
    assert keys["bid-6"] == bids[5].sealed.identity
    for bid in bids:
        name = bid.sealed.bid
        opened = open_bid(bid.objects, keys[name], bid.sealed.manifest, tmp_path / f"{name}-out")
        assert opened.opened.letter.price_fen == 100_000 + int(name[-1])


def test_two_batches_open_nothing_and_say_so(bids: list[Bid], trustees: list[Trustee]) -> None:
    request = request_for(bids[:2])
    batches = [check_batch(t.unlock(request, witnessed, LATER), request) for t in trustees[:2]]
    found = combine_batches(request, batches)
    assert all(isinstance(result, Undecrypted) for result in found.values())
    assert set(found) == {"bid-1", "bid-2"}


def test_a_trustee_gives_nothing_for_a_close_that_is_not_witnessed(
    bids: list[Bid], trustees: list[Trustee]
) -> None:
    with pytest.raises(NotWitnessedError):
        trustees[0].unlock(request_for(bids), not_witnessed, LATER)


def test_a_trustee_gives_nothing_before_the_deadline(
    bids: list[Bid], trustees: list[Trustee]
) -> None:
    with pytest.raises(TrusteeError, match="future"):
        trustees[0].unlock(request_for(bids), witnessed, CLOSED - timedelta(microseconds=1))


def test_a_trustee_opens_no_selection_and_no_addition(
    bids: list[Bid], trustees: list[Trustee]
) -> None:
    close = close_over(bids[:3])
    for chosen in (bids[:2], bids[:4], [*bids[:2], bids[5]], [*bids[:2], bids[0]]):
        request = replace(request_for(chosen), close=close)
        with pytest.raises(CloseError):
            trustees[0].unlock(request, witnessed, LATER)


def test_a_trustee_refuses_a_close_of_another_lot_over_the_same_bids(
    bids: list[Bid], trustees: list[Trustee]
) -> None:
    request = request_for(bids)
    for close in (replace(request.close, lot="002"), replace(request.close, tender="X")):
        with pytest.raises(CloseError, match="something else"):
            trustees[0].unlock(replace(request, close=close), witnessed, LATER)


def test_a_capsule_that_is_not_the_one_in_the_manifest_cannot_be_brought_to_trustees(
    bids: list[Bid],
) -> None:
    manifest = (bids[0].folder / MANIFEST).read_bytes()
    with pytest.raises(CloseError):
        lock_bid(manifest, (bids[1].folder / CAPSULE).read_bytes())


def test_bids_cannot_be_unlocked_under_the_name_of_notes(
    bids: list[Bid], trustees: list[Trustee]
) -> None:
    request = request_for(bids)
    close = replace(request.close, notes=request.close.bids)
    with pytest.raises(CloseError):
        trustees[0].unlock(replace(request, close=close, kind=Kind.NOTE), witnessed, LATER)


def test_a_device_without_a_seat_is_refused(bids: list[Bid], tmp_path: Path) -> None:
    stranger = Trustee.create(tmp_path / "stranger")
    with pytest.raises(TrusteeError, match="no seat"):
        stranger.unlock(request_for(bids), witnessed, LATER)


def forged(batch: bytes, trustee: Trustee, **changes: object) -> bytes:
    """The trustee itself signs something else."""
    value = {**json.loads(batch), **changes}
    del value["signature"], value["v"]
    return write_signed("batch", trustee.signer, **value)


def test_a_wrong_share_is_blamed_on_its_trustee_and_the_others_still_open(
    bids: list[Bid], trustees: list[Trustee]
) -> None:
    request = request_for(bids[:2])
    answers = [t.unlock(request, witnessed, LATER) for t in trustees[:4]]
    entries = json.loads(answers[2])["entries"]
    entries[1]["share"] = entries[0]["share"]
    answers[2] = forged(answers[2], trustees[2], entries=entries)
    batches = [check_batch(answer, request) for answer in answers]
    assert [len(batch.faults) for batch in batches] == [0, 0, 1, 0]
    fault = batches[2].faults[0]
    assert fault.item == "bid-2"
    assert "seat 3" in fault.message
    assert "notary" in fault.message
    found = combine_batches(request, batches)
    assert found == {bid.sealed.bid: bid.sealed.identity for bid in bids[:2]}


def test_a_batch_that_leaves_a_bid_out_or_twice_is_refused(
    bids: list[Bid], trustees: list[Trustee]
) -> None:
    request = request_for(bids)
    answer = trustees[0].unlock(request, witnessed, LATER)
    entries = json.loads(answer)["entries"]
    for bad in (entries[1:], [*entries, entries[0]], []):
        with pytest.raises(BatchError, match="centre"):
            check_batch(forged(answer, trustees[0], entries=bad), request)


def test_a_batch_changed_signed_by_another_or_for_another_close_is_refused(
    bids: list[Bid], trustees: list[Trustee]
) -> None:
    request = request_for(bids)
    answer = trustees[0].unlock(request, witnessed, LATER)
    with pytest.raises(BadSignature):
        check_batch(answer.replace(b'"gap":""', b'"gap":"garbled"', 1), request)
    with pytest.raises(BadSignature):
        check_batch(forged(answer, trustees[1]), request)
    later = replace(request.close, closed_at=LATER)
    with pytest.raises(BatchError, match="another CLOSE"):
        check_batch(answer, replace(request, close=later))
    stranger = {"recipient": trustees[1].device.recipient}
    with pytest.raises(BatchError, match="no trustee"):
        check_batch(forged(answer, trustees[0], **stranger), request)


def test_a_bidder_who_deals_garbage_to_some_trustees_cannot_stop_the_opening(
    bids: list[Bid], trustees: list[Trustee], roster: Roster
) -> None:
    bid = bids[0]
    document = (bid.folder / CAPSULE).read_bytes()
    context = Context(Kind.BID, TENDER, LOT, bid.sealed.bid)
    recipient = read_capsule(document).recipient
    false = share_text(context, recipient, 1, bytes(32))
    mine = trustees[0].device.recipient
    document = _with_share(document, 1, encrypt_bytes(false, [mine]))
    document = _with_share(document, 2, encrypt_bytes(bytes(len(false)), [mine]))
    manifest = read_manifest((bid.folder / MANIFEST).read_bytes())
    manifest = replace(manifest, capsule=digest(document))
    item = lock_bid(manifest.to_bytes(), document)
    close = Close(TENDER, LOT, CLOSED, accept_set([item.leaf]), accept_set([]))
    request = Request(close, roster, Kind.BID, (item,))
    batches = [check_batch(t.unlock(request, witnessed, LATER), request) for t in trustees]
    assert [b.gaps.get("bid-1") for b in batches[:3]] == [Gap.WRONG_SHARE, Gap.NOT_MINE, None]
    assert combine_batches(request, batches) == {"bid-1": bid.sealed.identity}


def test_every_bidder_can_show_its_leaf_under_close_and_nobody_else_can(bids: list[Bid]) -> None:
    close = close_over(bids)
    leaves = [bid.locked.leaf for bid in bids]
    for leaf in leaves:
        index, path = prove_accepted(leaves, leaf)
        check_accepted(close.bids, leaf, index, path)
        with pytest.raises(BadProof):
            check_accepted(close.bids, bytes(32), index, path)
    assert accept_set(leaves[::-1]) == close.bids
    assert accept_set(leaves[1:]) != close.bids


def test_close_reads_back_and_two_times_are_two_statements(bids: list[Bid]) -> None:
    close = close_over(bids)
    assert read_close(close.to_bytes()) == close
    assert replace(close, closed_at=LATER).digest != close.digest


def test_notes_are_unlocked_by_the_same_quorum(roster: Roster, trustees: list[Trustee]) -> None:
    names = {f"note-{n}": f"公司 {n}".encode() for n in range(3)}
    notes = {
        key: seal_note(text, roster, Context(Kind.NOTE, TENDER, LOT, key))
        for key, text in names.items()
    }
    items = tuple(lock_note(note) for note in notes.values())
    closed = accept_set([item.leaf for item in items])
    close = Close(TENDER, LOT, CLOSED, Accepted(0, accept_set([]).root), closed)
    request = Request(close, roster, Kind.NOTE, items)
    batches = [check_batch(t.unlock(request, witnessed, LATER), request) for t in trustees[2:]]
    for key, identity in combine_batches(request, batches).items():
        assert open_note_with(read_note(notes[key]), str(identity)) == names[key]


def test_a_key_folder_is_its_owners_alone_and_loads_again(tmp_path: Path) -> None:
    made = Trustee.create(tmp_path / "keys")
    assert Trustee.load(tmp_path / "keys").device == made.device
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "keys").iterdir()} == {0o600}
    assert made.identity not in repr(made)
    with pytest.raises(FileExistsError):
        Trustee.create(tmp_path / "keys")


def test_readiness_is_proven_by_the_right_device_only(
    roster: Roster, trustees: list[Trustee]
) -> None:
    seat = roster.seats[0]
    challenge, expected = readiness_challenge(seat)
    answer = trustees[0].answer(challenge)
    assert check_ready(answer, seat, expected) == trustees[0].device
    with pytest.raises(TrusteeError):
        trustees[1].answer(challenge)
    with pytest.raises(TrusteeError):
        check_ready(answer, seat, "00" * 32)
    with pytest.raises(TrusteeError):
        check_ready(answer, roster.seats[1], expected)


def test_a_real_share_sent_as_a_readiness_test_does_not_come_out(
    bids: list[Bid], trustees: list[Trustee]
) -> None:
    capsule = read_capsule((bids[0].folder / CAPSULE).read_bytes())
    with pytest.raises(TrusteeError) as caught:
        trustees[0].answer(capsule.shares[0])
    assert "scalar" not in str(caught.value) or "members" in str(caught.value)
