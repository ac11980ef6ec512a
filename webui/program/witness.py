"""`batong witness run`: a witness of its own, with its own folder, asked over HTTP only.

Its folder holds `witness.key`, `logs.txt` (the keys of the logs that it follows, a line each, taken
once and for ever) and `memory/`, the largest tree that it saw of each.
"""

from __future__ import annotations

import hashlib
import logging
import signal
import threading
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

import click

from monitor.clock import SystemClock
from monitor.log.note import Kind, MalformedKey, SigningKey, VerifierKey
from monitor.log.wire import serve_witness
from monitor.log.witness import DamagedMemory, Witness
from monitor.runtime.secret import secret, write_once
from webui.cli.report import fail, one_line_errors

KEY, LOGS, MEMORY = "witness.key", "logs.txt", "memory"


def open_witness(folder: Path, name: str, logs: Sequence[VerifierKey]) -> Witness:
    """Open the witness of a folder, made on first use; its name and its logs stay what they were.

    Raises MalformedKey for another key of a log that it follows, or no name on first use; and
    DamagedMemory where its memory is lost: it might be made to sign a fork.
    """
    memory = folder / MEMORY
    marker = memory / "witness"
    if marker.exists():
        name = VerifierKey.parse(marker.read_text("utf-8")).name
    key = signing_key(folder, KEY, name, Kind.COSIGNATURE)
    if not marker.exists() and not (folder / LOGS).exists():
        Witness.create(memory, key, logs)
    return Witness(memory, key, _pinned(folder, logs))


def signing_key(folder: Path, name: str, origin: str, kind: Kind) -> SigningKey:
    """Return the signing key of a file, made on first use."""
    seed = hashlib.sha256(secret(folder, name).encode()).digest()
    return SigningKey(origin, kind, seed)


def _pinned(folder: Path, logs: Sequence[VerifierKey]) -> list[VerifierKey]:
    """Return the logs' keys as they were first given: a log's key never changes silently."""
    told = "".join(f"{log}\n" for log in logs)
    kept = [VerifierKey.parse(line) for line in write_once(folder / LOGS, told).splitlines()]
    if strange := [log.name for log in logs if log not in kept]:
        raise MalformedKey(
            f"{folder / LOGS}: 未登记此日志或其公钥 / another log, or another key: {strange[0]}"
        )
    return kept


@click.group()
def witness() -> None:
    """日志见证人 / The witness of a log."""


@witness.command()
@click.option(
    "--keys", required=True, type=click.Path(file_okay=False, path_type=Path),
    help="见证人自己的文件夹，首次使用时建立 / the witness's own folder, made on first use",
)  # fmt: skip
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
    server = serve_witness(opened, SystemClock(), host.strip("[]"), int(port))
    click.echo(f"{opened.verifier}  http://{listen}/add-checkpoint")

    def end(_number: int, _frame: FrameType | None) -> None:
        threading.Thread(target=server.shutdown).start()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    with server:
        server.serve_forever(0.2)
