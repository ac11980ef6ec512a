"""`batong expert run`: drawn experts of a demo, in one process."""

from __future__ import annotations

from pathlib import Path

import click

from monitor.work.ending import go_on
from webui.cli.option import at_url, own_folder
from webui.program.client import Away, Refused
from webui.program.expert.folder import Folder
from webui.program.expert.judge import Experts, log

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


def looked(experts: Experts, pause: float) -> float:
    """Look once; return how long to wait before the next look."""
    try:
        return BUSY if experts.look() else QUIET
    except (Away, Refused, OSError) as fault:
        log.warning("%s: %s", type(fault).__name__, fault)
        return min(max(pause, QUIET) * 2, LONGEST)
