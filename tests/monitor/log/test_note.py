"""Signed notes against the C2SP examples, and against altered ones."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.log.note import (
    MAX_SIGNATURES,
    BadSignature,
    Kind,
    MalformedKey,
    MalformedNote,
    NoKnownSigner,
    NoteError,
    Signature,
    SigningKey,
    VerifierKey,
    add_signatures,
    open_note,
    sign,
    split_note,
)

# C2SP signed-note.md, "Example"
EXAMPLE_VKEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
EXAMPLE_NOTE = (
    "This is an example message.\n\n— example.com/foo "
    "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)
# golang.org/x/mod/sumdb/note, package example
GO_SKEY = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
GO_VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n\n— PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)

ALICE = SigningKey("alice.example", Kind.ED25519, bytes(range(32)))
BOB = SigningKey("bob.example", Kind.ED25519, bytes(range(1, 33)))
TEXT = "一行 / one line\n\n— not.a.signature AAAA\n"


def test_the_published_example_verifies_and_its_key_is_written_as_read() -> None:
    key = VerifierKey.parse(EXAMPLE_VKEY)
    assert str(key) == EXAMPLE_VKEY
    assert open_note(EXAMPLE_NOTE, [key]).text == "This is an example message.\n"


def test_we_sign_exactly_what_the_go_package_signs() -> None:
    key = SigningKey.parse(GO_SKEY)
    assert str(key.verifier) == GO_VKEY
    assert key.encode() == GO_SKEY
    text, _ = split_note(GO_NOTE)
    assert sign(text, key) == GO_NOTE


@given(st.integers(0, len(EXAMPLE_NOTE.encode()) * 8 - 1))
@settings(max_examples=300, deadline=None)
def test_no_flipped_bit_of_a_note_is_accepted(bit: int) -> None:
    altered = bytearray(EXAMPLE_NOTE.encode())
    altered[bit // 8] ^= 1 << (bit % 8)
    with pytest.raises(NoteError):
        open_note(bytes(altered), [VerifierKey.parse(EXAMPLE_VKEY)])


def test_a_text_with_blank_lines_and_dashes_is_split_at_the_last_blank_line() -> None:
    opened = open_note(sign(TEXT, ALICE, BOB), [ALICE.verifier, BOB.verifier])
    assert opened.text == TEXT
    assert [key.name for key, _ in opened.verified] == ["alice.example", "bob.example"]


def test_unknown_signatures_are_ignored_even_when_they_share_a_name() -> None:
    namesake = SigningKey("alice.example", Kind.ED25519, bytes(32))
    opened = open_note(sign(TEXT, namesake, ALICE, BOB), [ALICE.verifier])
    assert [key for key, _ in opened.verified] == [ALICE.verifier]


def test_a_note_without_a_known_signer_is_rejected() -> None:
    with pytest.raises(NoKnownSigner):
        open_note(sign(TEXT, BOB), [ALICE.verifier])


def test_a_known_key_that_fails_rejects_the_whole_note_wherever_it_stands() -> None:
    good, bad = ALICE.sign(TEXT), ALICE.sign("another text\n")
    known = [ALICE.verifier, BOB.verifier]
    for lines in [(bad,), (BOB.sign(TEXT), bad), (good, bad), (bad, good)]:
        with pytest.raises(BadSignature, match=r"alice\.example"):
            open_note(add_signatures(sign(TEXT, BOB), lines), known)


def test_a_signature_moved_to_another_text_is_rejected() -> None:
    other = "altered\n\n" + "".join(each.line() for each in split_note(sign(TEXT, ALICE))[1])
    with pytest.raises(BadSignature):
        open_note(other, [ALICE.verifier])


def test_adding_signatures_twice_adds_them_once() -> None:
    note = sign(TEXT, ALICE)
    both = add_signatures(note, [BOB.sign(TEXT), BOB.sign(TEXT)])
    assert add_signatures(both, [BOB.sign(TEXT)]) == both
    assert both == sign(TEXT, ALICE, BOB)


@pytest.mark.parametrize(
    "note",
    [
        "",
        "\n",
        "text\n",
        "text\n\n",
        "text\n\n— a\n",
        "text\n\n—  AAAAAAA=\n",
        "text\n\n- a AAAAAAA=\n",
        "text\n\n— a AAAA\n",
        "text\n\n— a AAAAAAA\n",
        "text\n\n— a AAAAAAB=\n",
        "text\n\n— a AAAAAAA=",
        "text\n\n— a AAAAAAA=\n\n",
        "text\n\n— a+b AAAAAAA=\n",
        "text\n\n— a\u00a0b AAAAAAA=\n",
        "te\x00xt\n\n— a AAAAAAA=\n",
        "text\r\n\r\n— a AAAAAAA=\r\n",
        "text\n\n— a AAAA-AA=\n",
        "\ud800\n\n— a AAAAAAA=\n",
        b"\xff\n\n\xe2\x80\x94 a AAAAAAA=\n",
        "text\n\n" + "— a AAAAAAA=\n" * (MAX_SIGNATURES + 1),
        "x" * (1 << 20) + "\n\n— a AAAAAAA=\n",
    ],
)
def test_malformed_notes_are_refused(note: str | bytes) -> None:
    with pytest.raises(MalformedNote):
        open_note(note, [ALICE.verifier])


@pytest.mark.parametrize(
    "vkey",
    [
        "",
        "example.com/foo",
        "example.com/foo+530d903a",
        EXAMPLE_VKEY.replace("530d903a", "530d903b"),
        EXAMPLE_VKEY.replace("530d903a", "530D903A"),
        EXAMPLE_VKEY.replace("/foo", "/bar"),
        EXAMPLE_VKEY[:-4],
        EXAMPLE_VKEY + "\n",
        EXAMPLE_VKEY.replace("+Ae", "+Be"),
        "+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
    ],
)
def test_malformed_verifier_keys_are_refused(vkey: str) -> None:
    with pytest.raises(MalformedKey):
        VerifierKey.parse(vkey)


def test_a_private_key_never_shows_itself() -> None:
    secret = ALICE.encode().rsplit("+", 1)[1]
    assert secret not in repr(ALICE)
    assert repr(bytes(range(32))) not in repr(ALICE)
    with pytest.raises(MalformedKey) as caught:
        SigningKey.parse(ALICE.encode().replace("alice", "alive"))
    assert secret not in str(caught.value)


def test_a_witness_key_cannot_sign_a_plain_note() -> None:
    witness = SigningKey.generate("w.example", Kind.COSIGNATURE)
    with pytest.raises(MalformedKey, match="type"):
        witness.sign(TEXT)
    with pytest.raises(MalformedKey, match="type"):
        ALICE.cosign(TEXT, 1)


def test_one_key_of_two_types_has_two_ids_so_neither_passes_for_the_other() -> None:
    witness = SigningKey(ALICE.name, Kind.COSIGNATURE, ALICE.seed)
    assert witness.verifier.key_id != ALICE.verifier.key_id
    relabelled = Signature(ALICE.name, witness.verifier.key_id, ALICE.sign(TEXT).payload)
    with pytest.raises(BadSignature):
        open_note(f"{TEXT}\n{relabelled.line()}", [witness.verifier])


@pytest.mark.parametrize("text", ["no newline", "bell\x07\n", "tab\t\n", "\ud800\n"])
def test_a_text_that_no_note_may_hold_is_not_signed(text: str) -> None:
    with pytest.raises(MalformedNote):
        ALICE.sign(text)
