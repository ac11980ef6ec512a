"""A bid from folder to opening: honest rounds, stock tools, and everything that can be tampered with."""

import hashlib
import io
import json
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyrage
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from bidding.envelope.age.file import encrypt_bytes
from bidding.envelope.age.header import Stanza, write_header
from bidding.envelope.age.key import new_identity, recipient_of
from bidding.envelope.bid.acceptance import accept
from bidding.envelope.bid.invitation import Invitation, read_invitation
from bidding.envelope.bid.letter import SIZE, Bidder, Letter, write_letter
from bidding.envelope.bid.manifest import (
    Entry,
    Manifest,
    bid_leaf,
    read_manifest,
    sign_manifest,
)
from bidding.envelope.bid.object import (
    CAPSULE,
    LETTER,
    MANIFEST,
    PART,
    SIGNATURE,
    Meter,
    Objects,
    padded_size,
)
from bidding.envelope.bid.opening import Cause, OpeningError, open_bid, open_letter
from bidding.envelope.bid.seal import Draft, SealError, seal_bid
from bidding.envelope.capsule import Context, Kind, read_capsule, seal_capsule
from bidding.envelope.document import Malformed, digest, public_key
from bidding.envelope.finding import Finding, Weight, refused
from bidding.envelope.roster import Roster
from bidding.envelope.trustee.holder import Trustee
from tests.bidding.envelope.world import KINDS, LOT, TENDER, Bid, invite, make_bid, make_roster

NAMES = [LETTER, "att-001.age", "att-002.age", CAPSULE, MANIFEST, SIGNATURE]


def with_object(objects: Objects, name: str, data: bytes) -> Objects:
    return {**objects, name: lambda: io.BytesIO(data)}


def text(findings: list[Finding]) -> str:
    return " ".join(f"{finding.item}: {finding.message}" for finding in findings)


def resigned(bid: Bid, change: Callable[[Manifest], Manifest], objects: Objects) -> Objects:
    """The bidder itself signs a manifest that says something else."""
    with bid.objects[MANIFEST]() as file:
        manifest = change(read_manifest(file.read())).to_bytes()
    objects = with_object(objects, MANIFEST, manifest)
    return with_object(objects, SIGNATURE, sign_manifest(manifest, bid.signer))


def resealed(bid: Bid, name: str, ciphertext: bytes) -> Objects:
    """The bidder itself puts other ciphertext into its bid."""
    meter = Meter()
    meter.write(ciphertext)
    entry = Entry(name, meter.measured())
    objects = with_object(bid.objects, name, ciphertext)
    return resigned(
        bid,
        lambda m: replace(
            m, objects=tuple(entry if old.name == name else old for old in m.objects)
        ),
        objects,
    )


def manifest_digest(objects: Objects) -> str:
    with objects[MANIFEST]() as file:
        return digest(file.read())


def letter_of(bid: Bid) -> Letter:
    return open_letter(bid.objects, bid.sealed.identity, bid.sealed.manifest).letter


def test_an_honest_bid_is_accepted_and_opens_to_the_same_files(bid: Bid, tmp_path: Path) -> None:
    assert sorted(NAMES) == sorted(bid.objects)
    assert accept(bid.objects, bid.expected) == []
    opened = open_bid(bid.objects, bid.sealed.identity, bid.sealed.manifest, tmp_path / "out")
    assert opened.opened.letter.price_fen == 1_234_567
    assert opened.opened.findings == ()
    for path in opened.files:
        assert path.read_bytes() == (tmp_path / "bid-1-in" / path.name).read_bytes()
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["empty.txt", "技术标.pdf"]


def test_nothing_of_the_price_or_the_key_is_in_what_is_uploaded(bid: Bid) -> None:
    for path in bid.folder.iterdir():
        data = path.read_bytes()
        assert b"1234567" not in data
        assert b"SECRET" not in data
        assert "甲建设".encode() not in data
    assert bid.sealed.identity not in repr(bid.sealed)


