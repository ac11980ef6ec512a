"""Whoever would have a lost machine's key too early, alone, twice, or for another draw."""

from typing import Any

import pytest

from experts.ceremony.mail.machine.machine import name_deputy, name_machine
from experts.custody import REBUILT, Custody
from experts.escrow.accusation import report_shut_piece
from experts.escrow.key import (
    asked_statement,
)
from experts.escrow.loss import hand_on_key, succeed
from experts.escrow.wanted import keys_asked
from monitor.refusal import Conflict, Invalid, NotAllowed, TooEarly, WrongStage
from monitor.role import Actor, Role
from tests.builders import an_actor
from tests.stories.draw.escrow import AWAY, Escrow, custody_of, keys_of, until
from tests.stories.draw.loss import asked, handed, refused
from tests.stories.draw.test_escrow import a_list_draw
from tests.stories.draw.world import World, done_acts, nobody, settle, wants
from webui.program import mail
from webui.program.client import Refused


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
    loops = escrow.away(agent)
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


def test_a_machine_that_comes_back_keeps_its_part_and_its_key_enters_no_other_draw(
    world: World, escrow: Escrow
) -> None:
    agent = escrow.agent("back")
    loops = escrow.away(agent)
    asked(world, escrow, escrow.deputy)
    handed(world, escrow, 0)
    handed(world, escrow, 1)
    public = custody_of(agent).public()
    shut = {"draw": world.view().draw, "x": 1}
    with pytest.raises(Refused) as no:  # it is a machine of the department, and not its deputy
        agent.side.client.act("draw.report_shut_piece", shut, str(world.project))
    assert no.value.code == "not_allowed"
    agent.once()
    late: dict[str, Any] = {"at": 1, "sealed": "x", "signature": "00" * 64}
    refused(WrongStage, world, hand_on_key, escrow.people[2], **late)
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


def another_deputy(world: World, name: str) -> tuple[Actor, Custody]:
    other = an_actor(world.platform, Role.DEPARTMENT, world.machines.inspector.org)
    custody = Custody.create(world.machines.folder / name)
    world.platform.perform(
        name_deputy, world.machines.inspector, None, person=other.person, **keys_of(custody)
    )
    return other, custody


def test_a_deputy_named_after_the_loss_gets_nothing(world: World, escrow: Escrow) -> None:
    escrow.lost(escrow.agent("late"), "answer")
    world.wait(AWAY)
    asked(world, escrow, escrow.deputy)
    handed(world, escrow, 0)
    handed(world, escrow, 1)
    other, custody = another_deputy(world, "late-deputy")
    for proof in ("00" * 80, custody.prove(b"anything").hex()):
        refused(NotAllowed, world, succeed, other, proof=proof)  # the pieces are not for it
    refused(NotAllowed, world, report_shut_piece, escrow.deputy, x=1)  # serves no more
    escrow.lost(escrow.agent("later"), "answer")  # this one names the deputy that serves now
    world.wait(AWAY)
    last, custody = another_deputy(world, "last-deputy")
    recipient = mail.recipient(custody.papers("D-1"))
    signature = custody.sign(asked_statement(world.view().signed_header().hh, recipient))
    with pytest.raises(NotAllowed):
        asked(world, escrow, last, recipient=recipient, signature=signature)
