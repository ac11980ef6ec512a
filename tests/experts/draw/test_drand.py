"""Public randomness: a published round is verified by its pinned key, and nothing else is."""

from pathlib import Path

import pytest

from experts import draw_verify
from experts.draw import seed
from experts.draw.bundle import verify_bundle
from experts.draw.curve import drand
from experts.draw.curve.field import ONE, P, R, power, product, root_of_pair, times
from experts.draw.curve.hashing import expand, hash_to_g1
from experts.draw.curve.pairing import (
    GENERATOR,
    PairingError,
    add,
    multiply,
    pairs_to_one,
    read_g1,
    read_g2,
)
from experts.draw.encoding import DrawError, sign
from experts.draw.filing import beacon_value
from experts.draw.header import read_header
from monitor.log.canonical import JSON, canonical
from tests.experts.draw_world import T_KEY, World, told
from trading.archive.canonical_zip import canonical_zip, read_canonical

ROUND = 657413
SIGNATURE = bytes.fromhex(
    "b713718a38ae728dfd477991af2822e08d2f305e47718cef9f7848ce4050e7be"
    "41076862b98fad56e91a6b85b89cd97b"
)
RANDOMNESS = "fc1873a13f3545aeade8401532ef5519920652eee6b0d2b19ca12643b87b3587"


def test_the_published_round_is_its_own_and_no_other() -> None:
    assert drand.randomness(SIGNATURE).hex() == RANDOMNESS
    assert drand.verified(drand.QUICKNET, ROUND, SIGNATURE)
    assert not drand.verified(drand.QUICKNET, ROUND + 1, SIGNATURE)


def test_a_round_follows_its_moment_and_never_comes_early() -> None:
    chain = drand.QUICKNET
    assert chain.moment_of(27946612) == 1776643200  # 2026-04-20T00:00:00Z
    for moment in range(chain.genesis, chain.genesis + 9):
        number = chain.round_at(moment)
        assert chain.moment_of(number) >= moment > chain.moment_of(number - 1)
    assert chain.round_at(0) == 1