def test_pyrage_and_debian_age_open_the_sealed_files(bid: Bid, tmp_path: Path) -> None:
    stock = pyrage.x25519.Identity.from_str(bid.sealed.identity)
    letter = pyrage.decrypt((bid.folder / LETTER).read_bytes(), [stock])
    assert json.loads(letter)["price_fen"] == "1234567"
    original = (tmp_path / "bid-1-in" / "技术标.pdf").read_bytes()
    opened = pyrage.decrypt((bid.folder / "att-002.age").read_bytes(), [stock])
    assert opened.rstrip(b"\0") == original
    if shutil.which("age") is None:
        pytest.skip("Debian program age is not on PATH")
    key = tmp_path / "R.txt"
    key.write_text(bid.sealed.identity + "\n")
    command = ["age", "-d", "-i", str(key), str(bid.folder / "att-002.age")]
    assert subprocess.run(command, capture_output=True, check=True).stdout == opened


@pytest.mark.parametrize("name", NAMES)
def test_one_byte_changed_in_any_object_is_refused_and_at_opening_blamed_on_the_platform(
    bid: Bid, name: str, tmp_path: Path
) -> None:
    with bid.objects[name]() as file:
        data = file.read()
    for place in (0, len(data) // 2, len(data) - 1):
        changed = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
        objects = with_object(bid.objects, name, changed)
        assert refused(accept(objects, bid.expected)) != []
        with pytest.raises(OpeningError) as caught:
            open_bid(objects, bid.sealed.identity, bid.sealed.manifest, tmp_path / f"o{place}")
        assert caught.value.cause is Cause.PLATFORM


@pytest.mark.parametrize("name", NAMES)
def test_a_missing_object_is_refused(bid: Bid, name: str) -> None:
    objects = {key: opener for key, opener in bid.objects.items() if key != name}
    assert f"{name}: 缺少" in text(accept(objects, bid.expected))


def test_an_object_outside_the_manifest_is_refused(bid: Bid) -> None:
    objects = with_object(bid.objects, "att-003.age", b"")
    assert "att-003.age: 清单之外" in text(accept(objects, bid.expected))


def test_a_plain_file_is_refused_by_the_rule_on_unsealed_bids(bid: Bid) -> None:
    found = accept(resealed(bid, "att-001.age", b"%PDF-1.7 plain"), bid.expected)
    assert [(finding.item, finding.rule[:12]) for finding in found] == [
        ("att-001.age", "电子招标投标办法 26；"[:12])
    ]
    found = accept({"投标文件.pdf": lambda: io.BytesIO(b"%PDF")}, bid.expected)
    assert any("26" in finding.rule and finding.item == "投标文件.pdf" for finding in found)


def test_a_second_reader_in_a_sealed_file_is_refused(bid: Bid) -> None:
    recipients = [recipient_of(bid.sealed.identity), recipient_of(new_identity())]
    found = accept(resealed(bid, LETTER, encrypt_bytes(bytes(SIZE), recipients)), bid.expected)
    assert "letter.age: stanza" in text(found)


def test_a_passphrase_stanza_is_refused(bid: Bid) -> None:
    stanza = Stanza(("scrypt", "A" * 22, "10"), bytes(32))
    ciphertext = write_header((stanza,), bytes(16)) + bytes(16 + SIZE + 16)
    found = accept(resealed(bid, LETTER, ciphertext), bid.expected)
    assert "letter.age: stanza" in text(found)


@pytest.mark.parametrize("size", [0, SIZE - 1, SIZE + 1])
def test_a_letter_of_another_length_is_refused_without_a_key(bid: Bid, size: int) -> None:
    ciphertext = encrypt_bytes(bytes(size), [recipient_of(bid.sealed.identity)])
    assert "padded" in text(accept(resealed(bid, LETTER, ciphertext), bid.expected))


def test_a_length_that_no_age_file_has_is_refused(bid: Bid) -> None:
    cut = (bid.folder / LETTER).read_bytes()[:-17]
    ciphertext = cut[: -(len(cut) - 65000) + 1]
    assert accept(resealed(bid, LETTER, ciphertext), bid.expected) != []


def test_a_manifest_signed_by_another_key_is_refused(bid: Bid) -> None:
    other = Ed25519PrivateKey.generate()
    data = (bid.folder / MANIFEST).read_bytes()
    objects = with_object(bid.objects, SIGNATURE, sign_manifest(data, other))
    assert "signature" in text(accept(objects, bid.expected))
    thief = replace(read_manifest(data), signer=public_key(other)).to_bytes()
    objects = with_object(bid.objects, MANIFEST, thief)
    objects = with_object(objects, SIGNATURE, sign_manifest(thief, other))
    assert "not this bidder's key" in text(accept(objects, bid.expected))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"tender": "X"}, "another tender"),
        ({"lot": "002"}, "another lot"),
        ({"bid": "bid-9"}, "another bid id"),
        ({"version": 2}, "another version"),
        ({"notice": "ef" * 32}, "other tender documents"),
    ],
)
def test_a_bid_for_something_else_is_refused(
    bid: Bid, change: dict[str, Any], message: str
) -> None:
    objects = resigned(bid, lambda m: replace(m, **change), bid.objects)
    assert message in text(accept(objects, bid.expected))


