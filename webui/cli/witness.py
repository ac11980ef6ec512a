"""`batong witness run`: a witness of its own, with its own folder, asked over HTTP only.

Its folder holds its key, the keys of the logs that it follows, taken once and for ever, and the
largest tree that it saw of each.
"""

from __future__ import annotations

import logging
import signal
import threading
from pathlib import Path
from types import FrameType

import click

from monitor.clock import SystemClock
from monitor.log.note import VerifierKey
from monitor.log.witness.wire import WitnessServer, open_witness
from monitor.log.witness.witness import DamagedMemory
from webui.cli.option import own_folder
from webui.cli.report import fail, one_line_errors


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
@one_line_errors
def run(keys: Path, listen: str, name: str, logs: tuple[str, ...]) -> None:
    """运行见证人，直到 Ctrl-C / Run the witness until Ctrl-C (C2SP tlog-witness)."""
    logging.basicConfig(level=logging.WARNING)
    host, _, port = listen.rpartition(":")
    if not port.isdecimal():
        fail(f"{listen}: 应为 HOST:PORT / must be HOST:PORT", 2)
    try:
        opened = open_witness(keys, name, [VerifierKey.parse(log) for log in logs])
    except DamagedMemory as lost:
        fail(f"{keys}: {lost}", 1)
    server = WitnessServer(opened, SystemClock(), host.strip("[]"), int(port))
    click.echo(f"{opened.verifier}  http://{listen}/add-checkpoint")

    def end(_number: int, _frame: FrameType | None) -> None:
        threading.Thread(target=server.shutdown).start()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    with server:
        server.serve_forever(0.2)
