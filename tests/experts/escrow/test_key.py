"""A VRF key in escrow: two of three give it back, and who hands on a false piece is known."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bidding.envelope.trustee.holder import Trustee
from experts import draw_verify
from experts.custody import Custody
from experts.draw.bundle import verify_bundle
from experts.draw.curve import vrf
from experts.draw.encoding import DrawError, sign, signing_public
from experts.draw.header import read_signed
from experts.escrow.key import (
    Handed,
    check_handed,
    handed_letter,
    read_deal,
    read_dealt,
    read_handed,
    rebuilt,
)
from experts.escrow.succession import SUCCESSION, statement, succeeded
from monitor.log.canonical import JSON, canonical
from tests.experts.draw_world import T_KEY, World
from tests.experts.escrow.bending import Papers, bent, verdicts
from tests.experts.escrow.held import a_succeeded_draw, dealt, holder_of, sealed, the_devices

HEIR_KEY, HH = bytes([9]) * 32, bytes(range(32))
HEIR = signing_public(HEIR_KEY)


@pytest.fixture(scope="module")
def devices(tmp_path_factory: pytest.TempPathFactory) -> list[Trustee]:
    return the_devices(tmp_path_factory.mktemp("holders"))


@pytest.fixture(scope="module")
def custody(tmp_path_factory: pytest.TempPathFactory) -> Custody:
    return Custody.create(tmp_path_factory.mktemp("agent") / "own")


def test_any_two_pieces_prove_as_the_key_itself_and_one_fits_every_key(
    custody: Custody, devices: list[Trustee]
) -> None:
    deal, pieces = dealt(custody, devices, HEIR)
    public, alpha = bytes.fromhex(str(custody.public()["vrf"])), b"alpha"
    for pair in ((1, 2), (1, 3), (2, 3)):
        key = rebuilt(deal, [Handed(x, pieces[x], "") for x in pair])
        assert key is not None
        output = vrf.verify(public, alpha, vrf.prove_shared(key, alpha))
        assert output == vrf.verify(public, alpha, custody.prove(alpha))
    assert rebuilt(deal, [Handed(1, pieces[1], "")]) is None
    y = int.from_bytes(pieces[1], "big")
    for other in (1, 2, vrf.ORDER - 1):  # through one point and any key there is a line
        slope = (y - other) % vrf.ORDER
        assert (other + slope) % vrf.ORDER == y


def test_a_false_piece_fits_nothing_and_never_makes_another_key(
    custody: Custody, devices: list[Trustee]
) -> None:
    deal, pieces = dealt(custody, devices, HEIR)
    bent = ((int.from_bytes(pieces[2], "big") + 1) % vrf.ORDER).to_bytes(32, "big")
    for false in (bent, bytes(32), b"\xff" * 32, pieces[3]):
        assert not deal.fits(2, false)
        assert rebuilt(deal, [Handed(1, pieces[1], ""), Handed(2, false, "")]) is None
    three = [Handed(1, pieces[1], ""), Handed(2, bent, ""), Handed(3, pieces[3], "")]
    assert rebuilt(deal, three) is not None


def test_a_dealer_that_deals_a_false_piece_is_found_at_once(
    custody: Custody, devices: list[Trustee]
) -> None:
    deal, pieces = dealt(custody, devices, HEIR)
    letter: dict[str, JSON] = {
        "heir": HEIR.hex(), "piece": pieces[2].hex(), "role": "I", "signer": deal.signer.hex(),
        "vrf": deal.vrf.hex(), "x": 1,
    }  # fmt: skip
    with pytest.raises(DrawError, match="line"):
        read_dealt(canonical(letter), deal, 1)
    for name, other in (("role", "C"), ("vrf", "00" * 32), ("x", 2)):
        with pytest.raises(DrawError, match="another"):
            read_dealt(canonical({**letter, name: other}), deal, 1)
    for name in ("signer", "heir"):
        with pytest.raises(DrawError, match="another"):
            read_dealt(canonical({**letter, name: "00" * 32}), deal, 1)


def test_a_deal_is_signed_by_its_own_machine_and_of_a_key_that_is_one(
    custody: Custody, devices: list[Trustee]
) -> None:
    told = custody.deal("I", [holder_of(one) for one in devices], HEIR, sealed)
    signer = bytes.fromhex(str(custody.public()["sign"]))
    assert read_deal(told, signer).heir == HEIR
    with pytest.raises(DrawError):
        read_deal(told, HEIR)
    for name, other in (("heir", ""), ("slope", "00" * 32), ("vrf", "01" + "00" * 31)):
        with pytest.raises(DrawError):
            read_deal({**told, name: other}, signer)
    twice = custody.deal("I", [holder_of(devices[n]) for n in (0, 1, 1)], HEIR, sealed)
    with pytest.raises(DrawError):
        read_deal(twice, signer)


def test_a_piece_is_handed_on_for_one_draw_under_its_holders_signature(
    custody: Custody, devices: list[Trustee]
) -> None:
    deal, pieces = dealt(custody, devices, HEIR)
    letter = handed_letter(HH, deal, 1, pieces[1], lambda d: devices[0].signer.sign(d).hex())
    found = read_handed(letter, HH, deal, 1)
    assert found.piece == pieces[1]
    with pytest.raises(DrawError, match="another draw"):
        read_handed(letter, bytes(32), deal, 1)
    with pytest.raises(DrawError, match="another draw"):
        read_handed(letter, HH, deal, 2)
    for said in (replace(found, piece=pieces[2]), replace(found, x=2)):
        with pytest.raises(DrawError, match="signature"):
            check_handed(HH, deal, said)


def test_a_true_piece_of_another_deal_of_the_key_is_proof_against_nobody(
    custody: Custody, devices: list[Trustee]
) -> None:
    asked, _ = dealt(custody, devices, HEIR)
    other, pieces = dealt(custody, devices, HEIR)  # what a platform shows the holder instead
    letter = handed_letter(HH, other, 1, pieces[1], lambda d: devices[0].signer.sign(d).hex())
    found = read_handed(letter, HH, other, 1)
    with pytest.raises(DrawError, match="another deal"):
        read_handed(letter, HH, asked, 1)
    assert not asked.fits(1, found.piece)
    with pytest.raises(DrawError, match="signature"):  # made public, it would help to the key
        check_handed(HH, asked, found)


@pytest.fixture(scope="module")
def bundle(devices: list[Trustee], tmp_path_factory: pytest.TempPathFactory) -> bytes:
    world = World(tmp_path_factory.mktemp("draw") / "w")
    return a_succeeded_draw(world, devices, HEIR_KEY)


def test_a_draw_with_a_lost_agent_verifies_and_says_so(bundle: bytes) -> None:
    assert verdicts(bundle) == ("final", "")
    for step in (verify_bundle(bundle).steps[4].detail, draw_verify.verify(bundle)[4][2]):
        assert step.endswith(
            "the key of I was recovered by holders 1 and 3, who signed for a deputy"
        )


def _left_out(papers: Papers) -> None:
    del papers[SUCCESSION]


def test_a_successor_that_is_not_in_the_bundle_signs_nothing(bundle: bytes) -> None:
    assert verdicts(bent(bundle, _left_out))[0] == "reveals"


def _by_one(papers: Papers) -> None:
    papers[SUCCESSION]["given"][1] = dict(papers[SUCCESSION]["given"][0])


def _by_one_alone(papers: Papers) -> None:
    del papers[SUCCESSION]["given"][1]


def _another_place(papers: Papers) -> None:
    papers[SUCCESSION]["given"][1]["x"] = 2


def _another_heir(papers: Papers) -> None:
    papers[SUCCESSION]["sign"] = signing_public(T_KEY).hex()


def _another_role(papers: Papers) -> None:
    papers[SUCCESSION]["role"] = "T"


def _another_time(papers: Papers) -> None:
    papers[SUCCESSION]["given"][0]["at"] += 1


def _unsigned(papers: Papers) -> None:
    papers[SUCCESSION]["given"][0]["sig"] = "00" * 64


@pytest.mark.parametrize(
    "bend",
    [_by_one, _by_one_alone, _another_place, _another_heir, _another_role, _another_time,
     _unsigned],
)  # fmt: skip
def test_a_succession_that_is_bent_is_refused_by_both_verifiers(
    bundle: bytes, bend: Callable[[Papers], None]
) -> None:
    assert verdicts(bent(bundle, bend))[0] == "commits"


def test_holders_that_sign_before_the_time_for_revealing_is_over_give_nothing(
    bundle: bytes, devices: list[Trustee]
) -> None:
    def bend(papers: Papers) -> None:
        header = papers["header.json"]["header"]
        when = header["t_reveal"]
        told = papers[SUCCESSION]["given"]
        hh = read_hh(papers)
        for one in told:
            signer = devices[one["x"] - 1].signer
            one |= {"at": when, "sig": signer.sign(statement(hh, "I", HEIR, one["x"], when)).hex()}

    assert verdicts(bent(bundle, bend))[0] == "commits"


def read_hh(papers: Papers) -> bytes:
    return read_signed(papers["header.json"], "header").hh


def test_a_side_without_holders_has_no_successor(tmp_path: Path) -> None:
    world = World(tmp_path / "w")
    world.file()
    commits = world.commit()
    header = world.centre.custody.papers(world.draw).header()
    told = {"given": [], "role": "I", "sign": HEIR.hex()}
    with pytest.raises(DrawError, match="no holders"):
        succeeded(header, commits["commits"], told)  # type: ignore[call-overload,index]


def test_a_signature_of_neither_machine_is_refused(bundle: bytes) -> None:
    def bend(papers: Papers) -> None:
        closed = bytes.fromhex(papers["reveals.json"]["closed"])
        papers["reveals.json"]["signatures"]["I"] = sign(T_KEY, closed)

    assert verdicts(bent(bundle, bend))[0] == "reveals"
