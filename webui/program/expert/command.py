"""`batong expert run`: drawn experts of a demo, in one process."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import click

from experts.ceremony.mail.paper import Step
from experts.draw.encoding import DrawError
from monitor.refusal import NotFound
from monitor.work.ending import go_on
from webui.cli.option import at_url, own_folder
from webui.cli.report import fail, one_line_errors
from webui.program.client import Away, Client, Refused
from webui.program.expert.folder import Folder
from webui.program.expert.judge import Experts, log
from webui.program.mail import unseal

IDENTITY = "identity.txt"
QUIET, BUSY, LONGEST = 3.0, 0.3, 30.0
"""Seconds between two looks: nothing to do, something done, and most while the platform is away."""


@click.group()
def expert() -> None:
    """评标专家 / Drawn experts."""


@expert.command()
@at_url
@own_folder("文件夹，内有 keys.json 与 password / a folder with keys.json and password")
def run(url: str, keys: Path) -> None:
    """替身专家：答复、签到、评分、签名 / Stand-in experts answer, check in, score and sign."""
    experts = Experts(url.rstrip("/"), Folder(keys))
    go_on(lambda pause: looked(experts, pause), QUIET)


@expert.command()
@at_url
@own_folder("文件夹，内有 identity.txt 与 password / own folder: identity.txt and password")
@click.option("--account", required=True, help="登录名 / the account's name")
@click.option("--accept", metavar="MASK", help="接受这一邀请 / accept this invitation")
@click.option("--decline", metavar="MASK", help="谢绝这一邀请 / decline this invitation")
@one_line_errors
def letters(url: str, keys: Path, account: str, accept: str | None, decline: str | None) -> None:
    """开启封给本人的通知，答复邀请 / Open the letters that are one's own; answer an invitation."""
    client = Client(url.rstrip("/"), account, keys)
    identity = (keys / IDENTITY).read_text("utf-8").strip()
    try:
        mine = own_letters(client, identity)
        for told in mine:
            click.echo(json.dumps(told, ensure_ascii=False))
        for mask, accepts in ((accept, True), (decline, False)):
            if mask:
                inputs = {"mask": mask, "token": _invited(mine, mask), "accepts": accepts}
                client.act("draw.answer", inputs)
                said = "已接受 / accepted" if accepts else "已谢绝 / declined"
                click.echo(f"{mask}：{said}", err=True)
    except Away as fault:
        fail(f"平台暂时无法访问 / the platform is away: {fault}", 1)
    except Refused as fault:
        fail(str(fault), 1)
    if not mine:
        click.echo("没有封给本人的通知 / no letter is yours", err=True)


def _invited(mine: Sequence[Mapping[str, Any]], mask: str) -> str:
    """Return the token of an invitation of one's own; raises NotFound."""
    for told in mine:
        if (told["what"], told["mask"]) == (Step.INVITATION.value, mask):
            return str(told["token"])
    raise NotFound(f"{mask}: 没有封给本人的这一邀请 / no invitation of yours")


def own_letters(client: Client, identity: str) -> list[Mapping[str, Any]]:
    """Return the letters that this key opens; all experts get the same sealed ones."""
    found = []
    for each in client.read("/api/v1/letters")["letters"]:
        with suppress(DrawError):
            found.append(unseal(each["sealed"], identity, "letter"))
    return found


def looked(experts: Experts, pause: float) -> float:
    """Look once; return how long to wait before the next look."""
    try:
        return BUSY if experts.look() else QUIET
    except (Away, Refused, OSError) as fault:
        log.warning("%s: %s", type(fault).__name__, fault)
        return min(max(pause, QUIET) * 2, LONGEST)
