"""The second trade: registered and accepted, and then left to whoever wants to play it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from bidding.envelope.document import public_key
from bidding.envelope.trustee.holder import write_private
from monitor.record.identity import new_id
from monitor.role import Actor, Role
from trading.registration.intake import accept, register
from trading.registration.party import assign
from trading.venue.room import Purpose, add_room
from webui.artefact.keys import FILE, write_keys
from webui.demo.account import PASSWORD, admit_pool, give_accounts
from webui.demo.cast import body, credit_code, person
from webui.demo.plan import Plan, project_code
from webui.demo.play import Play
from webui.demo.scene import machine
from webui.demo.scene.registration import filing
from webui.demo.stage import Stage
from webui.program.client import PASSWORD as PASSWORD_FILE
from webui.program.rival.folder import PROFILE

TITLE = "十一、留给您的第二个项目 / A second trade for you"
NEWCOMER = "演示新手建设有限公司（您）"
AGENCY = "示例招标代理有限公司（演示）"
RIVALS = ("演示东岳建设有限公司", "演示南湖市政有限公司", "演示西山路桥有限公司")
OFFERS = (953, 967, 941)
"""What the rivals bid, in thousandths of the ceiling."""
SILENT = 3
"""The rival that never gives its key, so that the trustees open its bid."""


def leave(it: Play) -> None:
    """Register a second trade, seat its department and trustees, and give everybody accounts."""
    stage, cast = it.stage, it.cast
    stage.narrator.scene(TITLE)
    stage.until(stage.now + timedelta(minutes=1))
    plan = second(it.plan)
    project = new_id(stage.now)
    stage.do(register, cast.owner, project, filing=filing(plan))
    stage.do(accept, cast.clerk, project)
    stage.do(assign, cast.clerk, project, organisation=cast.department.id, role=Role.DEPARTMENT)
    for actor, _ in it.trustees:
        stage.do(assign, cast.clerk, project, organisation=actor.org, role=Role.TRUSTEE)
    stage.do(add_room, cast.clerk, None, name="开标三室", purpose=Purpose.OPENING, seats=30)
    people = _people(it)
    give_accounts(stage, cast.administrator, people)
    _tell_programs(stage, people)
    machine.name_all(it)
    admit_pool(stage, stage.stand_ins / machine.EXPERTS)
    # Another process's clock must not stand before the last appointment: who reads is nobody then.
    stage.until(stage.now + timedelta(minutes=1))
    stage.settle()
    stage.say(f"已登记受理 {plan.code}：{plan.name} / registered and accepted, the rest is yours")


def _tell_programs(stage: Stage, people: Mapping[str, Actor]) -> None:
    """Give each stand-in program its account's password, in the folder that is its own."""
    for name in people:
        if name.startswith(("trustee-", "rival-")):
            folder = stage.stand_ins / name
            folder.mkdir(mode=0o700, exist_ok=True)
            write_private(folder / PASSWORD_FILE, PASSWORD)
    for number, (name, offer) in enumerate(zip(RIVALS, OFFERS, strict=True), 1):
        told = {
            "name": name, "uscc": credit_code(name), "offer": offer, "silent": number == SILENT,
        }  # fmt: skip
        folder = stage.stand_ins / f"rival-{number}"
        write_private(folder / PROFILE, json.dumps(told, ensure_ascii=False))
        write_private(folder / FILE, write_keys(stage.policy, public_key(stage.desk.signer)))


def second(plan: Plan) -> Plan:
    """Return what the second trade is about."""
    return replace(
        plan,
        name="示例市第二小学操场翻新工程（演示，留给您）",
        code=project_code("second"),
        estimate_fen=6_800_000_00,
        ceiling_fen=6_750_000_00,
        deposit_fen=120_000_00,
        rivals=(),
    )


def _people(it: Play) -> dict[str, Actor]:
    """Return who may sign in, by name: cast, trustees, an agency, the newcomer and its rivals."""
    stage, cast = it.stage, it.cast
    people = {
        "owner": cast.owner, "owner-two": cast.owner_two,
        "clerk": cast.clerk, "clerk-two": cast.clerk_two,
        "cashier": cast.cashier, "cashier-two": cast.cashier_two,
        "inspector": cast.inspector, "administrator": cast.administrator,
        "discipline": cast.discipline,
    }  # fmt: skip
    people |= {f"trustee-{n}": actor for n, (actor, _) in enumerate(it.trustees, 1)}
    people["agency"] = person(stage, "项目经理甲", body(stage, AGENCY), Role.AGENCY)
    names = {"newcomer": NEWCOMER} | {f"rival-{n}": name for n, name in enumerate(RIVALS, 1)}
    for account, name in names.items():
        own = body(stage, name)
        people[account] = person(stage, f"{name.partition('（')[0]}授权代表", own, Role.TENDERER)
    return people
