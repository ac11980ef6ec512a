"""Whoever would have a lost machine's key too early, alone, falsely, twice, or for another draw."""

from typing import Any
from uuid import UUID

import pytest

from experts.ceremony.mail.machine.machine import name_deputy, name_machine
from experts.custody import REBUILT, Custody
from experts.draw.curve import vrf
from experts.draw.encoding import DrawError
from experts.draw.header import INSPECTOR
from experts.escrow.checking import check_piece
from experts.escrow.holder import name_holders
from experts.escrow.key import (
    asked_statement,
    handed_letter,
    piece_statement,
    read_deal,
    read_dealt,
)
from experts.escrow.loss import ask_key, hand_on_key, name_false_piece, succeed
from experts.escrow.recovery import Holder
from experts.escrow.succession import statement
from experts.escrow.wanted import keys_asked, unchecked
from monitor.refusal import Conflict, Invalid, NotAllowed, Refusal, TooEarly, WrongStage
from monitor.role import Actor, Role
from tests.builders import an_actor
from tests.stories.draw_escrow import AWAY, Escrow, an_escrow, custody_of, keys_of, until
from tests.stories.draw_world import World, done_acts, nobody, settle, wants
from tests.stories.test_draw_escrow import a_list_draw
from webui.program import mail
from webui.program.client import Refused
from webui.program.trustee.key import check_piece as check
from webui.program.trustee.key import hand_on

REASON = "the agent is lost"


@pytest.fixture(scope="module")
def world(draw_world: World) -> World:
    return draw_world


@pytest.fixture(scope="module")
def escrow(world: World) -> Escrow:
    return an_escrow(world)


def number(world: World) -> UUID:
    return UUID(world.view().draw)


def asked(world: World, escrow: Escrow, by: Actor, **changed: Any) -> Any:
    """Ask for the key as the deputy would, but for what is changed."""
    papers = escrow.custody.papers(world.view().name)
    recipient = mail.recipient(papers)
    signature = escrow.custody.sign(asked_statement(world.view().signed_header().hh, recipient))
    inputs = {"recipient": recipient, "signature": signature, "reason": REASON, **changed}
    return world.platform.perform(ask_key, by, world.project, draw=number(world), **inputs)


def told(world: World, escrow: Escrow) -> dict[str, Any]:
    """What the platform tells the holders of a lost key."""
    now = world.house.clock.now()
    with world.platform.read() as session:
        found = [one for who in escrow.people for one in keys_asked(session, who.person, now)]
    return next(one for one in found if one["draw"] == world.view().draw)


def piece_of(world: World, escrow: Escrow, n: int) -> Any:
    deal = read_deal(told(world, escrow)["deal"], world.view().signed_header().key(INSPECTOR))
    device = escrow.device(n)
    letter = mail.unseal_bytes(deal.escrow.sealed[n], device.identity, "key")
    return deal, read_dealt(letter, deal, n + 1)


def handed(
    world: World, escrow: Escrow, n: int, by: Actor | None = None, hh: bytes = b"", add: int = 0
) -> Any:
    """Hand a piece on: holder n's, in this draw or as of another, true or false by `add`."""
    deal, piece = piece_of(world, escrow, n)
    device, here = escrow.device(n), world.view().signed_header().hh
    data = (int.from_bytes(piece, "big") + add).to_bytes(32, "big")
    at = int(world.house.clock.now().timestamp())
    letter = handed_letter(hh or here, deal, n + 1, data, lambda d: device.signer.sign(d).hex())
    signature = device.signer.sign(statement(here, INSPECTOR, deal.heir, n + 1, at)).hex()
    sealed = mail.seal_bytes(letter, str(told(world, escrow)["asked"]["recipient"]))
    return world.platform.perform(
        hand_on_key, by or escrow.people[n], world.project, draw=number(world), at=at,
        sealed=sealed, signature=signature,
    )  # fmt: skip


def refused(why: type[Refusal], world: World, verb: Any, by: Actor, **inputs: Any) -> None:
    with pytest.raises(why):
        world.platform.perform(verb, by, world.project, draw=number(world), **inputs)


