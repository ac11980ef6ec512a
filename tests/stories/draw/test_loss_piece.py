"""Pieces of a lost machine's key: whose they are, of which deal, and what is said of a false one."""

from typing import Any
from uuid import UUID

import pytest

from experts.ceremony.mail.paper import Step
from experts.custody import Custody
from experts.draw.encoding import DrawError
from experts.draw.header import INSPECTOR
from experts.escrow.accusation import prove_false_piece, report_shut_piece
from experts.escrow.checking import check_piece
from experts.escrow.key import (
    Handed,
    asked_statement,
    check_handed,
    piece_statement,
)
from experts.escrow.loss import MOST_SEALED, ask_key, hand_on_key, succeed
from experts.escrow.recovery import Holder
from experts.escrow.succession import statement
from experts.escrow.wanted import unchecked
from monitor.log.canonical import JSON
from monitor.refusal import Conflict, Invalid, NotAllowed, WrongStage
from monitor.role import Role
from tests.builders import an_actor
from tests.stories.draw.escrow import AWAY, Escrow, custody_of
from tests.stories.draw.loss import (
    asked,
    drawn_by,
    handed,
    named_false,
    number,
    piece_of,
    refused,
    told,
)
from tests.stories.draw.world import World, done_acts, nobody, settle, wants
from webui.program import mail
from webui.program.client import Client, Refused
from webui.program.trustee.key import check_piece as check
from webui.program.trustee.key import hand_on


def page(world: World) -> str:
    return Client(world.url, "", world.machines.folder).text(f"/draw/{world.request}")


def test_pieces_are_handed_on_by_their_holders_only_once_and_only_when_asked_for(
    world: World, escrow: Escrow
) -> None:
    here = escrow.lost(escrow.agent("holders"), "answer")
    world.wait(AWAY)
    empty: dict[str, Any] = {"at": 1, "sealed": "x", "signature": "00" * 64}
    refused(WrongStage, world, hand_on_key, escrow.people[0], **empty)
    asked(world, escrow, escrow.deputy)
    stranger = an_actor(world.platform, Role.TRUSTEE)
    with pytest.raises(NotAllowed):
        handed(world, escrow, 0, by=stranger)
    with pytest.raises(Invalid):  # another's place under one's own name
        handed(world, escrow, 0, by=escrow.people[1])
    handed(world, escrow, 0)
    with pytest.raises(Conflict):
        handed(world, escrow, 0)
    refused(WrongStage, world, succeed, escrow.deputy, proof="00" * 80)  # one gives nothing
    claim: dict[str, Any] = {"piece": "00" * 32, "signature": "00" * 64}
    refused(WrongStage, world, report_shut_piece, escrow.deputy, x=2)  # not handed on
    refused(WrongStage, world, prove_false_piece, escrow.deputy, x=2, **claim)
    for by in (world.machines.inspector, an_actor(world.platform, Role.DEPARTMENT)):
        refused(NotAllowed, world, report_shut_piece, by, x=1)
        refused(NotAllowed, world, prove_false_piece, by, x=1, **claim)
    handed(world, escrow, 1)
    own = escrow.custody.prove(b"anything").hex()
    refused(Invalid, world, succeed, escrow.deputy, proof=own)  # by a key of its own
    for by in (world.machines.centre, world.machines.inspector, escrow.people[0]):
        refused(NotAllowed, world, succeed, by, proof=own)
    deputy = escrow.loop()
    drawn_by(world, here, deputy)
    refused(WrongStage, world, ask_key, escrow.deputy, recipient="x", signature="", reason="again")