def test_a_bid_sealed_before_an_addendum_is_flagged_and_stays_valid(
    bid: Bid, invitation: Invitation
) -> None:
    later = replace(invitation, notice="99" * 32, earlier=(invitation.notice,))
    found = accept(bid.objects, replace(bid.expected, invitation=later))
    assert [finding.weight for finding in found] == [Weight.FLAG]
    again = replace(later, earlier=())
    assert refused(accept(bid.objects, replace(bid.expected, invitation=again))) != []


def test_a_bid_sealed_to_former_trustees_is_refused(bid: Bid, invitation: Invitation) -> None:
    roster = replace(invitation.roster, threshold=4)
    expected = replace(bid.expected, invitation=replace(invitation, roster=roster))
    assert "trustees have changed" in text(accept(bid.objects, expected))


def test_the_capsule_of_another_bid_is_refused(
    bid: Bid, tmp_path: Path, invitation: Invitation
) -> None:
    other = (make_bid(tmp_path, invitation, "bid-2").folder / CAPSULE).read_bytes()
    swapped = with_object(bid.objects, CAPSULE, other)
    assert "capsule.json: 与清单不符" in text(accept(swapped, bid.expected))
    signed = resigned(bid, lambda m: replace(m, capsule=digest(other)), swapped)
    assert "something else" in text(accept(signed, bid.expected))
    with pytest.raises(OpeningError) as caught:
        open_letter(signed, bid.sealed.identity, manifest_digest(signed))
    assert caught.value.cause is Cause.KEY


def test_the_key_of_another_bid_does_not_open_and_nobody_else_is_blamed(bid: Bid) -> None:
    for identity in (new_identity(), "AGE-SECRET-KEY-1RUBBISH"):
        with pytest.raises(OpeningError) as caught:
            open_letter(bid.objects, identity, bid.sealed.manifest)
        assert caught.value.cause is Cause.KEY
        assert identity not in str(caught.value)


def test_another_manifest_than_the_accepted_one_is_the_platforms_fault(bid: Bid) -> None:
    other = resigned(bid, lambda m: replace(m, salt="00" * 32), bid.objects)
    assert accept(other, bid.expected) == []
    with pytest.raises(OpeningError) as caught:
        open_letter(other, bid.sealed.identity, bid.sealed.manifest)
    assert caught.value.cause is Cause.PLATFORM


@pytest.mark.parametrize(
    "change", [{"tender": "X"}, {"lot": "9"}, {"bid": "bid-2"}, {"version": 7}, {"attachments": ()}]
)
def test_a_letter_that_was_made_for_something_else_is_the_bidders_fault(
    bid: Bid, change: dict[str, Any]
) -> None:
    letter = write_letter(replace(letter_of(bid), **change), bid.signer)
    objects = resealed(bid, LETTER, encrypt_bytes(letter, [recipient_of(bid.sealed.identity)]))
    assert accept(objects, bid.expected) == []
    with pytest.raises(OpeningError, match=next(iter(change))) as caught:
        open_letter(objects, bid.sealed.identity, manifest_digest(objects))
    assert caught.value.cause is Cause.BIDDER


