"""A share that did not come: what two of three open is checked by all who check a draw."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bidding.envelope.trustee.holder import Trustee
from experts.draw.bundle import verify_bundle
from experts.draw.encoding import DrawError, sign
from experts.draw.header import read_signed
from experts.draw.seed import commit_statement
from experts.escrow.recovery import (
    HOLDERS,
    PRIME,
    Piece,
    deal,
    escrow_of,
    joined,
    read_escrow,
    read_letter,
)
from monitor.log.canonical import canonical
from tests.experts.draw_world import T_KEY, T_SHARE, World, a_whole_draw
from tests.experts.escrow.bending import Papers, bent, verdicts
from tests.experts.escrow.held import a_copy, a_recovered_draw, holder_of, signed, the_devices
from trading.archive.canonical_zip import canonical_zip, read_canonical

HH = bytes(range(32))


@pytest.fixture(scope="module")
def devices(tmp_path_factory: pytest.TempPathFactory) -> list[Trustee]:
    return the_devices(tmp_path_factory.mktemp("holders"))


@pytest.fixture(scope="module")
def bundle(devices: list[Trustee], tmp_path_factory: pytest.TempPathFactory) -> bytes:
    world = World(tmp_path_factory.mktemp("draw") / "w")
    return a_recovered_draw(world, devices, (1, 3))


def test_any_two_pieces_give_the_share_and_one_fits_every_share() -> None:
    share = bytes(range(200, 232))
    pieces = [Piece(x, 0, data, "") for x, data in enumerate(deal(share), 1)]
    for pair in ((0, 1), (0, 2), (1, 2)):
        assert joined([pieces[n] for n in pair]) == share
    y = int.from_bytes(pieces[0].data, "big")
    for other in (bytes(32), bytes([255]) * 32):
        r = int.from_bytes(other, "big")
        line = ((r + (y - r) * 2) % PRIME).to_bytes(33, "big")
        assert joined([pieces[0], Piece(2, 0, line, "")]) == other


def test_pieces_that_give_more_than_32_bytes_are_no_share() -> None:
    high = (2**256).to_bytes(33, "big")
    assert joined([Piece(1, 0, high, ""), Piece(2, 0, high, "")]) is None


def test_a_draw_whose_tenderee_went_away_verifies_with_its_recovery(bundle: bytes) -> None:
    assert verdicts(bundle) == ("final", "")
    assert "recovery.json" in read_canonical(bundle)
    assert "revealed, recovered" in verify_bundle(bundle).steps[5].detail


def _gone(papers: Papers) -> None:
    del papers["recovery.json"]


def _by_one_holder(papers: Papers) -> None:
    pieces = papers["recovery.json"][0]["pieces"]
    pieces[1] = dict(pieces[0])


def _unsigned(papers: Papers) -> None:
    papers["recovery.json"][0]["pieces"][1]["sig"] = "00" * 64


def _another_holders_place(papers: Papers) -> None:
    papers["recovery.json"][0]["pieces"][1]["x"] = 2


def _of_another_role(papers: Papers) -> None:
    papers["recovery.json"][0]["role"] = "I"


def _after_the_dice(papers: Papers) -> None:
    papers["recovery.json"][0]["pieces"][0]["at"] += 1000


def _said_to_be_revealed(papers: Papers) -> None:
    papers["reveals.json"]["reveals"][1]["how"] = "revealed"


@pytest.mark.parametrize(
    "bend",
    [_gone, _by_one_holder, _unsigned, _another_holders_place, _of_another_role, _after_the_dice,
     _said_to_be_revealed],
)  # fmt: skip
def test_a_recovery_that_is_bent_is_refused_by_both_verifiers(
    bundle: bytes, bend: Callable[[Papers], None]
) -> None:
    assert verdicts(bent(bundle, bend))[0] == "reveals"


@pytest.mark.parametrize("when", [0, 60, 1000])
def test_a_piece_opened_before_or_after_its_time_is_refused_though_signed(
    bundle: bytes, devices: list[Trustee], when: int
) -> None:
    def bend(papers: Papers) -> None:
        header = read_signed(papers["header.json"], "header")
        opened = bytes.fromhex(papers["commits.json"]["open"])
        piece = papers["recovery.json"][0]["pieces"][0]
        data, moment = bytes.fromhex(piece["piece"]), header.number("t_commit") + when
        anew = signed(devices[0], header, opened, "T", 1, moment, data)
        papers["recovery.json"][0]["pieces"][0] = anew.value()

    assert verdicts(bent(bundle, bend)) == ("reveals", "escrow T")


def test_pieces_of_another_share_do_not_give_the_committed_one(
    bundle: bytes, devices: list[Trustee]
) -> None:
    def bend(papers: Papers) -> None:
        header = read_signed(papers["header.json"], "header")
        opened = bytes.fromhex(papers["commits.json"]["open"])
        when, wrong = header.number("t_reveal") + 1, deal(bytes(32))
        papers["recovery.json"][0]["pieces"] = [
            signed(devices[x - 1], header, opened, "T", x, when, wrong[x - 1]).value()
            for x in (1, 3)
        ]

    assert verdicts(bent(bundle, bend)) == ("reveals", "escrow T")


def test_a_recovery_where_nothing_was_recovered_is_too_much(
    devices: list[Trustee], bundle: bytes, tmp_path: Path
) -> None:
    world = a_whole_draw(tmp_path / "w")
    world.finish()
    told = read_canonical(bundle)["recovery.json"]
    members = read_canonical(world.centre.bundle(world.draw))
    assert verdicts(canonical_zip({**members, "recovery.json": told}))[0] == "reveals"


def test_a_copy_with_a_holder_twice_is_none(bundle: bytes, devices: list[Trustee]) -> None:
    twice = [devices[0], devices[1], devices[1]]

    def bend(papers: Papers) -> None:
        header = read_signed(papers["header.json"], "header")
        row = papers["commits.json"]["commits"][1]
        copy = a_copy(twice, header.hh, "T", T_SHARE)
        said = commit_statement(header.hh, "T", bytes.fromhex(row["c"]), copy)
        row |= {"escrow": copy.hex(), "sig": sign(T_KEY, said)}

    assert verdicts(bent(bundle, bend))[0] == "reveals"
    with pytest.raises(DrawError):
        read_escrow(a_copy(twice, HH, "T", T_SHARE), "escrow")


def test_a_letter_of_another_draw_side_or_place_is_not_opened_as_ones_own(
    devices: list[Trustee],
) -> None:
    letter = canonical({"hh": HH.hex(), "piece": "00" * 33, "role": "I", "x": 1})
    assert read_letter(letter, HH, "I", 1) == bytes(33)
    for hh, role, x in ((bytes(32), "I", 1), (HH, "T", 1), (HH, "I", 2)):
        with pytest.raises(DrawError):
            read_letter(letter, hh, role, x)


def test_a_copy_names_its_three_holders_and_bytes_of_before_are_none(
    devices: list[Trustee],
) -> None:
    copy = read_escrow(a_copy(devices, HH, "T", T_SHARE), "escrow")
    assert copy is not None
    assert list(copy.holders) == [holder_of(one) for one in devices]
    assert len(copy.sealed) == HOLDERS
    assert escrow_of({"role": "T", "escrow": b"escrow".hex()}) is None
    assert escrow_of({"role": "T", "escrow": ""}) is None