def test_a_false_piece_is_named_by_its_holders_own_signature_and_the_third_helps(
    world: World, escrow: Escrow
) -> None:
    here = escrow.lost(escrow.agent("false"), "answer")
    world.wait(AWAY)
    asked(world, escrow, escrow.deputy)
    handed(world, escrow, 0, add=1)
    handed(world, escrow, 1)
    deal, good = piece_of(world, escrow, 2)
    deputy = escrow.loop()
    deputy.once()
    assert named_false(world) == [(1, True)]
    assert not world.view().steps("succession")
    [row] = [one for one in done_acts(world) if one["action"] == "draw.prove_false_piece"]
    proof, hh = row["facts"], world.view().signed_header().hh
    shown = Handed(1, bytes.fromhex(proof["piece"]), proof["sig"])
    check_handed(hh, deal, shown)  # by the public deal alone, anybody can
    assert not deal.fits(1, shown.piece)
    own = escrow.device(2).signer.sign(b"another").hex()
    claim: dict[str, Any] = {"x": 3, "piece": good.hex(), "signature": own}
    refused(WrongStage, world, prove_false_piece, escrow.deputy, **claim)
    handed(world, escrow, 2)
    refused(Invalid, world, prove_false_piece, escrow.deputy, **claim)
    refused(Invalid, world, prove_false_piece, escrow.deputy, **{**claim, "piece": "00"})
    forged = {"x": 3, "piece": proof["piece"], "signature": own}
    refused(Invalid, world, prove_false_piece, escrow.deputy, **forged)  # x never signed it
    refused(Conflict, world, report_shut_piece, escrow.deputy, x=1)
    drawn_by(world, here, deputy)
    given = world.view().step("succession", INSPECTOR)
    assert given is not None
    assert [one["x"] for one in given["given"]] == [2, 3]
    assert "1 号持有人的分片不符（有其签名为证）" in page(world)


def test_what_is_asked_for_and_handed_on_is_in_form_and_not_of_a_time_to_come(
    world: World, escrow: Escrow
) -> None:
    escrow.lost(escrow.agent("form"), "answer")
    world.wait(AWAY)
    bad = "age1short"
    signature = escrow.custody.sign(asked_statement(world.view().signed_header().hh, bad))
    with pytest.raises(Invalid) as no:
        asked(world, escrow, escrow.deputy, recipient=bad, signature=signature)
    assert no.value.field == "recipient"
    asked(world, escrow, escrow.deputy)
    deal, _ = piece_of(world, escrow, 0)
    now, hh = int(world.house.clock.now().timestamp()), world.view().signed_header().hh
    for field, at, letter in (
        ("sealed", now, ""),
        ("sealed", now, "x" * (MOST_SEALED + 1)),
        ("at", now + 60, "x"),
    ):
        said = escrow.device(0).signer.sign(statement(hh, INSPECTOR, deal.heir, 1, at)).hex()
        inputs: dict[str, Any] = {"at": at, "sealed": letter, "signature": said}
        with pytest.raises(Invalid) as no:
            world.platform.perform(
                hand_on_key, escrow.people[0], world.project, draw=number(world), **inputs
            )
        assert no.value.field == field
    assert not world.view().steps("key_piece")


def test_nothing_is_asked_for_while_the_machine_is_there_and_objects(
    world: World, escrow: Escrow
) -> None:
    agent = escrow.agent("objects")
    escrow.away(agent)
    told: dict[str, JSON] = {"item": "round", "reason": "differs"}
    agent.side.post(world.view(), Step.TROUBLE, told)
    with pytest.raises(WrongStage, match="objects"):
        asked(world, escrow, escrow.deputy)


def test_a_key_that_is_asked_for_is_not_dealt_anew_and_true_pieces_stay_true(
    world: World, escrow: Escrow
) -> None:
    agent = escrow.agent("anew")
    here = escrow.away(agent)
    asked(world, escrow, escrow.deputy)
    handed(world, escrow, 0)
    held = [Holder(one.recipient, one.sign) for one in escrow.named]
    heir = bytes.fromhex(str(escrow.custody.public()["sign"]))
    anew = custody_of(agent).deal(INSPECTOR, held, heir, mail.seal_bytes)
    with pytest.raises(Refused) as no:  # who took the lost machine would have them called false
        agent.side.client.act("draw.deal_key", {"deal": anew})
    assert no.value.code == "wrong_stage"
    agent.side.attend()
    assert told(world, escrow)["deal"] != anew
    handed(world, escrow, 1)
    deputy = escrow.loop()
    settle(world, {"C": here["C"], "T": here["T"], INSPECTOR: deputy}, nobody)
    assert wants(world) == set()
    assert not named_false(world)


def test_a_key_is_in_escrow_only_once_two_holders_found_their_pieces_to_fit(
    world: World, escrow: Escrow
) -> None:
    agent = escrow.agent("unlooked")
    loops = escrow.away(agent, looks=(0,))
    with pytest.raises(WrongStage):
        asked(world, escrow, escrow.deputy)
    assert escrow.loop().side.client.read("/api/v1/draws/lost")["lost"] == []
    escrow.seat(2).look()
    asked(world, escrow, escrow.deputy)
    deal = UUID(told(world, escrow)["asked"]["deal"])
    with pytest.raises(WrongStage):  # it would blame the dealer for a piece that it lost itself
        world.platform.perform(check_piece, escrow.people[1], None, deal=deal, x=2, fits=False)
    with world.platform.read() as session:
        assert unchecked(session, escrow.people[1].person) == []
    agent.once()
    settle(world, loops, nobody)
    assert wants(world) == set()


