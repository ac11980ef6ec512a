"""`batong expert run`: drawn experts of a demo, in one process."""

from __future__ import annotations

import logging
import signal
import threading
from pathlib import Path
from types import FrameType

import click

from webui.program.client import Away, Refused
from webui.program.expert.folder import Folder
from webui.program.expert.judge import Experts, log

QUIET, BUSY, LONGEST = 3.0, 0.3, 30.0
"""Seconds between two looks: nothing to do, something done, and most while the platform is away."""


@click.group()
def expert() -> None:
    """评标专家 / Drawn experts."""


@expert.command()
@click.option("--url", required=True, help="平台地址 / the platform's address")
@click.option(
    "--keys",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="文件夹，内有 keys.json 与 password / a folder with keys.json and password",
)
def run(url: str, keys: Path) -> None:
    """替身专家：答复、签到、评分、签名 / Stand-in experts answer, check in, score and sign."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    experts, ended = Experts(url.rstrip("/"), Folder(keys)), threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        ended.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    pause = QUIET
    while not ended.wait(pause):
        pause = looked(experts, pause)


def looked(experts: Experts, pause: float) -> float:
    """Look once; return how long to wait before the next look."""
    try:
        return BUSY if experts.look() else QUIET
    except (Away, Refused, OSError) as fault:
        log.warning("%s: %s", type(fault).__name__, fault)
        return min(max(pause, QUIET) * 2, LONGEST)
