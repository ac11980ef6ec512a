"""Holders on record: who may be named, when a share is opened, and that nobody has a choice."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from bidding.envelope.trustee.holder import Trustee
from experts.ceremony.share import commit, open_commits, recover, reveal
from experts.draw import seed
from experts.escrow.holder import Named, name_holders
from experts.escrow.opening import open_escrow, openings_asked
from experts.escrow.recovery import Piece, escrow_of
from monitor.record.platform import Platform
from monitor.refusal import (
    Conflict,
    Invalid,
    NotAllowed,
    NotFound,
    Refusal,
    TooEarly,
    TooLate,
    WrongStage,
)
from monitor.role import Actor, Role
from tests.builders import an_actor, an_organisation
from tests.experts.desk import T_KEY, T_SHARE
from tests.experts.escrow.held import a_copy, opened_by, signed, the, the_devices
from tests.experts.hall import Hall
from trading.registration.party import Kind


@dataclass
class Held:
    """A hall whose tenderee's share is held by three, each with a device."""

    hall: Hall
    people: list[Actor]
    devices: list[Trustee]

    def commit(self) -> None:
        """Both commit and all stands under one hash; the agent reveals, the tenderee not yet."""
        hall = self.hall
        hall.open_header()
        mine = hall.commitments()[0]
        for actor, told in ((hall.inspector, mine), (hall.tenderee, self.told(self.devices))):
            hall.service.commit(hall.name, told, hall.platform.clock.now())
            hall.do(commit, actor, draw=hall.id, told=told)
        hall.open()
        hall.do(reveal, hall.inspector, draw=hall.id, share=self.agents_share())

    def agents_share(self) -> str:
        return self.hall.agent.reveal(self.hall.name, self.hall.commits)

    def told(self, devices: list[Trustee]) -> dict[str, Any]:
        hh = self.hall.service.custody.papers(self.hall.name).header().hh
        self.copy = a_copy(devices, hh, "T", T_SHARE)
        return seed.commit_value(hh, "T", T_SHARE, self.copy, T_KEY)

    def piece(self, x: int, data: bytes | None = None, when: int = 0) -> Piece:
        """A holder's piece as its device opens it, or other bytes that it signs for."""
        header = self.hall.service.custody.papers(self.hall.name).header()
        opened = bytes.fromhex(the(self.hall.commits)["open"])
        when = when or self.hall.now()
        if data is not None:
            return signed(self.devices[x - 1], header, opened, "T", x, when, data)
        escrow = escrow_of({"role": "T", "escrow": self.copy.hex()})
        assert escrow is not None
        return opened_by(self.devices[x - 1], header, opened, "T", escrow, x, when)

    def open(self, x: int, piece: Piece | None = None, by: Actor | None = None, **told: Any) -> int:
        piece = piece or self.piece(x)
        inputs: dict[str, Any] = {
            "draw": self.hall.id, "role": "T", "at": piece.at, "piece": piece.data.hex(),
            "signature": piece.signature,
        }  # fmt: skip
        return self.hall.do(open_escrow, by or self.people[x - 1], **inputs | told)

    def recover(self, share: str, role: str = "T") -> None:
        self.hall.do(recover, self.hall.centre, draw=self.hall.id, role=role, share=share)

    def asked(self, who: Actor) -> list[str]:
        with self.hall.platform.read() as session:
            found = openings_asked(session, who.person, self.hall.platform.clock.now())
        return [one["role"] for one in found if one["draw"] == str(self.hall.id)]


def some_holders(platform: Platform, folder: Path) -> tuple[list[Actor], list[Trustee]]:
    people = [an_actor(platform, Role.TRUSTEE) for _ in range(3)]
    return people, the_devices(folder)


def named(people: list[Actor], devices: list[Trustee]) -> list[Named]:
    pairs = zip(people, (one.device for one in devices), strict=True)
    return [Named(who.person, bytes.fromhex(one.signer), one.recipient) for who, one in pairs]


@pytest.fixture
def held(hall: Hall, tmp_path: Path) -> Held:
    people, devices = some_holders(hall.platform, tmp_path)
    hall.platform.perform(name_holders, hall.tenderee, None, holders=named(people, devices))
    return Held(hall, people, devices)


def test_a_share_is_opened_by_two_holders_on_record_and_only_then_put_in(held: Held) -> None:
    held.commit()
    held.hall.wait(121)
    assert [held.asked(who) for who in held.people] == [["T"]] * 3
    assert held.open(1) == 1
    with pytest.raises(Invalid):  # one piece alone is no share, though the centre knew it
        held.recover(T_SHARE.hex())
    assert held.open(3) == 3
    assert [held.asked(who) for who in held.people] == [[], ["T"], []]
    with pytest.raises(Invalid):
        held.recover("11" * 32)
    with pytest.raises(Conflict):  # it opens, so there is no default
        held.recover("")
    held.recover(T_SHARE.hex())
    assert [held.asked(who) for who in held.people] == [[], [], []]
    with pytest.raises(Conflict):
        held.open(2)


