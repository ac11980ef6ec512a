"""A platform that forges a draw's header and deal gets no piece of an agent's real VRF key."""

import json
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from experts.custody import Custody
from experts.draw import seed
from experts.draw.encoding import DrawError, H
from experts.draw.header import countersigned, read_header, read_signed
from experts.draw.verification import check_commits
from experts.escrow.key import asked_statement, read_deal
from monitor.log.canonical import canonical
from tests.experts.draw_world import T_KEY, T_SHARE, World
from tests.experts.escrow.held import holder_of, the_devices
from webui.program import mail
from webui.program.trustee.key import hand_on

LATE = datetime(2100, 1, 1, tzinfo=UTC)


class Holders:
    """What two unattended holders say to the platform that asks them."""

    account = "keeper"

    def __init__(self) -> None:
        """Nothing is said yet."""
        self.said: list[dict[str, Any]] = []

    def act(self, _: str, inputs: dict[str, Any], __: str | None = None) -> None:
        self.said.append(inputs)


def a_running_draw(world: World, vrf: object) -> dict[str, Any]:
    """A header under the thief's own signing keys with the real agent's VRF key, and its commits."""
    world.file()
    centre, inspector = world.centre.custody, world.agent.custody
    value = json.loads(json.dumps(_paper(centre.papers(world.draw).get("header.json"))["header"]))
    value["keys"]["I"]["vrf"] = vrf
    header = read_header(value)
    first = centre.sign(header.hh)
    signatures = {"C": first, "I": inspector.sign(countersigned(header.hh, first))}
    commits = [
        seed.commit_value(header.hh, "T", T_SHARE, b"", T_KEY) if role == "T"
        else (centre if role == "C" else inspector).commit(header.hh, role, bytes(32), b"")
        for role in header.roles
    ]  # fmt: skip
    told = {str(one["role"]): bytes.fromhex(str(one["c"])) for one in commits}
    opened = seed.opened(header.hh, told).hex()
    return {
        "signed": {"header": value, "signatures": signatures},
        "commits": {"commits": commits, "open": opened},
    }


def test_holders_seal_nothing_to_whoever_forged_the_header_the_deal_and_the_heir(
    tmp_path: Path,
) -> None:
    devices = the_devices(tmp_path / "holders")
    real, deputy, thief = (Custody.create(tmp_path / name) for name in ("real", "deputy", "thief"))
    heir = bytes.fromhex(str(deputy.public()["sign"]))
    deal = real.deal("I", [holder_of(one) for one in devices], heir, mail.seal_bytes)
    world = World(tmp_path / "world")
    drawn = a_running_draw(world, deal["vrf"])
    header, forger = read_signed(drawn["signed"], "header"), world.agent.custody
    check_commits(header, drawn["commits"])  # nothing but the pieces' own letters is in the way
    told = {name: each for name, each in deal.items() if name != "sig"}
    recipient = mail.recipient(thief.papers("stolen"))
    mine = {"deal": "x", "recipient": recipient, "sign": thief.public()["sign"]}
    asked = {**mine, "sig": thief.sign(asked_statement(header.hh, recipient))}
    thieves = (thief.public()["sign"], "dealt by another machine")
    for named, why in (thieves, (heir.hex(), "not the deputy")):
        forged = {**told, "heir": named}
        forged["sig"] = forger.sign(H("key-deal", canonical(forged)))
        read_deal(forged, header.key("I"))
        holders = Holders()
        for device in devices[:2]:
            request = {**drawn, "deal": forged, "asked": asked, "draw": "d", "project": "p"}
            with pytest.raises(DrawError, match=why):
                hand_on(as_client(holders), device, request, LATE)
        assert holders.said == []


def _paper(value: Any) -> Any:
    return value


def as_client(holders: Holders) -> Any:
    return SimpleNamespace(account=holders.account, act=holders.act)
