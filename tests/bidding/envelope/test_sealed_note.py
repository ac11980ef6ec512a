"""Sealed notes: names that nobody reads before CLOSE."""

import json
from dataclasses import replace

import pytest

from bidding.envelope.age.file import encrypt_bytes
from bidding.envelope.age.key import new_identity, recipient_of
from bidding.envelope.capsule import Context, Kind, combine_shares, open_share
from bidding.envelope.roster import Roster
from bidding.envelope.sealed_note import (
    NoteError,
    check_note,
    open_note_with,
    read_note,
    seal_note,
)
from bidding.envelope.sharing.feldman import SharingError
from bidding.envelope.trustee.holder import Trustee
from monitor.log.canonical import canonical
from tests.bidding.envelope.world import LOT, TENDER

CONTEXT = Context(Kind.NOTE, TENDER, LOT, "note-1")
NAME = "甲建设有限公司 91350100M000100Y43".encode()


def open_note(data: bytes, given: dict[int, bytes]) -> bytes:
    note = read_note(data)
    return open_note_with(note, combine_shares(note.capsule, given))


def shares(note: bytes, trustees: list[Trustee], seats: list[int]) -> dict[int, bytes]:
    capsule = read_note(note).capsule
    return {seat: open_share(capsule, seat, trustees[seat - 1].identity) for seat in seats}


def test_three_trustees_read_the_note_and_two_do_not(
    roster: Roster, trustees: list[Trustee]
) -> None:
    note = seal_note(NAME, roster, CONTEXT)
    assert check_note(note, roster, CONTEXT) == []
    assert open_note(note, shares(note, trustees, [2, 4, 5])) == NAME
    with pytest.raises(SharingError):
        open_note(note, shares(note, trustees, [2, 4]))


def test_names_of_different_length_give_notes_of_one_length(roster: Roster) -> None:
    notes = [seal_note(text, roster, CONTEXT) for text in (b"", NAME, NAME * 20)]
    assert len({len(note) for note in notes}) == 1
    assert all(NAME not in note for note in notes)


def test_a_note_of_another_tender_is_refused(roster: Roster) -> None:
    note = seal_note(NAME, roster, CONTEXT)
    assert check_note(note, roster, replace(CONTEXT, tender="X")) != []
    assert check_note(b"{}", roster, CONTEXT) != []


def test_the_ciphertext_of_another_note_does_not_open(
    roster: Roster, trustees: list[Trustee]
) -> None:
    one, two = seal_note(NAME, roster, CONTEXT), seal_note(b"x", roster, CONTEXT)
    mixed = json.loads(one) | {"ciphertext": json.loads(two)["ciphertext"]}
    with pytest.raises(NoteError):
        open_note(canonical(mixed), shares(one, trustees, [1, 2, 3]))


@pytest.mark.parametrize(
    "padded", [b"\0\0\0\1x" + b"\1" * 1019, b"\0\0\4\0" + bytes(1020), b"\0\0\0\0" + bytes(1019)]
)
def test_a_note_with_hidden_text_or_a_false_length_is_refused(
    roster: Roster, padded: bytes
) -> None:
    identity = new_identity()
    ciphertext = encrypt_bytes(padded, [recipient_of(identity)])
    note = replace(read_note(seal_note(NAME, roster, CONTEXT)), ciphertext=ciphertext)
    with pytest.raises(NoteError, match="padding"):
        open_note_with(note, identity)


def test_a_note_of_64_kib_is_too_long(roster: Roster) -> None:
    assert seal_note(bytes(65532), roster, CONTEXT)
    with pytest.raises(NoteError):
        seal_note(bytes(65533), roster, CONTEXT)