def test_a_letter_copied_from_another_bidder_cannot_be_used(bid: Bid) -> None:
    letter = write_letter(letter_of(bid), Ed25519PrivateKey.generate())
    objects = resealed(bid, LETTER, encrypt_bytes(letter, [recipient_of(bid.sealed.identity)]))
    with pytest.raises(OpeningError, match="signer"):
        open_letter(objects, bid.sealed.identity, manifest_digest(objects))


def test_ciphertext_that_r_does_not_open_is_the_bidders_fault(bid: Bid) -> None:
    objects = resealed(bid, LETTER, encrypt_bytes(bytes(SIZE), [recipient_of(new_identity())]))
    assert accept(objects, bid.expected) == []
    with pytest.raises(OpeningError) as caught:
        open_letter(objects, bid.sealed.identity, manifest_digest(objects))
    assert caught.value.cause is Cause.BIDDER


def test_an_attachment_with_another_reading_than_the_letters_is_the_bidders_fault(
    bid: Bid, tmp_path: Path
) -> None:
    recipient = recipient_of(bid.sealed.identity)
    longer = (tmp_path / "bid-1-in" / "技术标.pdf").read_bytes().ljust(padded_size(140_009), b"\1")
    for number, plain in enumerate((bytes(padded_size(140_009)), longer)):
        objects = resealed(bid, "att-002.age", encrypt_bytes(plain, [recipient]))
        assert accept(objects, bid.expected) == []
        with pytest.raises(OpeningError, match=r"att-002.age") as caught:
            open_bid(
                objects, bid.sealed.identity, manifest_digest(objects), tmp_path / f"o{number}"
            )
        assert caught.value.cause is Cause.BIDDER
        assert not (tmp_path / f"o{number}" / "技术标.pdf").exists()


def test_a_capsule_for_another_r_than_the_files_were_sealed_to_does_not_open(
    bid: Bid, roster: Roster
) -> None:
    other = new_identity()
    capsule = seal_capsule(other, roster, Context(Kind.BID, TENDER, LOT, "bid-1"))
    objects = with_object(bid.objects, CAPSULE, capsule)
    objects = resigned(bid, lambda m: replace(m, capsule=digest(capsule)), objects)
    with pytest.raises(OpeningError) as caught:
        open_letter(objects, other, manifest_digest(objects))
    assert caught.value.cause is Cause.BIDDER


def test_a_folder_among_the_files_and_a_full_output_folder_are_refused(
    tmp_path: Path, invitation: Invitation
) -> None:
    bid = make_bid(tmp_path, invitation)
    with pytest.raises(FileExistsError):
        make_bid(tmp_path, invitation)
    (tmp_path / "bid-1-in" / "folder").mkdir()
    shutil.copytree(tmp_path / "bid-1-in", tmp_path / "bid-2-in")
    (tmp_path / "bid-3-in").mkdir()
    letter = letter_of(bid)
    draft = Draft("bid-2", 1, letter.bidder, 1, 1, "合格")
    with pytest.raises(SealError, match="folders"):
        seal_bid(tmp_path / "bid-2-in", tmp_path / "new", invitation, draft, bid.signer)
    with pytest.raises(SealError, match="not empty"):
        seal_bid(tmp_path / "bid-3-in", bid.folder, invitation, draft, bid.signer)


def test_two_sealings_of_the_same_files_share_nothing_but_sizes(
    tmp_path: Path, invitation: Invitation
) -> None:
    one = make_bid(tmp_path / "1", invitation)
    two = make_bid(tmp_path / "2", invitation)
    for name in ("att-001.age", "att-002.age", LETTER):
        first, second = (one.folder / name).read_bytes(), (two.folder / name).read_bytes()
        assert len(first) == len(second)
        assert first != second
    assert one.sealed.leaf != two.sealed.leaf
    recipients = [read_capsule((b.folder / CAPSULE).read_bytes()).recipient for b in (one, two)]
    assert recipients[0] != recipients[1]


