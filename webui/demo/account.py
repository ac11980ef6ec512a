"""Accounts of a demo folder's people: invented, under one password that everybody may know."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from experts.pool.expert import person_of
from experts.pool.register import registry
from monitor.clock import SystemClock
from monitor.record.platform import Platform
from monitor.role import SEALED_ROLES, SYSTEM, Actor, Role
from monitor.runtime.secret import write_once
from monitor.runtime.settings import Settings
from trading.account.credential import Chosen
from trading.account.keeping import Keeping, open_accounts
from trading.account.proof.device import Source
from trading.account.proof.password import Hasher
from trading.account.proof.vault import Vault
from trading.account.session import Policy
from trading.account.stand_in import stand_in
from trading.notice.message.address import set_address
from webui.demo.stage import Stage
from webui.program.client import PASSWORD as PASSWORD_FILE

PASSWORD = "batong-demo-2026"  # noqa: S105 - public, and good in a demo folder alone
LONG = timedelta(days=3650)
POLICY = Policy(absolute=LONG, idle=LONG, confirmed=LONG, second_factor=frozenset())
"""A demo's days pass in one click: a session that ended with them would help nobody."""

SET_UP = {Role.ADMINISTRATOR, *SEALED_ROLES}
"""Whom the administrator does not invite: the first of them come in when a platform is set up."""


def open_keeping(platform: Platform, settings: Settings, valkey_url: str) -> Keeping:
    """Return the accounts of a data folder, by a demo's policy or by the strict one."""
    vault = Vault.of(settings.data)
    policy = POLICY if settings.kind.value == "demo" else None
    return open_accounts(platform, vault, valkey_url, SystemClock(), policy)


def give_accounts(stage: Stage, administrator: Actor, people: Mapping[str, Actor]) -> None:
    """Invite each person under a name to sign in with, and set the demo's password."""
    keeping = open_keeping(stage.platform, stage.settings, stage.valkey_url)
    try:
        for name, actor in people.items():
            by = SYSTEM if actor.role in SET_UP else administrator
            invitation = keeping.invite(by, actor.person, name)
            keeping.set_password(invitation, PASSWORD, Source("127.0.0.1"))
            if actor.role in set_address.by:
                stage.do(set_address, actor, None, email=f"{name}@demo.batong.example")
    finally:
        keeping.close()


def admit_pool(stage: Stage, folder: Path) -> None:
    """Give every expert of the pool an account named by the own number: having one tells nothing.

    `folder` is the stand-in experts' own, where the password lies for their program.
    """
    with stage.platform.read() as session:
        people = {person_of(session, one.uid): one.uid.lower() for one in registry(session)}
    chosen = Chosen(Hasher().made(PASSWORD))
    stage.do(stand_in, SYSTEM, None, people=people, chosen=chosen)
    folder.mkdir(mode=0o700, exist_ok=True)
    write_once(folder / PASSWORD_FILE, PASSWORD)