def test_no_share_is_opened_before_its_time_nor_once_the_dice_may_have_fallen(held: Held) -> None:
    held.commit()
    assert held.asked(held.people[0]) == []
    with pytest.raises(TooEarly):
        held.open(1)
    with pytest.raises(TooEarly):  # a time that is signed is no better
        held.open(1, held.piece(1, when=held.hall.now() + 100))
    held.hall.wait(121)
    ahead = held.piece(1, when=held.hall.now() + 30)
    with pytest.raises(Invalid):
        held.open(1, ahead)
    held.hall.wait(60)
    with pytest.raises(TooLate):
        held.open(1)


def test_the_share_of_a_side_that_revealed_is_not_opened(held: Held) -> None:
    held.commit()
    held.hall.do(reveal, held.hall.tenderee, draw=held.hall.id, share=T_SHARE.hex())
    held.hall.wait(121)
    assert held.asked(held.people[0]) == []
    with pytest.raises(Conflict):
        held.open(1)
    with pytest.raises(NotAllowed):  # the inspector's is in no escrow of theirs, and revealed
        held.hall.do(
            open_escrow, held.hall.centre, draw=held.hall.id, role="I", at=1, signature="00" * 64
        )


def test_nobody_but_its_holder_opens_a_piece(held: Held) -> None:
    held.commit()
    held.hall.wait(121)
    stranger = an_actor(held.hall.platform, Role.TRUSTEE)
    with pytest.raises(NotAllowed):
        held.open(1, by=stranger)
    for actor in (held.hall.centre, held.hall.tenderee, held.hall.inspector):
        with pytest.raises(NotAllowed):
            held.open(1, by=actor)
    with pytest.raises(Invalid):  # another holder's piece under one's own name
        held.open(1, by=held.people[1])
    with pytest.raises(Invalid):
        held.open(1, replace(held.piece(1), data=bytes(33)))
    with pytest.raises(NotFound):
        held.open(1, role="X")


def test_a_default_waits_until_the_holders_cannot_open_it(held: Held) -> None:
    held.commit()
    held.hall.wait(121)
    held.open(1)
    held.open(2, held.piece(2, data=bytes(33)))
    with pytest.raises(TooEarly):  # the third may still make two that fit
        held.recover("")
    held.open(3, held.piece(3, data=b""))
    held.recover("")


def test_holders_that_are_away_do_not_stop_a_draw(held: Held) -> None:
    held.commit()
    held.hall.wait(149)
    with pytest.raises(TooEarly):
        held.recover("")
    held.hall.wait(1)
    held.recover("")


def test_a_side_with_holders_commits_to_a_copy_for_them_and_for_nobody_else(
    held: Held, tmp_path: Path
) -> None:
    hall = held.hall
    hall.open_header()
    hh = hall.service.custody.papers(hall.name).header().hh
    others = the_devices(tmp_path / "others")
    bare = seed.commit_value(hh, "T", T_SHARE, b"", T_KEY)
    for told in (bare, held.told(others), held.told(held.devices[::-1])):
        with pytest.raises(Invalid) as refused:
            hall.do(commit, hall.tenderee, draw=hall.id, told=told)
        assert refused.value.field == "escrow"
    copy = a_copy(held.devices, hh, "I", bytes(32))
    with pytest.raises(Invalid):  # the department named nobody
        hall.do(commit, hall.inspector, draw=hall.id, told=hall.agent.commit(hall.name, copy))
    hall.do(commit, hall.tenderee, draw=hall.id, told=held.told(held.devices))
    with pytest.raises(WrongStage):
        hall.do(open_commits, hall.centre, draw=hall.id)


def test_holders_are_three_trustees_of_three_bodies_none_of_ones_own_or_the_centres(
    hall: Hall, tmp_path: Path
) -> None:
    platform = hall.platform
    people, devices = some_holders(platform, tmp_path)
    good = named(people, devices)
    own = an_actor(platform, Role.TRUSTEE, hall.inspector.org)
    centre = an_organisation(platform, Kind.CENTRE)
    an_actor(platform, Role.CENTRE, centre)
    clerks = an_actor(platform, Role.TRUSTEE, centre)
    sibling = an_actor(platform, Role.TRUSTEE, people[0].org)
    bad: list[tuple[type[Refusal], list[Named]]] = [
        (Invalid, good[:2]),
        (Invalid, [*good[:2], good[0]]),
        (Invalid, [*good[:2], replace(good[2], sign=good[0].sign)]),
        (Invalid, [*good[:2], replace(good[2], recipient="age1")]),
        (Invalid, [*good[:2], replace(good[2], person=sibling.person)]),
        (NotAllowed, [*good[:2], replace(good[2], person=own.person)]),
        (NotAllowed, [*good[:2], replace(good[2], person=clerks.person)]),
        (NotFound, [*good[:2], replace(good[2], person=hall.tenderee.person)]),
    ]
    for why, holders in bad:
        with pytest.raises(why):
            platform.perform(name_holders, hall.inspector, None, holders=holders)
    with pytest.raises(NotAllowed):
        platform.perform(name_holders, hall.centre, None, holders=good)
    first = platform.perform(name_holders, hall.inspector, None, holders=good)
    again = platform.perform(name_holders, hall.inspector, None, holders=good[::-1])
    assert not set(first) & set(again)
