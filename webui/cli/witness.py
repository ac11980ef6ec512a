"""`batong witness run`: a witness of its own, with its own folder, asked over HTTP only.

Its folder holds its key, the keys of the logs that it follows, taken once and for ever, and the
largest tree that it saw of each.
"""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

import click

from monitor.clock import SystemClock
from monitor.log.note import VerifierKey
from monitor.log.witness.looking import EVERY, Looker, outage_key
from monitor.log.witness.wire import WitnessServer, open_witness
from monitor.log.witness.witness import DamagedMemory, Witness
from monitor.runtime.discretion import begin_log
from webui.cli.option import own_folder
from webui.cli.report import fail, one_line_errors

log = logging.getLogger("batong.witness")


@click.group()
def witness() -> None:
    """日志见证人 / The witness of a log."""


@witness.command()
@own_folder("见证人自己的文件夹，首次使用时建立 / the witness's own folder, made on first use")
@click.option("--listen", required=True, help="HOST:PORT")
@click.option(
    "--name", default="", help="首次使用：见证人的名称，如 w1.example / its name, on first use"
)
@click.option(
    "--log", "logs", multiple=True,
    help="所见证日志的公钥，首次给出后固定 / key of a log to follow, fixed once given",
)  # fmt: skip
@click.option(
    "--platform", "platforms", multiple=True, metavar="URL",
    help="平台地址：测量其中断并报告 / a platform whose outages are measured and brought to it",
)  # fmt: skip
@one_line_errors
def run(
    keys: Path, listen: str, name: str, logs: tuple[str, ...], platforms: tuple[str, ...]
) -> None:
    """运行见证人，直到 Ctrl-C / Run the witness until Ctrl-C (C2SP tlog-witness)."""
    begin_log()
    host, _, port = listen.rpartition(":")
    if not port.isdecimal():
        fail(f"{listen}: 应为 HOST:PORT / must be HOST:PORT", 2)
    try:
        opened = open_witness(keys, name, [VerifierKey.parse(log) for log in logs])
    except DamagedMemory as lost:
        fail(f"{keys}: {lost}", 1)
    server = WitnessServer(opened, SystemClock(), host.strip("[]"), int(port))
    click.echo(f"{opened.verifier}  http://{listen}/add-checkpoint")
    lookers, ended = _lookers(keys, opened, platforms), threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        ended.set()
        threading.Thread(target=server.shutdown).start()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    looking = threading.Thread(target=_look, args=(lookers, ended))
    looking.start()
    with server:
        server.serve_forever(0.2)
    looking.join()


def _lookers(keys: Path, witness: Witness, platforms: Sequence[str]) -> list[Looker]:
    """Return who looks at each platform, and say by which key it signs what it measures."""
    if not platforms:
        return []
    key = outage_key(keys, witness.verifier.name)
    click.echo(f"{key.verifier}  故障测量公钥 / signs outages: BATONG_OUTAGE_KEYS")
    clock = SystemClock()
    return [Looker(keys, key, witness.logs, each.rstrip("/"), clock) for each in platforms]


def _look(lookers: Sequence[Looker], ended: threading.Event) -> None:
    """Look at every platform, again and again; one that breaks costs the others nothing."""
    while lookers:
        for each in lookers:
            try:
                each.look()
            except (OSError, ValueError, KeyError):
                log.exception("%s: the look broke off", each.url)
        if ended.wait(EVERY):
            return
