"""Thieves of the platform's database, and public randomness where the platform takes it."""

from dataclasses import replace

import pytest

from experts.ceremony.dice import bring_beacon, throw_dice
from experts.ceremony.header import Draw, Kind, steps
from experts.ceremony.round import ask
from experts.draw import seed
from experts.draw.curve import drand
from experts.draw.encoding import sign
from experts.draw.transcript import Contact
from monitor.refusal import Conflict, Invalid, TooEarly, WrongStage
from monitor.runtime.database import Addresses
from tests.experts.desk import T_KEY
from tests.experts.draw import thief
from tests.experts.draw.test_drand import RANDOMNESS, ROUND, SIGNATURE
from tests.experts.drawing import everything_at_rest
from tests.experts.hall import Hall


def test_the_database_and_the_centres_key_give_neither_the_panel_nor_the_next_name(
    hall: Hall, database: Addresses
) -> None:
    hall.start()
    beta = hall.service.custody.papers(hall.name).trial()[0].beta
    custody = {side: hall.folder / side for side in ("centre", "agent")}
    keys = {side: (folder / "vrf.key").read_bytes() for side, folder in custody.items()}
    for k in (0, 1):
        rows = "\n".join(everything_at_rest(database).values()).encode()
        both = [thief.outputs(b"", [key], seed.alpha(beta, k)) for key in keys.values()]
        y_c, y_i = (found.pop() for found in both)
        wanted = seed.seed_commitment(seed.seed(beta, k, y_c, y_i))
        for side, folder in custody.items():
            found = rows + thief.everything_in(folder)
            assert not thief.computes(beta, k, found, [keys[side]], wanted), (side, k)
        assert thief.computes(beta, k, b"", keys.values(), wanted)
        if k == 0:
            hall.round()
            hall.call(Contact.DECLINED)


@pytest.fixture
def by_drand(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> Hall:
    """A draw whose beacon is the published round: the chain began so that it falls due now."""
    due = hall.now() + 180
    genesis = due - (ROUND - 1) * drand.QUICKNET.period
    shifted = replace(drand.QUICKNET, genesis=genesis)
    monkeypatch.setitem(drand.CHAINS, drand.QUICKNET.hash, shifted)
    hall.beacon = "drand"
    return hall


def test_public_randomness_is_taken_once_in_its_time_and_only_if_it_is_the_rounds(
    by_drand: Hall,
) -> None:
    hall = by_drand
    revealed(hall)
    with pytest.raises(TooEarly):
        hall.do(bring_beacon, hall.centre, draw=hall.id, signature=SIGNATURE.hex())
    hall.wait(181)
    for bent in (SIGNATURE[::-1].hex(), SIGNATURE.hex()[:-2], "zz"):
        with pytest.raises(Invalid, match=r"beacon\.signature"):
            hall.do(bring_beacon, hall.inspector, draw=hall.id, signature=bent)
    told = hall.ceremony()
    with pytest.raises(WrongStage):
        hall.do(throw_dice, hall.inspector, draw=hall.id, ceremony=told, signature="00" * 64)
    brought = hall.do(bring_beacon, hall.tenderee, draw=hall.id, signature=SIGNATURE.hex())
    assert brought == RANDOMNESS
    with pytest.raises(Conflict):
        hall.do(bring_beacon, hall.centre, draw=hall.id, signature=SIGNATURE.hex())
    named = hall.service.custody.papers(hall.name).header().beacon
    document = {**named, "signature": SIGNATURE.hex()}
    hall.agent.take_beacon(hall.name, document)
    hall.service.beacon(hall.name, document)
    hall.round()
    hall.call()
    assert len(hall.sitting()) == 5


@pytest.mark.parametrize("first", ["dice", "drand"])
def test_where_a_header_wants_both_the_beacon_is_whole_with_the_second_only(
    by_drand: Hall, first: str
) -> None:
    hall = by_drand
    hall.beacon = "both"
    revealed(hall)
    hall.wait(181)
    sources = {"dice": throws, "drand": brings}
    for source in (first, *({*sources} - {first})):
        with pytest.raises(WrongStage):
            hall.do(ask, hall.inspector, draw=hall.id, signature="00" * 64)
        sources[source](hall)
        with pytest.raises(Conflict):
            sources[source](hall)
    with hall.platform.read() as session:
        drawn = session.get_one(Draw, hall.id)
        document = steps(session, drawn, Kind.DICE)[0].document
    assert set(document) == {"dice", "drand", "kind"}
    hall.agent.take_beacon(hall.name, document)
    hall.service.beacon(hall.name, document)
    hall.round()
    hall.call()
    assert len(hall.sitting()) == 5


def brings(hall: Hall) -> None:
    hall.do(bring_beacon, hall.centre, draw=hall.id, signature=SIGNATURE.hex())


def throws(hall: Hall) -> None:
    """The dice as two typed them; the second makes them count."""
    told = hall.ceremony()
    mine = hall.agent.type_dice([hall.name], told)
    theirs = sign(T_KEY, seed.dice_statement(told))
    for actor, signature in ((hall.inspector, mine), (hall.tenderee, theirs)):
        hall.do(throw_dice, actor, draw=hall.id, ceremony=told, signature=signature)


def revealed(hall: Hall) -> None:
    """Steps 1 to 4."""
    hall.open_header()
    hall.commit()
    hall.open()
    hall.reveal()
    hall.close_reveals()


def test_a_draw_by_dice_takes_no_public_randomness(hall: Hall) -> None:
    revealed(hall)
    hall.wait(181)
    with pytest.raises(WrongStage, match="骰子"):
        hall.do(bring_beacon, hall.centre, draw=hall.id, signature=SIGNATURE.hex())
