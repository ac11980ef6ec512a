"""What deputy and holders of a lost machine's key do, each by one step, true or changed."""

from typing import Any
from uuid import UUID

import pytest

from experts.draw.header import INSPECTOR
from experts.escrow.key import (
    asked_statement,
    handed_letter,
    read_deal,
    read_dealt,
)
from experts.escrow.loss import ask_key, hand_on_key
from experts.escrow.succession import statement
from experts.escrow.wanted import keys_asked
from monitor.refusal import Refusal
from monitor.role import Actor
from tests.stories.draw.escrow import Escrow
from tests.stories.draw.world import World, nobody, settle, wants
from webui.program import mail
from webui.program.draw.loop import Loop

REASON = "the agent is lost"


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


def named_false(world: World) -> list[tuple[int, bool]]:
    """Whose pieces were named as false, and whether by a proof."""
    found = world.view().steps("false_piece")
    return [(one["k"], one["document"]["proven"]) for one in found]


def drawn_by(world: World, here: dict[str, Loop], deputy: Loop) -> None:
    """The machines that are left, and the deputy in the lost one's place, end the draw."""
    settle(world, {**here, INSPECTOR: deputy}, nobody)
    assert wants(world) == set()
