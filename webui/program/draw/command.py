"""`batong draw run`, `agent run`, `owner run`: each a machine of its own that talks HTTP only."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from experts.ceremony.mail.parcel import MOST_PARCELS
from experts.custody import Custody
from experts.draw.encoding import DrawError
from experts.draw.service import DrawService
from experts.escrow.loss import MOST_REASON
from experts.inspector import InspectorAgent
from webui.cli.option import at_url, own_folder
from webui.cli.report import fail
from webui.program.client import Client
from webui.program.draw.centre.desk import Centre
from webui.program.draw.centre.naming import members_of, read_names
from webui.program.draw.centre.notifier import Notifier
from webui.program.draw.deputy import UNATTENDED, Deputy
from webui.program.draw.inspector import Agent, explain
from webui.program.draw.loop import run as go_on
from webui.program.draw.owner import Owner

Command = Callable[..., Any]
OPTIONS = (
    at_url,
    own_folder("本方密钥文件夹，内有 password / own folder of keys, with the file `password`"),
    click.option("--account", required=True, help="登录名 / the account's name"),
    click.option(
        "--look",
        type=click.FloatRange(0.05, 60),
        default=1.0,
        show_default=True,
        help="两次查看相隔秒数 / seconds between two looks",
    ),
)


def _machine(command: Command) -> Command:
    for option in reversed(OPTIONS):
        command = option(command)
    return command


@click.command("run")
@_machine
@click.option("--stand-in", is_flag=True, help="演示密钥 / keys of a demonstration, as headers say")
def draw_run(url: str, keys: Path, account: str, look: float, stand_in: bool) -> None:
    """运行中心的抽取服务，直到 Ctrl-C / Run the centre's draw service until Ctrl-C."""
    service, client = DrawService(Custody(keys)), _client(url, keys, account)
    go_on(Centre(client, service, Notifier(keys), stand_in), look)


@click.command("names")
@own_folder("抽取服务的文件夹 / the draw service's own folder")
@click.option("--draw", "name", required=True, help="抽取名称 D-… / the draw's name, D-…")
@click.option(
    "--roll", required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="保管人的 CSV：uid,name / the keepers' CSV: uid,name",
)  # fmt: skip
def names(keys: Path, name: str, roll: Path) -> None:
    """结果确定后列出成员姓名 / The members with their names, as `panel.disclose` is given them."""
    papers = Custody(keys).papers(name)
    told = members_of(papers, read_names(roll.read_bytes()), MOST_PARCELS)
    click.echo(json.dumps(told, ensure_ascii=False, indent=1))


@click.group()
def agent() -> None:
    """监督端 / The inspector's agent."""


@agent.command("run")
@_machine
def agent_run(url: str, keys: Path, account: str, look: float) -> None:
    """运行监督端，直到 Ctrl-C / Run the inspector's agent until Ctrl-C."""
    go_on(Agent(_client(url, keys, account), InspectorAgent(Custody(keys))), look)


@agent.command("explain")
@own_folder("监督端的密钥文件夹 / the agent's own folder")
@click.option("--draw", "name", required=True, help="抽取名称 D-… / the draw's name, D-…")
@click.option("--alarm", required=True, help="告警，照监督端所述 / the alarm as the agent says it")
@click.option("--why", required=True, help="原因，入录 / why the pool may stand so: on record")
def agent_explain(keys: Path, name: str, alarm: str, why: str) -> None:
    """说明覆盖面告警，监督端随后会签 / Explain a coverage alarm: the agent then countersigns."""
    try:
        explain(Custody(keys), name, alarm, why)
    except DrawError as fault:
        fail(str(fault), 2)
    click.echo("已记下，监督端一分钟内会签 / kept; the agent countersigns within a minute")


@agent.command("deputy")
@_machine
@click.option(
    "--reason", default=UNATTENDED,
    help="本人为申请恢复失联监督端密钥给出的理由，入录公开；不给则写明无人给出 / "
    "why a lost agent's key is asked for, in the words of the person who runs this: on record",
)  # fmt: skip
def deputy_run(url: str, keys: Path, account: str, look: float, reason: str) -> None:
    """监督端离线逾时后代行，直到 Ctrl-C / Answer where the agent is away too long."""
    if not 0 < len(reason.strip()) <= MOST_REASON:
        fail(f"--reason: 须为 1 至 {MOST_REASON} 字 / 1 to {MOST_REASON} characters", 2)
    go_on(Deputy(_client(url, keys, account), InspectorAgent(Custody(keys)), reason), look)


@click.group()
def owner() -> None:
    """业主端 / The tenderee's machine."""


@owner.command("run")
@_machine
def owner_run(url: str, keys: Path, account: str, look: float) -> None:
    """运行业主端，直到 Ctrl-C；骰子为模拟 / Run the tenderee's machine; its dice are simulated."""
    go_on(Owner(_client(url, keys, account), keys), look)


def _client(url: str, keys: Path, account: str) -> Client:
    return Client(url.rstrip("/"), account, keys)