def test_pieces_are_judged_by_the_deal_asked_for_though_a_newer_one_is_found_to_fit(
    world: World, escrow: Escrow
) -> None:
    agent = escrow.agent("newer")
    here = escrow.away(agent)
    held = [Holder(one.recipient, one.sign) for one in escrow.named]
    heir = bytes.fromhex(str(escrow.custody.public()["sign"]))
    anew = custody_of(agent).deal(INSPECTOR, held, heir, mail.seal_bytes)
    agent.side.client.act("draw.deal_key", {"deal": anew})
    asked(world, escrow, escrow.deputy)  # the newer one is not in escrow yet
    first = told(world, escrow)["deal"]
    assert first != anew
    for n in range(2):
        with world.platform.read() as session:
            [mine] = unchecked(session, escrow.people[n].person)
        assert mine["document"] == anew
        check(escrow.seat(n).client, escrow.device(n), mine)
    assert told(world, escrow)["deal"] == first
    judged, piece = piece_of(world, escrow, 0)
    handed(world, escrow, 0)
    device, hh = escrow.device(0), world.view().signed_header().hh
    signature = device.signer.sign(piece_statement(hh, judged, 1, piece)).hex()
    refused(
        Invalid, world, prove_false_piece, escrow.deputy, x=1, piece=piece.hex(),
        signature=signature,
    )  # fmt: skip
    handed(world, escrow, 1)
    deputy = escrow.loop()
    settle(world, {"C": here["C"], "T": here["T"], INSPECTOR: deputy}, nobody)
    assert wants(world) == set()
    assert not named_false(world)


def test_a_piece_of_another_draw_is_not_taken(world: World, escrow: Escrow) -> None:
    here = escrow.lost(escrow.agent("replay"), "answer")
    world.wait(AWAY)
    asked(world, escrow, escrow.deputy)
    handed(world, escrow, 0, hh=bytes(32))
    mine = told(world, escrow)
    at, device = int(world.house.clock.now().timestamp()), escrow.device(1)
    old = device.signer.sign(statement(bytes(32), INSPECTOR, b"", 2, at)).hex()
    inputs: dict[str, Any] = {"at": at, "sealed": "x", "signature": old}
    refused(Invalid, world, hand_on_key, escrow.people[1], **inputs)
    handed(world, escrow, 1)
    deputy = escrow.loop()
    deputy.once()
    assert named_false(world) == [(1, False)]
    assert mine["asked"]["deal"]
    handed(world, escrow, 2)
    drawn_by(world, here, deputy)
    assert "备用端称 1 号持有人的分片无法开启（无从证明）" in page(world)


def test_a_holders_program_gives_nothing_that_is_not_proven_and_due(
    world: World, escrow: Escrow
) -> None:
    escrow.lost(escrow.agent("lies"), "answer")
    world.wait(AWAY)
    asked(world, escrow, escrow.deputy)
    mine, now = told(world, escrow), world.house.clock.now()
    stranger = Custody.create(world.machines.folder / "stranger")
    recipient = mail.recipient(stranger.papers("D-1"))
    hh = world.view().signed_header().hh
    taken = {**mine["asked"], "recipient": recipient}
    signed = {**taken, "sig": stranger.sign(asked_statement(hh, recipient))}
    heir = {**signed, "sign": str(stranger.public()["sign"])}
    header = {**mine["signed"]["header"], "t_reveal": 1}
    lies = (
        {**mine, "asked": taken},
        {**mine, "asked": signed},
        {**mine, "asked": heir},
        {**mine, "deal": {**mine["deal"], "heir": heir["sign"]}},
        {**mine, "signed": {**mine["signed"], "header": header}},
    )
    client, device = escrow.seat(0).client, escrow.device(0)
    for lie in lies:
        with pytest.raises(DrawError):
            hand_on(client, device, lie, now)
    with pytest.raises(DrawError):
        hand_on(client, device, mine, now.replace(year=now.year - 1))
    assert not world.view().steps("key_piece")
    hand_on(client, device, mine, now)
    assert len(world.view().steps("key_piece")) == 1
