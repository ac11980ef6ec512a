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
from monitor.log.checkpoint import Policy
from monitor.log.witness.wire import witness_key
from monitor.migrations.schema import migrate
from monitor.runtime.embedded import Ground, embedded
from monitor.runtime.folder import Kind
from monitor.runtime.settings import Settings, SettingsError, load
from trading.board import is_empty
from webui.artefact.keys import write_keys
from webui.cli.report import fail, one_line_errors
from webui.house import keep_keys, log_key, name_witness, open_house, receipt_key
from webui.program.child import address, machines, witness
from webui.serve.progress import Phase, State, read_progress
from webui.serve.state import Signs
from webui.serve.tree import Filling, scheduler, sequencer, web, worker

WIDTH = 24


@click.command()
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), help="default: ./data")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(1, 65535), default=8008, show_default=True)
@click.option("--empty", is_flag=True, help="不生成演示数据 / no demo data")
@one_line_errors
def serve(data: Path | None, host: str, port: int, empty: bool) -> None:
    """启动整个平台；首次运行生成演示数据 / Start the platform; fill demo data on first run."""
    settings = chosen(os.environ, data)
    _require_free(host, port)
    begun = time.monotonic()
    click.echo(f"八统 Batong  http://{host}:{port}/  正在启动 / starting …  Ctrl-C 停止 / stops")
    with embedded(settings, click.echo) as ground:
        if ground.borrowed:
            fail(f"{settings.data} 已由另一进程运行 / is served by another process", 1)
        _prepare(settings, ground)
        _start(settings, ground, host, port, fill=not empty)
        click.echo(f"就绪 / ready  {time.monotonic() - begun:.1f} s")
        ground.supervisor.run()
    click.echo("已停止 / stopped")


def chosen(environ: Mapping[str, str], data: Path | None) -> Settings:
    """Return the settings: a folder keeps its kind; a new one is a demo unless told otherwise.

    Raises SettingsError for a real folder: it has no witness, and no name to publish its log under.
    """
    told = {"BATONG_DEMO", "BATONG_ENVIRONMENT", "BATONG_SETTINGS"} & set(environ)
    settings = load(environ, data=data)
    if not told and not (settings.data / "kind").exists():
        settings = load(environ, data=data, demo=True)
    if settings.kind is not Kind.DEMO:
        raise SettingsError(
            f"{settings.data} 是真实数据：本版本只运行演示文件夹 / "
            "is a real folder: this version serves demo folders only"
        )
    return settings


def _require_free(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            fail(f"{host}:{port} 无法使用，请用 --port 另选 / choose another --port: {error}", 2)


def _prepare(settings: Settings, ground: Ground) -> None:
    """Bring the schema up to date, start the witness, put the public keys where all read them."""
    migrate(ground.database.owner_url)
    port = free_port()
    ground.supervisor.start(witness(settings, port))
    address = f"http://127.0.0.1:{port}"
    key = witness_key(address)
    name_witness(settings, address, key)
    policy = Policy(log_key(settings).verifier, (key,), 1)
    keep_keys(settings, write_keys(policy, public_key(receipt_key(settings))))


def free_port() -> int:
    """Return a port of this machine that nobody holds now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _start(settings: Settings, ground: Ground, host: str, port: int, *, fill: bool) -> None:
    supervisor = ground.supervisor
    supervisor.start(web(settings, host, port))
    supervisor.start(sequencer(settings))
    signs = Signs.at(ground.redis_url)
    supervisor.start(worker(settings, address(host, port)))
    supervisor.start(scheduler(settings, signs))
    for machine in machines(settings, address(host, port)):
        supervisor.start(machine)
    phase = read_progress(settings).phase
    if phase in {Phase.FILLING, Phase.BROKEN}:
        click.echo(
            "演示数据只生成了一部分；要完整的请删除数据文件夹后重来 / "
            f"the demo data is partial; for a whole trade remove {settings.data} and start again"
        )
    elif fill and _nothing_yet(settings):
        supervisor.start(Filling(settings, Bar()))


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
