"""VRF keys put in escrow by the machines themselves: anew when holders change, and apart."""

from typing import Any
from uuid import UUID

import pytest

from bidding.envelope.trustee.holder import Trustee
from experts.ceremony.mail.machine.machine import machine_of
from experts.custody import Custody
from experts.escrow.checking import check_piece, is_called_false, is_sound
from experts.escrow.dealing import KeyDeal, deal_key, deal_of, deals_of, dealt
from experts.escrow.holder import Named, name_holders
from experts.escrow.recovery import Holder
from experts.escrow.wanted import MOST_DEALS, to_deal, unchecked
from monitor.record.act import Act
from monitor.record.action import Action, Visibility
from monitor.record.identity import new_id
from monitor.refusal import Conflict, NotAllowed, NotFound
from monitor.role import NOBODY, SYSTEM, Actor, Role
from tests.builders import an_actor
from tests.stories.draw.escrow import Escrow, custody_of
from tests.stories.draw.world import World, an_account
from webui.program import mail
from webui.program.client import Refused
from webui.program.draw.loop import Loop
from webui.program.trustee.key import check_piece as look


def three(world: World, name: str) -> tuple[list[Actor], list[Named]]:
    """Three trustees of three bodies with devices and accounts."""
    people, named = [an_actor(world.platform, Role.TRUSTEE) for _ in range(3)], []
    for number, who in enumerate(people):
        folder = world.machines.folder / f"{name}-{number}"
        device = Trustee.create(folder).device
        an_account(world.keeping, who.person, folder.name, folder)
        named.append(Named(who.person, bytes.fromhex(device.signer), device.recipient))
    return people, named


def machine(world: World, role: str) -> Any:
    org = {"C": world.machines.centre.org, "I": world.machines.inspector.org}[role]
    with world.platform.read() as session:
        found = machine_of(session, role, org)
        assert found is not None
        session.expunge(found)
        return found


def newest(world: World, role: str) -> list[Holder]:
    with world.platform.read() as session:
        row = deal_of(session, machine(world, role).id)
        assert row is not None
        return list(dealt(session, row)[1].escrow.holders)


def newest_number(world: World) -> UUID:
    with world.platform.read() as session:
        row = deal_of(session, machine(world, "I").id)
        assert row is not None
        return row.id


def test_an_agent_deals_its_key_to_its_departments_holders_and_anew_when_they_change(
    world: World, escrow: Escrow
) -> None:
    agent = Loop(world.side("I"))
    agent.side.attend()
    assert newest(world, "I") == [Holder(one.recipient, one.sign) for one in escrow.named]
    first = newest_number(world)
    with world.platform.read() as session:
        [mine] = unchecked(session, escrow.people[0].person)
    look(escrow.seat(0).client, escrow.device(0), mine)
    with world.platform.read() as session:
        assert unchecked(session, escrow.people[0].person) == []
    with pytest.raises(Conflict):
        world.platform.perform(check_piece, escrow.people[0], None, deal=first, x=1, fits=False)
    agent.side.attend()
    assert newest_number(world) == first, "nothing changed, nothing is dealt"
    world.wait(1)  # which of two deals is the newer one is told by their moments
    by, turned = world.machines.inspector, escrow.named[::-1]
    world.platform.perform(name_holders, by, None, holders=turned)
    agent.side.attend()
    assert newest(world, "I") == [Holder(one.recipient, one.sign) for one in turned]
    world.platform.perform(name_holders, by, None, holders=escrow.named)
    world.wait(1)


def test_the_centres_key_is_dealt_to_nobody(world: World, escrow: Escrow) -> None:
    """Beside the agent's it would tell a panel before its time, and nothing could go on with it."""
    administrator = an_actor(world.platform, Role.ADMINISTRATOR, world.machines.centre.org)
    _, named = three(world, "centres")
    for by in (administrator, world.machines.centre):
        with pytest.raises(NotAllowed):
            world.platform.perform(name_holders, by, None, holders=named)
    centre, custody = world.side("C"), Custody(world.machines.keys("C"))
    centre.attend()
    assert centre.client.read("/api/v1/draws/escrow")["wanted"] is None
    for holders in (named, escrow.named):
        held = [Holder(one.recipient, one.sign) for one in holders]
        deal = custody.deal("C", held, b"", mail.seal_bytes)
        with pytest.raises(Refused) as no:
            centre.client.act("draw.deal_key", {"deal": deal})
        assert no.value.code == "not_allowed"
    with world.platform.read() as session:
        assert deals_of(session, machine(world, "C").id) == []
        assert to_deal(session, machine(world, "C")) is None


