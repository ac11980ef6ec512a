"""`batong serve`: the whole platform by one command, until Ctrl-C."""

from __future__ import annotations

import os
import socket
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import click

from bidding.envelope.document import public_key
from monitor.log.witness.wire import witness_key
from monitor.runtime.embedded import Ground, embedded
from monitor.runtime.folder import Kind
from monitor.runtime.settings import Settings, load
from trading.board import is_empty
from webui.artefact.keys import write_keys
from webui.cli.report import fail, one_line_errors
from webui.house import (
    demo_folders,
    keep_keys,
    name_witness,
    named_watchers,
    open_house,
    open_log,
    outage_keys,
    receipt_key,
)
from webui.program.child import address, machines, witness
from webui.serve.progress import Phase, State, break_off, read_progress, write_progress
from webui.serve.state import Signs
from webui.serve.tree import Filling, scheduler, sequencer, web, worker
from webui.serve.work.job.book import sends_mail

WIDTH = 24
NO_MAIL = (
    "不发邮件：没有设置 BATONG_SMTP_URL，站内消息照常 / "
    "no mail is sent: BATONG_SMTP_URL is not set; messages are read on the pages"
)
UNBEGUN = State(Phase.FILLING)
"""A filling that is to come: no process has counted a step of it yet."""


@click.command()
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), help="default: ./data")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(1, 65535), default=8008, show_default=True)
@click.option(
    "--seal-port",
    type=click.IntRange(1, 65535),
    help="密封窗口的端口，默认取下一个空闲端口 / of the sealing frame; default: the next free one",
)
@click.option("--empty", is_flag=True, help="不生成演示数据 / no demo data")
@one_line_errors
def serve(data: Path | None, host: str, port: int, seal_port: int | None, empty: bool) -> None:
    """启动整个平台；首次运行生成演示数据 / Start the platform; fill demo data on first run."""
    settings = chosen(os.environ, data)
    _require_free(host, port, "--port")
    frame = seal_port or _next_free(host, port)
    if frame == port:
        fail(f"{frame}: --seal-port 须与 --port 不同 / must differ from --port", 2)
    _require_free(host, frame, "--seal-port")
    begun = time.monotonic()
    click.echo(f"八统 Batong  http://{host}:{port}/  正在启动 / starting …  Ctrl-C 停止 / stops")
    with embedded(settings, click.echo) as ground:
        if ground.borrowed:
            fail(f"{settings.data} 已由另一进程运行 / is served by another process", 1)
        _prepare(settings, ground)
        _start(settings, ground, host, (port, frame), fill=not empty)
        if not sends_mail(settings):
            click.echo(NO_MAIL)
        click.echo(f"就绪 / ready  {time.monotonic() - begun:.1f} s")
        ground.supervisor.run()
    click.echo("已停止 / stopped")


def chosen(environ: Mapping[str, str], data: Path | None) -> Settings:
    """Return the settings: a folder keeps its kind; a new one is a demo unless told otherwise."""
    told = {"BATONG_DEMO", "BATONG_ENVIRONMENT", "BATONG_SETTINGS"} & set(environ)
    settings = load(environ, data=data)
    if not told and not (settings.data / "kind").exists():
        settings = load(environ, data=data, demo=True)
    return settings


def _require_free(host: str, port: int, option: str) -> None:
    if (error := _fault(host, port)) is not None:
        fail(f"{host}:{port} 无法使用，请用 {option} 另选 / choose another {option}: {error}", 2)


def _next_free(host: str, port: int) -> int:
    """Return the port after this one, or one that the system gives where that is taken."""
    after = port + 1
    return after if after <= 65535 and _fault(host, after) is None else free_port()


def _fault(host: str, port: int) -> OSError | None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return error
    return None


def _prepare(settings: Settings, ground: Ground) -> None:
    """Bring the schema up to date, find the witnesses, put the public keys where all read them.

    Raises a Halt for a database that is behind what was let out of its log: it is not served.
    """
    from monitor.migrations.schema import migrate  # heavy, and needed once

    migrate(ground.database.owner_url)
    if settings.kind is Kind.DEMO and not settings.witnesses:
        _stand_in(settings, ground)
    log, policy = open_log(settings, named_watchers(settings), ground.database.sequencer_url)
    keep_keys(settings, write_keys(policy, public_key(receipt_key(settings))))
    outage_keys(settings, policy)
    try:
        log.require_ahead()
    finally:
        log.close()
    if not policy.quorum:
        click.echo(
            "日志未经见证：只有本平台自己的签名 / "
            "the log is not witnessed: name witnesses by BATONG_WITNESSES"
        )


def _stand_in(settings: Settings, ground: Ground) -> None:
    """Start the stand-in witness of a demo folder."""
    port = free_port()
    ground.supervisor.start(witness(settings, port))
    address = f"http://127.0.0.1:{port}"
    name_witness(settings, address, witness_key(address))


def free_port() -> int:
    """Return a port of this machine that nobody holds now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _start(
    settings: Settings, ground: Ground, host: str, ports: tuple[int, int], *, fill: bool
) -> None:
    supervisor, (port, frame) = ground.supervisor, ports
    is_demo = settings.kind is Kind.DEMO
    fills = is_demo and _is_to_fill(settings, wanted=fill)
    supervisor.start(web(settings, host, port, frame))
    supervisor.start(sequencer(settings))
    signs = Signs.at(ground.redis_url)
    supervisor.start(worker(settings, address(host, port)))
    supervisor.start(scheduler(settings, signs))
    if is_demo:
        for machine in machines(settings, address(host, port)):
            supervisor.start(machine)
    if fills:
        supervisor.start(Filling(settings, Bar()))


def _is_to_fill(settings: Settings, *, wanted: bool) -> bool:
    """Tell whether a demo is to be filled, and say so before any page could let its time pass."""
    if read_progress(settings) == UNBEGUN:
        write_progress(settings, State(Phase.NONE))  # stopped before the filling came to start
    break_off(settings)
    if read_progress(settings).phase is Phase.BROKEN:
        folders = "  ".join(map(str, demo_folders(settings)))
        click.echo(
            "演示数据只生成了一部分；要完整的请停止程序，删除下列文件夹后重来 / the demo data is "
            f"partial; for a whole trade stop, remove these folders and start again: {folders}"
        )
        return False
    if not wanted or not _nothing_yet(settings):
        return False
    write_progress(settings, UNBEGUN)
    return True


def _nothing_yet(settings: Settings) -> bool:
    with open_house(settings) as house, house.platform.read() as session:
        return is_empty(session)


class Bar:
    """Shows on the terminal how far the filling is: a bar, or a line at its end."""

    def __init__(self) -> None:
        self._last = State(Phase.NONE)

    def __call__(self, state: State) -> None:
        """Show a state that differs from the last."""
        if state == self._last:
            return
        self._last = state
        if state.phase is Phase.FILLING and sys.stdout.isatty():
            full = WIDTH * state.done // max(state.steps, 1)
            bar = "█" * full + "░" * (WIDTH - full)
            click.echo(f"\r\x1b[K演示数据 / demo data [{bar}] {state.done}/{state.steps}", nl=False)
        elif state.phase is not Phase.FILLING:
            told = {
                Phase.FILLED: "演示数据已生成 / the demo data is there",
                Phase.BROKEN: "演示数据生成失败，见 demo.log / filling broke off, see demo.log",
            }
            click.echo(("\r\x1b[K" if sys.stdout.isatty() else "") + told.get(state.phase, ""))
