"""Before the second trade: each side names its machine for draws and gives it an account.

The machines are stand-ins with folders beside the data; the platform gets public keys alone. Their
passwords are random and lie in their own folders: nobody acts as a machine from the demo's bar.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bidding.envelope.age.key import new_identity, recipient_of
from experts.ceremony.mail.machine.machine import ACTS_AS, name_machine
from experts.custody import Custody
from experts.draw.header import CENTRE, INSPECTOR, TENDEREE
from experts.escrow.holder import Named, name_holders
from experts.pool.register import registry
from monitor.role import SEALED_ROLES, Actor, Role
from trading.account.proof.device import Source
from webui.demo.account import open_keeping
from webui.demo.cast import Body, person
from webui.demo.play import Play
from webui.program.client import PASSWORD, Client
from webui.program.draw.centre.notifier import ADDRESSES, KEEPERS
from webui.program.draw.owner import SIGN, Owner

CENTRE_FOLDER, AGENT_FOLDER, OWNER_FOLDER = "draw-service", "inspector-agent", "owner-machine"
EXPERTS = "experts"
"""The stand-in experts' folder: their identities (age), uid by uid."""


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine: its role in draws, its folder, who it is called, whose it is, who names it."""

    role: str
    folder: str
    name: str
    of: Body
    by: Actor
    category: str | None = None


def name_all(it: Play) -> None:
    """Name the three machines, and write down how the pool's people are reached."""
    cast = it.cast
    machines = (
        Machine(CENTRE, CENTRE_FOLDER, "抽取服务（演示）", cast.centre, cast.administrator),
        Machine(
            INSPECTOR, AGENT_FOLDER, "监督抽取端（演示）", cast.department, cast.inspector,
            it.plan.category,
        ),
        Machine(TENDEREE, OWNER_FOLDER, "业主抽取端（演示）", cast.tenderee, cast.owner),
    )  # fmt: skip
    for machine in machines:
        _name(it, machine)
    _name_holders(it)
    _addresses(it)
    it.stage.say("三方登记抽取设备与公钥 / three machines for draws are named with their keys")


def _name(it: Play, told: Machine) -> None:
    stage, folder = it.stage, it.stage.stand_ins / told.folder
    keys = _owner_keys(folder) if told.role == TENDEREE else _custody_keys(folder)
    own = person(stage, told.name, told.of, Role(ACTS_AS[told.role]), told.category)
    stage.do(name_machine, told.by, None, person=own.person, **keys)
    by = told.by if own.role in SEALED_ROLES else it.cast.administrator
    _account(it, by, own, folder)


def _name_holders(it: Play) -> None:
    """Department and owner name who holds their shares: trustees of none of the two, nor centre."""
    held = [
        Named(actor.person, bytes.fromhex(trustee.device.signer), trustee.device.recipient)
        for actor, trustee in it.trustees[2:]
    ]
    for actor in (it.cast.inspector, it.cast.owner):
        it.stage.do(name_holders, actor, None, holders=held)


def _account(it: Play, by: Actor, own: Actor, folder: Path) -> None:
    keeping = open_keeping(it.stage.platform, it.stage.settings, it.stage.valkey_url)
    try:
        word = secrets.token_urlsafe(24)
        invitation = keeping.invite(by, own.person, folder.name)
        keeping.set_password(invitation, word, Source("127.0.0.1"))
        _write(folder / PASSWORD, word)
    finally:
        keeping.close()


def _custody_keys(folder: Path) -> Mapping[str, bytes]:
    custody = Custody(folder) if folder.exists() else Custody.create(folder)
    return {use: bytes.fromhex(str(key)) for use, key in custody.public().items()}


def _owner_keys(folder: Path) -> Mapping[str, bytes]:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _write(folder / SIGN, secrets.token_bytes(32))
    return {"sign": Owner(Client("", "", folder), folder).public()}


def _addresses(it: Play) -> None:
    """Give every expert an own key; the draw service gets the public ones, as addresses."""
    with it.stage.platform.read() as session:
        identities = {one.uid: new_identity() for one in registry(session)}
    stand_ins = it.stage.stand_ins
    addresses = {uid: recipient_of(identity) for uid, identity in identities.items()}
    _write(stand_ins / CENTRE_FOLDER / ADDRESSES, json.dumps(addresses))
    _write(stand_ins / CENTRE_FOLDER / KEEPERS, recipient_of(new_identity()))
    (stand_ins / EXPERTS).mkdir(mode=0o700, exist_ok=True)
    _write(stand_ins / EXPERTS / "keys.json", json.dumps(identities))


def _write(path: Path, data: str | bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data.encode() if isinstance(data, str) else data)
