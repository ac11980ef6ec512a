"""Accounts of a demo folder's people: invented, under one password that everybody may know."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from monitor.clock import SystemClock
from monitor.record.platform import Platform
from monitor.role import SYSTEM, Actor
from monitor.runtime.settings import Settings
from trading.account.keeping import Keeping, open_accounts
from trading.account.proof.device import Source
from trading.account.proof.vault import Vault
from trading.account.session import Policy
from trading.notice.message.address import set_address
from webui.demo.stage import Stage

PASSWORD = "batong-demo-2026"  # noqa: S105 - public, and good in a demo folder alone
LONG = timedelta(days=3650)
POLICY = Policy(absolute=LONG, idle=LONG, confirmed=LONG, second_factor=frozenset())
"""A demo's days pass in one click: a session that ended with them would help nobody."""


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
            by = SYSTEM if actor == administrator else administrator
            invitation = keeping.invite(by, actor.person, name)
            keeping.set_password(invitation, PASSWORD, Source("127.0.0.1"))
            stage.do(set_address, actor, None, email=f"{name}@demo.batong.example")
    finally:
        keeping.close()