def test_nobody_asks_while_the_machine_may_answer_and_the_attempt_is_on_record(
    world: World, escrow: Escrow
) -> None:
    agent = escrow.agent("in-time")
    loops = escrow.begun(agent)
    until(world, loops, "answer")
    with pytest.raises(TooEarly):
        asked(world, escrow, escrow.deputy)
    tried = [each for each in done_acts(world) if each["action"] == "draw.ask_key"]
    assert len(tried) == 1
    assert "refused" in tried[0]["outcome"]
    world.wait(AWAY)
    agent.once()  # it answers in the last moment, and now the centre is waited for
    with pytest.raises(WrongStage):
        asked(world, escrow, escrow.deputy)
    settle(world, loops, nobody)
    assert wants(world) == set()


def test_only_the_deputy_that_the_lost_machine_named_may_ask_and_once(
    world: World, escrow: Escrow
) -> None:
    agent = escrow.agent("named")
    loops = escrow.begun(agent)
    until(world, loops, "answer")
    world.wait(AWAY)
    with world.platform.read() as session:
        assert not keys_asked(session, escrow.people[0].person, world.house.clock.now())
    others = (
        world.machines.centre, world.machines.inspector, world.machines.owner,
        an_actor(world.platform, Role.DEPARTMENT), escrow.people[0],
    )  # fmt: skip
    for other in others:
        with pytest.raises(NotAllowed):
            asked(world, escrow, other)
    fresh = Custody.create(world.machines.folder / "no-deputy")
    recipient = mail.recipient(fresh.papers("D-1"))
    forged = fresh.sign(asked_statement(world.view().signed_header().hh, recipient))
    with pytest.raises(Invalid):  # signed by a key that is not on record
        asked(world, escrow, escrow.deputy, recipient=recipient, signature=forged)
    with pytest.raises(Invalid):
        asked(world, escrow, escrow.deputy, reason=" ")
    asked(world, escrow, escrow.deputy)
    with pytest.raises(Conflict):
        asked(world, escrow, escrow.deputy)
    refused(WrongStage, world, succeed, escrow.deputy, proof="00" * 80)
    agent.once()  # the machine is back after all: nothing more is handed on
    settle(world, loops, nobody)
    assert wants(world) == set()
    assert not world.view().steps("key_piece")


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
    refused(WrongStage, world, name_false_piece, escrow.deputy, x=2)  # not handed on
    handed(world, escrow, 1)
    own = escrow.custody.prove(b"anything").hex()
    refused(Invalid, world, succeed, escrow.deputy, proof=own)  # by a key of its own
    for by in (world.machines.centre, world.machines.inspector, escrow.people[0]):
        refused(NotAllowed, world, succeed, by, proof=own)
    deputy = escrow.loop()
    settle(world, {**here, INSPECTOR: deputy}, nobody)
    assert wants(world) == set()
    refused(WrongStage, world, ask_key, escrow.deputy, recipient="x", signature="", reason="again")


def test_a_false_piece_is_named_by_its_holders_own_signature_and_the_third_helps(
    world: World, escrow: Escrow
) -> None:
    here = escrow.lost(escrow.agent("false"), "answer")
    world.wait(AWAY)
    asked(world, escrow, escrow.deputy)
    handed(world, escrow, 0, add=1)
    handed(world, escrow, 1)
    _, good = piece_of(world, escrow, 2)
    deputy = escrow.loop()
    deputy.once()
    assert [(one["k"], one["document"]["proven"]) for one in world.view().steps("false_piece")] == [
        (1, True)
    ]
    assert not world.view().steps("succession")
    refused(WrongStage, world, name_false_piece, escrow.deputy, x=3, piece=good.hex())
    handed(world, escrow, 2)
    own = escrow.device(2).signer.sign(b"another").hex()
    refused(Invalid, world, name_false_piece, escrow.deputy, x=3, piece=good.hex(), signature=own)
    settle(world, {**here, INSPECTOR: deputy}, nobody)
    given = world.view().step("succession", INSPECTOR)
    assert given is not None
    assert [one["x"] for one in given["given"]] == [2, 3]
    assert wants(world) == set()


def test_a_key_that_is_asked_for_is_not_dealt_anew_and_true_pieces_stay_true(
    world: World, escrow: Escrow
) -> None:
    agent = escrow.agent("anew")
    here = escrow.begun(agent)
    until(world, here, "answer")
    world.wait(AWAY)
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
    assert not world.view().steps("false_piece")