@pytest.mark.parametrize("bit", [0, 2, 383])
def test_a_bent_signature_is_none(bit: int) -> None:
    bent = bytearray(SIGNATURE)
    bent[bit // 8] ^= 0x80 >> bit % 8
    assert not drand.verified(drand.QUICKNET, ROUND, bytes(bent))


def test_a_point_of_the_curve_outside_the_group_is_refused() -> None:
    for x in range(1, 9):
        data = bytes([0x80]) + x.to_bytes(47, "big")
        with pytest.raises(PairingError, match=r"curve|order"):
            read_g1(data)
    with pytest.raises(PairingError, match="48 bytes"):
        read_g1(bytes([0xC0]) + bytes(47))
    with pytest.raises(PairingError, match="96 bytes"):
        read_g2(SIGNATURE)


def test_messages_are_hashed_as_rfc_9380_says() -> None:
    """Appendix K.1 (expander) and J.9.1 (the suite on G1)."""
    tag = b"QUUX-V01-CS02-with-expander-SHA256-128"
    told = "68a985b87eb6b46952128911f2a4412bbc302a9d759667f87f7a21d803f07235"
    assert expand(b"", tag, 32).hex() == told
    point = hash_to_g1(b"", b"QUUX-V01-CS02-with-BLS12381G1_XMD:SHA-256_SSWU_RO_")
    assert point is not None
    assert f"{point[0]:096x}".startswith("052926add2207b76ca4fa57a8734416c8dc95e24501772c8")


def test_the_pairing_is_bilinear() -> None:
    point = hash_to_g1(b"a message")
    twice, back = multiply(point, 2), multiply(point, R - 2)
    assert add(twice, back) is None
    assert pairs_to_one([(twice, GENERATOR), (back, GENERATOR)])
    assert not pairs_to_one([(twice, GENERATOR), (point, GENERATOR)])


def test_the_fields_hold_their_laws() -> None:
    w = (0, 1, *[0] * 10)
    assert power(w, P**12 - 1) == ONE
    assert product(w, power(w, P**12 - 2)) == ONE
    square = times((3, 5), (3, 5))
    assert root_of_pair(square) in ((3, 5), (P - 3, P - 5))


def told_round(**facts: JSON) -> dict[str, JSON]:
    named = beacon_value("drand", drand.QUICKNET.moment_of(ROUND))
    return {**named, "signature": SIGNATURE.hex(), **facts}


def test_a_draw_by_public_randomness_is_verified_offline_and_the_single_file_says_what_it_left(
    tmp_path: Path,
) -> None:
    due = drand.QUICKNET.moment_of(ROUND)
    world = World(tmp_path / "w", times=(due - 120, due - 60, due), beacon="drand")
    world.file()
    world.commit()
    world.reveal()
    for bent in (
        told_round(round=ROUND + 1),
        told_round(chain="00" * 32),
        told_round(signature=SIGNATURE[::-1].hex()),
        world.ceremony(),
    ):
        with pytest.raises(DrawError, match="beacon"):
            world.centre.beacon("D-1", bent)
    world.agent.take_beacon("D-1", told_round())
    world.centre.beacon("D-1", told_round())
    world.draw_round()
    world.call()
    bundle = world.finish()
    report, alone = verify_bundle(bundle), draw_verify.verify(bundle)
    assert report.ok
    assert "verified by the pinned key" in report.steps[6].detail
    assert alone[-1][1] == ""
    assert "NOT CHECKED HERE" in alone[6][2]
    members = read_canonical(bundle)
    beacon = told(members["beacon.json"])
    assert isinstance(beacon, dict)
    other = canonical({**beacon, "signature": SIGNATURE[::-1].hex()})
    bent_bundle = canonical_zip({**members, "beacon.json": other})
    assert verify_bundle(bent_bundle).item == "beacon.signature"
    assert draw_verify.verify(bent_bundle)[-1][0] == "rounds"


def both_sources(world: World, **facts: JSON) -> dict[str, JSON]:
    """The dice as two typed them, and the round that the header names."""
    told = world.ceremony()
    typed = world.agent.type_dice([world.draw], told)
    signatures: JSON = {"I": typed, "T": sign(T_KEY, seed.dice_statement(told))}
    dice: JSON = {**told, "signatures": signatures}
    return {"dice": dice, "drand": told_round(), "kind": "both", **facts}


def a_draw_by_both(folder: Path) -> World:
    """A draw whose header wants dice and the published round together, up to the reveals."""
    due = drand.QUICKNET.moment_of(ROUND)
    world = World(folder, times=(due - 120, due - 60, due), beacon="both")
    world.file()
    world.commit()
    world.reveal()
    return world


def drawn_by_both(world: World) -> bytes:
    document = both_sources(world)
    world.agent.take_beacon(world.draw, document)
    world.centre.beacon(world.draw, document)
    world.draw_round()
    world.call()
    return world.finish()


def test_dice_and_public_randomness_make_one_beacon_and_neither_stands_for_the_other(
    tmp_path: Path,
) -> None:
    world = a_draw_by_both(tmp_path / "w")
    good = both_sources(world)
    for bent in (
        good["dice"],
        good["drand"],
        {"dice": good["dice"], "kind": "both"},
        {**good, "kind": "dice"},
        {**good, "drand": told_round(round=ROUND + 1)},
        {**good, "drand": told_round(kind="both")},
        {**good, "drand": told_round(signature=SIGNATURE[::-1].hex())},
        {**good, "dice": {**world.ceremony(), "signatures": {"I": "00" * 64, "T": "00" * 64}}},
    ):
        with pytest.raises(DrawError, match="beacon"):
            world.centre.beacon("D-1", bent)  # type: ignore[arg-type]
    bundle = drawn_by_both(world)
    report, alone = verify_bundle(bundle), draw_verify.verify(bundle)
    assert report.ok
    assert "dice 3141" in report.steps[6].detail
    assert f"drand round {ROUND}, its signature verified" in report.steps[6].detail
    assert alone[-1][1] == ""
    assert "dice 3141" in alone[6][2]
    assert "NOT CHECKED HERE" in alone[6][2]
    members = read_canonical(bundle)
    assert "加公共随机源" in members["NOTE.txt"].decode()
    one = canonical_zip({**members, "beacon.json": canonical(good["dice"])})
    assert verify_bundle(one).steps[-1].name == "beacon" == draw_verify.verify(one)[-1][0]


@pytest.mark.parametrize("facts", [{"round": ROUND + 1}, {"chain": "00" * 32}, {"kind": "lottery"}])
def test_a_header_names_the_pinned_chain_and_the_first_round_of_its_time(
    tmp_path: Path, facts: dict[str, JSON]
) -> None:
    due = drand.QUICKNET.moment_of(ROUND)
    world = World(tmp_path / "w", times=(due - 120, due - 60, due), beacon="drand")
    header = told(canonical(world.file()))
    assert isinstance(header, dict)
    value = header["header"]
    assert isinstance(value, dict)
    beacon = value["beacon"]
    assert isinstance(beacon, dict)
    with pytest.raises(DrawError, match=r"header\.beacon"):
        read_header({**value, "beacon": {**beacon, **facts}})
