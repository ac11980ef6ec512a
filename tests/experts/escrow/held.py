"""Holders of shares for tests: three devices, a whole draw in which the tenderee goes away."""

import base64
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bidding.envelope.age.file import decrypt_bytes, encrypt_bytes
from bidding.envelope.trustee.holder import Trustee
from experts.custody import REBUILT, Custody
from experts.draw import seed
from experts.draw.encoding import signing_public
from experts.draw.header import Header
from experts.escrow.key import Deal, Handed, read_deal, read_dealt, rebuilt
from experts.escrow.recovery import (
    RECOVERY,
    Escrow,
    Holder,
    Piece,
    escrow_of,
    fitting,
    read_letter,
    sealed_copy,
    statement,
)
from experts.escrow.succession import SUCCESSION, Given
from experts.escrow.succession import statement as named
from monitor.log.canonical import JSON
from tests.experts.draw_world import T_KEY, T_SHARE, World, at


def the_devices(folder: Path) -> list[Trustee]:
    """Three trustees' devices, each with keys in a folder of its own."""
    return [Trustee.create(folder / f"holder-{x}") for x in (1, 2, 3)]


def holder_of(device: Trustee) -> Holder:
    return Holder(device.device.recipient, bytes.fromhex(device.device.signer))


def sealed(data: bytes, recipient: str) -> str:
    return base64.b64encode(encrypt_bytes(data, [recipient])).decode()


def a_copy(devices: Sequence[Trustee], hh: bytes, role: str, share: bytes) -> bytes:
    return sealed_copy(hh, role, share, [holder_of(one) for one in devices], sealed)


def opened_by(
    device: Trustee, header: Header, opened: bytes, role: str, escrow: Escrow, x: int, when: int
) -> Piece:
    """The piece as its holder opens and signs it."""
    letter = decrypt_bytes(base64.b64decode(escrow.sealed[x - 1]), [device.identity])
    return signed(device, header, opened, role, x, when, read_letter(letter, header.hh, role, x))


def signed(
    device: Trustee, header: Header, opened: bytes, role: str, x: int, when: int, data: bytes
) -> Piece:
    said = statement(opened, header.hh, role, Piece(x, when, data, ""))
    return Piece(x, when, data, device.signer.sign(said).hex())


def a_recovered_draw(world: World, devices: Sequence[Trustee], by: tuple[int, int]) -> bytes:
    """The bundle of a draw whose tenderee committed and was never seen to reveal."""
    service, agent, name = world.centre, world.agent, world.draw
    world.file()
    header = service.custody.papers(name).header()
    service.commit(name, agent.commit(name, b"escrow"), at(world.times[0] - 60))
    copy = a_copy(devices, header.hh, "T", T_SHARE)
    told = seed.commit_value(header.hh, "T", T_SHARE, copy, T_KEY)
    service.commit(name, told, at(world.times[0] - 60))
    commits = the(service.open(name))
    service.reveal(name, "I", agent.reveal(name, commits), at(world.times[0] + 30))
    escrow, opened = escrow_of(told), bytes.fromhex(commits["open"])
    assert escrow is not None
    pieces = [
        opened_by(devices[x - 1], header, opened, "T", escrow, x, world.times[1] + 1) for x in by
    ]
    found = fitting(header.hh, "T", bytes.fromhex(str(told["c"])), pieces)
    assert found is not None
    service.recover(name, "T", found[0].hex())
    recovery: list[JSON] = [{"pieces": [one.value() for one in found[1]], "role": "T"}]
    service.keep_recovery(name, recovery)
    closing = service.close_reveals(name, at(world.times[1] + 10))
    confirmed = agent.confirm_reveals(name, closing, recovery)
    service.confirm_reveals(name, closing, confirmed)
    world.roll()
    world.draw_round()
    world.call()
    world.finish()
    assert service.custody.papers(name).has(RECOVERY)
    return service.bundle(name)


def the(value: JSON) -> Any:
    return value


def dealt(
    custody: Custody, devices: Sequence[Trustee], heir: bytes
) -> tuple[Deal, dict[int, bytes]]:
    """An agent's VRF key as it deals it, and each holder's piece as its device opens it."""
    told = custody.deal("I", [holder_of(one) for one in devices], heir, sealed)
    deal, pieces = read_deal(told, bytes.fromhex(str(custody.public()["sign"]))), {}
    for x, device in enumerate(devices, 1):
        letter = base64.b64decode(deal.escrow.sealed[x - 1])
        pieces[x] = read_dealt(decrypt_bytes(letter, [device.identity]), deal, x)
    return deal, pieces


def a_succeeded_draw(world: World, devices: Sequence[Trustee], heir: bytes) -> bytes:
    """A draw whose agent is lost once all have committed; its deputy signs and proves the rest.

    heir: the deputy's signing key. From then on the lost machine's own keys are nowhere.
    """
    world.file()
    service, agent, name = world.centre, world.agent, world.draw
    header, public = service.custody.papers(name).header(), signing_public(heir)
    deal, pieces = dealt(agent.custody, devices, public)
    copy = a_copy(devices, header.hh, "I", agent.share(name))
    told = seed.commit_value(header.hh, "T", T_SHARE, b"", T_KEY)
    for one in (agent.commit(name, copy), told):
        service.commit(name, one, at(world.times[0] - 60))
    commits, when = service.open(name), world.times[1] + 1
    share = agent.reveal(name, commits)
    given: list[JSON] = [
        Given(
            x, when, devices[x - 1].signer.sign(named(header.hh, "I", public, x, when)).hex()
        ).value()
        for x in (1, 3)
    ]
    for side in (service, agent):
        side.custody.papers(name).put(
            SUCCESSION, {"given": given, "role": "I", "sign": public.hex()}
        )
    key = rebuilt(deal, [Handed(x, pieces[x], "") for x in (1, 3)])
    assert key is not None
    agent.custody.papers(name).keep(REBUILT, key.to_bytes(32, "big"))
    for use in ("sign", "vrf"):
        (agent.custody.folder / f"{use}.key").write_bytes(heir)
    service.reveal(name, "I", share, at(world.times[0] + 30))
    service.reveal(name, "T", T_SHARE.hex(), at(world.times[0] + 30))
    world.close_reveals()
    world.roll()
    world.draw_round()
    world.call()
    return world.finish()