def test_a_key_is_dealt_by_its_own_machine_to_those_named_and_to_nobody_else(
    world: World, escrow: Escrow
) -> None:
    agent = world.side("I").client
    custody = Custody(world.machines.keys("I"))
    heir = bytes.fromhex(str(escrow.custody.public()["sign"]))
    held = [Holder(one.recipient, one.sign) for one in escrow.named]
    good = custody.deal("I", held, heir, mail.seal_bytes)
    _, others = three(world, "others")
    strangers = [Holder(one.recipient, one.sign) for one in others]
    bad = (
        custody.deal("I", strangers, heir, mail.seal_bytes),
        custody.deal("I", held[::-1], heir, mail.seal_bytes),
        custody.deal("C", held, heir, mail.seal_bytes),
        custody.deal("I", held, b"", mail.seal_bytes),
        escrow.custody.deal("I", held, heir, mail.seal_bytes),
        {**good, "sig": "00" * 64},
    )
    for deal in bad:
        with pytest.raises(Refused) as no:
            agent.act("draw.deal_key", {"deal": deal})
        assert no.value.code == "invalid"
    agent.act("draw.deal_key", {"deal": good})
    for who in (world.machines.inspector, world.machines.centre, escrow.deputy):
        with pytest.raises(NotAllowed):
            world.platform.perform(deal_key, who, None, deal=good)


def test_a_piece_is_looked_at_by_its_own_holder_alone(world: World, escrow: Escrow) -> None:
    world.side("I").attend()
    with world.platform.read() as session:
        row = deal_of(session, machine(world, "I").id)
    assert row is not None
    for who, x in ((escrow.people[0], 2), (escrow.people[0], 0), (escrow.people[0], 4)):
        with pytest.raises(NotAllowed):
            world.platform.perform(check_piece, who, None, deal=row.id, x=x, fits=True)
    with pytest.raises(NotFound):
        world.platform.perform(check_piece, escrow.people[0], None, deal=NOBODY, x=1, fits=True)


def look_at(world: World, escrow: Escrow) -> None:
    """Each holder's own program looks at the piece of the newest deal."""
    for n in range(3):
        with world.platform.read() as session:
            mine = unchecked(session, escrow.people[n].person)
        for one in mine:
            look(escrow.seat(n).client, escrow.device(n), one)


def test_a_key_is_dealt_anew_when_a_holder_calls_its_piece_false_but_not_for_ever(
    world: World, escrow: Escrow
) -> None:
    agent = escrow.agent("faulty")
    held = [Holder(one.recipient, one.sign) for one in escrow.named]
    heir = bytes.fromhex(str(escrow.custody.public()["sign"]))

    def torn(data: bytes, to: str) -> str:
        return mail.seal_bytes(data[:-1] if to == held[0].recipient else data, to)

    false = custody_of(agent).deal("I", held, heir, torn)
    first = UUID(agent.side.client.act("draw.deal_key", {"deal": false}))
    look_at(world, escrow)
    with world.platform.read() as session:
        assert is_called_false(session, first)
        assert is_sound(session, first), "the other two open it meanwhile"
    world.wait(1)
    agent.side.attend()
    numbers = {first, newest_number(world)}
    assert len(numbers) == 2, "dealt anew"
    look_at(world, escrow)
    with world.platform.read() as session:
        assert not is_called_false(session, newest_number(world))
    agent.side.attend()
    assert newest_number(world) in numbers, "all is well, nothing is dealt"
    liar = escrow.agent("slandered")
    for _ in range(MOST_DEALS + 2):  # a holder that calls every deal false
        liar.side.attend()
        with world.platform.read() as session:
            mine = unchecked(session, escrow.people[0].person)
        for one in mine:
            told: dict[str, Any] = {"deal": UUID(one["deal"]), "x": 1, "fits": False}
            world.platform.perform(check_piece, escrow.people[0], None, **told)
        world.wait(1)
    with world.platform.read() as session:
        assert len(deals_of(session, machine(world, "I").id)) == MOST_DEALS


def test_a_deal_whose_letters_name_neither_dealer_nor_deputy_is_none_any_more(
    world: World, escrow: Escrow
) -> None:
    agent = escrow.agent("of-before")
    agent.side.attend()
    with world.platform.read() as session:
        last = deal_of(session, machine(world, "I").id)
    assert last is not None
    old = {**last.document, "v": "batong-key/1"}
    of = machine(world, "I").id
    world.wait(1)

    def run(act: Act) -> None:
        made = KeyDeal(id=new_id(act.now), machine=of, document=old, dealt_at=act.now)
        act.session.add(made)

    verb = Action("draw.deal_key", frozenset({Role.SYSTEM}), Visibility.PUBLIC, False, run)
    world.platform.perform(verb, SYSTEM, None)
    with world.platform.read() as session:
        assert [row.id for row in deals_of(session, of)] == [last.id]
        for who in escrow.people:
            assert [one["deal"] for one in unchecked(session, who.person)] == [str(last.id)]
    with pytest.raises(Refused) as no:
        agent.side.client.act("draw.deal_key", {"deal": old})
    assert no.value.code == "invalid"
