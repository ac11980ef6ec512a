"""The machine that sends a bid is taken over; the bid key and the files lie on another one.

What the thief has: the session, the proven pseudonym, and the sealed folder on its way.
"""

from dataclasses import replace
from pathlib import Path
from shutil import copytree

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bidding.desk import Answer
from bidding.envelope.bid.letter import Bidder
from bidding.envelope.bid.manifest import read_manifest, sign_manifest
from bidding.envelope.bid.object import LETTER, MANIFEST, SIGNATURE
from bidding.envelope.bid.seal import Draft, seal_bid
from bidding.envelope.document import digest, sign
from bidding.envelope.receipt import verify_receipt
from bidding.submission import standing_bid, withdraw, withdrawal
from bidding.terms import invitation
from monitor.refusal import Conflict, Invalid
from tests.stories.tenderer import Tenderer, a_tenderer
from tests.stories.world import World, a_tender

PRICE = 612_345_678


@pytest.fixture(scope="module")
def victim(world: World) -> Tenderer:
    return a_tenderer(a_tender(world), PRICE)


@pytest.fixture(scope="module")
def sealed(victim: Tenderer) -> Path:
    """Sealed on the machine without a network, and carried over."""
    return victim.seal()


def send(victim: Tenderer, folder: Path) -> Answer:
    return victim.send(folder)


def refused_for(answer: Answer, words: str) -> bool:
    """Whether it was this and nothing else that was wrong with it."""
    told = answer.refusal
    return isinstance(told, Invalid) and words in told.message and "；" not in told.message


@pytest.mark.parametrize("name", ["letter.age", "att-001.age", "capsule.json", "manifest.json"])
def test_whatever_the_sending_machine_changes_is_refused(
    victim: Tenderer, sealed: Path, name: str, tmp_path: Path
) -> None:
    folder = copytree(sealed, tmp_path / "changed")
    data = bytearray((folder / name).read_bytes())
    data[len(data) // 2] ^= 1
    (folder / name).write_bytes(data)
    assert isinstance(send(victim, folder).refusal, Invalid)


def test_it_sends_no_bid_of_its_own_making_under_the_pseudonym(
    victim: Tenderer, sealed: Path, tmp_path: Path
) -> None:
    thief, plain = Ed25519PrivateKey.generate(), tmp_path / "plain"
    plain.mkdir()
    (plain / "a.txt").write_text("a", "utf-8")
    invited = victim.tender.world.ask(invitation, victim.tender.id, victim.tender.section)
    draft = Draft(victim.last.bid, 1, Bidder(victim.name, victim.uscc), 1_00, 1, "合格")
    seal_bid(plain, tmp_path / "own", invited, draft, thief)
    assert refused_for(send(victim, tmp_path / "own"), "not this bidder's key")
    mixed = copytree(sealed, tmp_path / "mixed")
    (mixed / LETTER).write_bytes((tmp_path / "own" / LETTER).read_bytes())
    told = read_manifest((mixed / MANIFEST).read_bytes())
    own = read_manifest((tmp_path / "own" / MANIFEST).read_bytes())
    bent = replace(told, objects=(own.objects[0], *told.objects[1:])).to_bytes()
    (mixed / MANIFEST).write_bytes(bent)
    (mixed / SIGNATURE).write_bytes(sign_manifest(bent, thief))
    assert refused_for(send(victim, mixed), "the signature does not hold")


def test_it_reads_no_price_and_no_name(victim: Tenderer, sealed: Path) -> None:
    everything = b"".join(path.read_bytes() for path in sealed.iterdir())
    for secret in (str(PRICE), victim.name, victim.uscc, victim.sentence, victim.last.identity):
        assert secret.encode() not in everything


def test_what_was_sealed_elsewhere_is_what_the_receipt_names_and_the_thief_takes_none_of_it_back(
    victim: Tenderer, sealed: Path
) -> None:
    """The digest was read off the other machine's screen: it is compared by eye."""
    answer = send(victim, sealed)
    desk, tender = victim.tender.world.desk, victim.tender
    key = desk.signer.public_key().public_bytes_raw().hex()
    receipt, _ = verify_receipt(answer.receipt, key)
    assert receipt.manifest == victim.last.manifest == digest((sealed / MANIFEST).read_bytes())
    statement = withdrawal(tender.id, tender.section, victim.last.bid)
    forged = sign("withdrawal", statement, Ed25519PrivateKey.generate())
    refusal = victim.refused(withdraw, section=tender.section, signature=forged)
    assert isinstance(refusal, Invalid)
    again = send(victim, sealed).refusal
    assert isinstance(again, Conflict | Invalid), "nor does the same again supersede it"
    bid = tender.world.ask(standing_bid, tender.id, tender.section, victim.mask)
    assert (bid.manifest, bid.version) == (victim.last.manifest, 1)