def test_the_leaf_cannot_be_found_from_the_manifest_without_its_salt(bid: Bid) -> None:
    data = (bid.folder / MANIFEST).read_bytes()
    assert bid_leaf(data).hex() == bid.sealed.leaf
    assert bid.sealed.leaf != hashlib.sha256(data).hexdigest()
    other = replace(read_manifest(data), salt="00" * 32).to_bytes()
    assert bid_leaf(other) != bid_leaf(data)


def test_the_leaf_is_the_hash_that_the_format_says(bid: Bid) -> None:
    data = (bid.folder / MANIFEST).read_bytes()
    salt = bytes.fromhex(json.loads(data)["salt"])
    parts = b"batong-bid/1/bid-leaf\0" + salt + hashlib.sha256(data).digest()
    assert bid_leaf(data) == hashlib.sha256(parts).digest()


def test_the_signature_is_one_over_domain_and_bytes(bid: Bid) -> None:
    signature = bytes.fromhex((bid.folder / SIGNATURE).read_text().strip())
    data = (bid.folder / MANIFEST).read_bytes()
    bid.signer.public_key().verify(signature, b"batong-bid/1/manifest\0" + data)


def test_a_bid_of_no_price_is_not_sealed_and_leaves_nothing(
    tmp_path: Path, invitation: Invitation
) -> None:
    (tmp_path / "in").mkdir()
    draft = Draft("bid-1", 1, Bidder("甲", "91350100M000100Y43"), 0, 1, "合格")
    with pytest.raises(SealError, match="above zero"):
        seal_bid(tmp_path / "in", tmp_path / "out", invitation, draft, Ed25519PrivateKey.generate())
    assert not (tmp_path / "out").exists()


def test_the_same_randomness_gives_the_same_bytes_for_ever(tmp_path: Path) -> None:
    """The pinned digest is the format: a change of it is a new version of batong-bid."""
    stream = hashlib.shake_256(b"batong-bid/1 vector").digest(1 << 16)
    source = io.BytesIO(stream)
    trustees = [Trustee.create(tmp_path / kind, source.read) for kind in KINDS]
    signer = Ed25519PrivateKey.from_private_bytes(source.read(32))
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_bytes(b"a")
    draft = Draft("bid-1", 1, Bidder("甲", "91350100M000100Y43"), 100, 1, "合格")
    invitation = invite(make_roster(trustees))
    arguments = (tmp_path / "in", tmp_path / "out", invitation, draft, signer, source.read)
    pinned = "92c5b0e8011c36f18369772d903e05d719d34fec3ba5ff9ff2bc9339697047ac"
    assert seal_bid(*arguments).manifest == pinned


@pytest.mark.parametrize("order", [slice(None, None, -1), slice(1, None), slice(0, 0)])
def test_objects_in_another_order_or_without_a_letter_are_refused(bid: Bid, order: slice) -> None:
    objects = resigned(bid, lambda m: replace(m, objects=m.objects[order]), bid.objects)
    assert "wrong names or order" in text(accept(objects, bid.expected))


def test_an_invitation_reads_back_and_another_spelling_is_refused(roster: Roster) -> None:
    invitation = invite(roster)
    assert read_invitation(invitation.to_bytes()) == invitation
    with pytest.raises(Malformed):
        read_invitation(invitation.to_bytes().replace(b'"lot":"001"', b'"lot":""'))


def test_parts_of_8_mib_are_cut_where_they_should_be() -> None:
    meter = Meter()
    for _ in range(5):
        meter.write(bytes(PART // 2 + 1))
    parts = meter.measured().parts
    total = 5 * (PART // 2 + 1)
    assert parts[:2] == (hashlib.sha256(bytes(PART)).hexdigest(),) * 2
    assert parts[2:] == (hashlib.sha256(bytes(total - 2 * PART)).hexdigest(),)


@given(st.integers(min_value=0, max_value=1 << 45))
def test_padding_adds_at_most_an_eighth_above_64_kib_and_is_stable(size: int) -> None:
    padded = padded_size(size)
    assert size <= padded <= max(65536, size + size // 8)
    assert padded_size(padded) == padded
