"""`batong rival run`: the stand-in rivals of a demo, in one process."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from bidding.envelope.document import EnvelopeError
from monitor.log.note import NoteError
from monitor.work.ending import go_on
from webui.artefact.keys import KeysError
from webui.cli.option import at_url, own_folders
from webui.cli.report import one_line_errors
from webui.program.client import Away, Client, Refused
from webui.program.rival.bidder import Rival, log
from webui.program.rival.folder import Folder

QUIET, BUSY, LONGEST = 4.0, 2.0, 15.0
"""Seconds between two looks: nothing to do, in a trade, and most after something went wrong."""


@click.group()
def rival() -> None:
    """演示中的竞争者 / The stand-in rivals of a demo."""


@rival.command()
@at_url
@own_folders("各家自己的文件夹，名称即登录名 / each one's own folder, named as its account")
@one_line_errors
def run(url: str, folders: Sequence[Path]) -> None:
    """自行参加演示项目，直到 Ctrl-C / Bid in a demo's trades until Ctrl-C."""
    address = url.rstrip("/")
    rivals = [Rival(Client(address, each.name, each), Folder(each)) for each in folders]
    go_on(lambda pause: looked(rivals, pause), QUIET)


def looked(rivals: Sequence[Rival], pause: float) -> float:
    """Look once at the board and let each do what is next; return how long to wait."""
    try:
        board = rivals[0].client.read("/api/v1/projects")["projects"]
    except (Away, Refused) as fault:
        log.warning("%s: %s", type(fault).__name__, fault)
        return min(pause * 2, LONGEST)
    waits = [_tended(one, entry, pause) for one in rivals for entry in board]
    wrong = [wait for wait in waits if wait > QUIET]
    return max(wrong) if wrong else min(waits, default=QUIET)


def _tended(one: Rival, entry: dict[str, Any], pause: float) -> float:
    try:
        return BUSY if one.look(entry) else QUIET
    except (Away, Refused, EnvelopeError, NoteError, KeysError, OSError) as fault:
        log.warning("%s %s: %s: %s", one.client.account, entry["code"], type(fault).__name__, fault)
        return min(max(pause, QUIET) * 2, LONGEST)