def test_a_key_is_in_escrow_only_once_two_holders_found_their_pieces_to_fit(
    world: World, escrow: Escrow
) -> None:
    agent = escrow.agent("unlooked")
    loops = escrow.begun(agent, looks=(0,))
    until(world, loops, "answer")
    world.wait(AWAY)
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
    here = escrow.begun(agent)
    until(world, here, "answer")
    world.wait(AWAY)
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
    _, piece = piece_of(world, escrow, 0)
    handed(world, escrow, 0)
    device, hh = escrow.device(0), world.view().signed_header().hh
    signature = device.signer.sign(piece_statement(hh, INSPECTOR, 1, piece)).hex()
    refused(
        Invalid, world, name_false_piece, escrow.deputy, x=1, piece=piece.hex(),
        signature=signature,
    )  # fmt: skip
    handed(world, escrow, 1)
    deputy = escrow.loop()
    settle(world, {"C": here["C"], "T": here["T"], INSPECTOR: deputy}, nobody)
    assert wants(world) == set()
    assert not world.view().steps("false_piece")


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
    assert [(one["k"], one["document"]["proven"]) for one in world.view().steps("false_piece")] == [
        (1, False)
    ]
    assert mine["asked"]["deal"]
    handed(world, escrow, 2)
    settle(world, {**here, INSPECTOR: deputy}, nobody)
    assert wants(world) == set()


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


def test_a_machine_that_comes_back_keeps_its_part_and_its_key_enters_no_other_draw(
    world: World, escrow: Escrow
) -> None:
    agent = escrow.agent("back")
    loops = escrow.begun(agent)
    until(world, loops, "answer")
    world.wait(AWAY)
    asked(world, escrow, escrow.deputy)
    handed(world, escrow, 0)
    handed(world, escrow, 1)
    public = custody_of(agent).public()
    agent.once()
    deputy = escrow.loop()
    deputy.once()
    refused(WrongStage, world, succeed, escrow.deputy, proof="00" * 80)
    assert not escrow.custody.papers(world.view().name).has(REBUILT)
    settle(world, {**loops, "D": deputy}, nobody)
    assert wants(world) == set()
    assert not world.view().steps("succession")
    with pytest.raises(Refused) as no:  # two pieces were handed on: a fresh key is needed
        a_list_draw(world)
    assert no.value.code == "wrong_stage"
    own = an_actor(world.platform, Role.DEPARTMENT, world.machines.inspector.org)
    keys = {use: bytes.fromhex(str(key)) for use, key in public.items()}
    fresh = keys_of(Custody.create(world.machines.folder / "afresh"))
    for mixed in (keys, {**fresh, "vrf": keys["vrf"]}):
        with pytest.raises(Conflict):
            world.platform.perform(
                name_machine, world.machines.inspector, None, person=own.person, **mixed
            )


def test_a_deputy_named_after_the_loss_gets_nothing(world: World, escrow: Escrow) -> None:
    escrow.lost(escrow.agent("late"), "answer")
    world.wait(AWAY)
    other = an_actor(world.platform, Role.DEPARTMENT, world.machines.inspector.org)
    custody = Custody.create(world.machines.folder / "late-deputy")
    world.platform.perform(
        name_deputy, world.machines.inspector, None, person=other.person, **keys_of(custody)
    )
    recipient = mail.recipient(custody.papers("D-1"))
    signature = custody.sign(asked_statement(world.view().signed_header().hh, recipient))
    with pytest.raises(NotAllowed):
        asked(world, escrow, other, recipient=recipient, signature=signature)


def test_nobody_holds_pieces_of_both_keys(world: World, escrow: Escrow) -> None:
    administrator = an_actor(world.platform, Role.ADMINISTRATOR, world.machines.centre.org)
    with pytest.raises(NotAllowed):
        world.platform.perform(name_holders, administrator, None, holders=escrow.named)
    siblings = [an_actor(world.platform, Role.TRUSTEE, one.org) for one in escrow.people]
    with pytest.raises(NotAllowed):  # another person of the same body
        world.platform.perform(
            name_holders, administrator, None,
            holders=[
                type(one)(who.person, bytes([n]) * 32, one.recipient[:-1] + "q")
                for n, (who, one) in enumerate(zip(siblings, escrow.named, strict=True))
            ],
        )  # fmt: skip
    assert vrf.ORDER > 2**252
