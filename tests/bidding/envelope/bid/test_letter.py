"""The letter: one length, one signer, words against figures."""

import json
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bidding.envelope.bid.letter import (
    SIZE,
    Attachment,
    Bidder,
    Letter,
    _read_fen,
    check_file_name,
    price_findings,
    read_letter,
    write_letter,
)
from bidding.envelope.document import BadSignature, Malformed, public_key
from bidding.envelope.finding import Weight
from monitor.log.canonical import canonical
from trading.money import capital_amount

SIGNER = Ed25519PrivateKey.from_private_bytes(bytes(32))
LETTER = Letter(
    "T",
    "001",
    "bid-1",
    1,
    Bidder("甲建设有限公司", "91350100M000100Y43"),
    1_234_567,
    capital_amount(1_234_567),
    180,
    "合格",
    (Attachment("技术标.pdf", "att-001.age", 3, "ab" * 32),),
)


def test_a_letter_is_64_kib_and_reads_back_with_its_signer() -> None:
    data = write_letter(LETTER, SIGNER)
    assert len(data) == SIZE
    assert read_letter(data) == (LETTER, public_key(SIGNER))
    assert json.loads(data)["price_words"] == "人民币壹万贰仟叁佰肆拾伍元陆角柒分"


def test_a_changed_price_breaks_the_signature() -> None:
    value = json.loads(write_letter(LETTER, SIGNER)) | {"price_fen": "1"}
    with pytest.raises(BadSignature):
        read_letter(canonical(value).ljust(SIZE))


@pytest.mark.parametrize("fen", [0, -1])
def test_a_price_of_nothing_is_no_price(fen: int) -> None:
    with pytest.raises(Malformed, match="above zero"):
        read_letter(write_letter(replace(LETTER, price_fen=fen), SIGNER))


def test_another_signer_cannot_be_named_afterwards() -> None:
    other = public_key(Ed25519PrivateKey.generate())
    value = json.loads(write_letter(LETTER, SIGNER)) | {"signer": other}
    with pytest.raises(BadSignature):
        read_letter(canonical(value).ljust(SIZE))


def test_a_letter_of_another_length_or_with_hidden_text_after_it_is_refused() -> None:
    data = write_letter(LETTER, SIGNER)
    for bad in (data[:-1], data + b" ", data[:-5] + b"price"):
        with pytest.raises(Malformed):
            read_letter(bad)


def test_words_that_differ_from_figures_are_flagged_and_not_refused() -> None:
    assert price_findings(LETTER) == []
    found = price_findings(replace(LETTER, price_words="人民币壹万贰仟叁佰肆拾伍元整"))
    assert [finding.weight for finding in found] == [Weight.FLAG]
    assert "12,345.67" in found[0].message
    assert price_findings(replace(LETTER, price_words="about a million")) != []


def test_a_letter_longer_than_64_kib_is_refused() -> None:
    with pytest.raises(Malformed, match="64 KiB"):
        write_letter(replace(LETTER, quality="好" * 30_000), SIGNER)


@pytest.mark.parametrize("member", ["quality", "price_words"])
def test_a_letter_that_no_database_keeps_is_a_malformed_one(member: str) -> None:
    """Sealed by a tool of its maker's: it shuts its own bid, and holds up no other."""
    value = json.loads(write_letter(LETTER, SIGNER)) | {member: "合格\0"}
    told = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    with pytest.raises(Malformed, match="U\\+0000"):
        read_letter(told.encode().ljust(SIZE))


@pytest.mark.parametrize("price", ["01", "-1", "1.5", "", "1e3", "٣"])
def test_a_price_that_is_not_whole_fen_is_refused(price: str) -> None:
    with pytest.raises(Malformed):
        _read_fen(price)


def test_a_false_credit_code_or_two_files_of_one_name_are_refused() -> None:
    for letter in (
        replace(LETTER, bidder=Bidder("甲", "123")),
        replace(LETTER, attachments=LETTER.attachments * 2),
    ):
        with pytest.raises(Malformed):
            write_letter(letter, SIGNER)


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../etc/passwd", "a/b", "a\\b", "C:x", "a\0b", "a\n", " a", "字" * 70]
)
def test_a_file_name_that_could_leave_its_folder_is_refused(name: str) -> None:
    with pytest.raises(Malformed):
        check_file_name(name)
