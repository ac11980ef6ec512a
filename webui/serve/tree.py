"""The children of `batong serve`, in the order of their start: web, sequencer, worker, scheduler,
and the demo's filling.

PostgreSQL and Valkey stand before them (monitor/runtime/embedded.py).
"""

from __future__ import annotations

import os
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from monitor.clock import SystemClock
from monitor.runtime.process import Process
from monitor.runtime.settings import Settings
from monitor.runtime.supervisor import Service
from webui.serve.progress import State, break_off, read_progress
from webui.serve.state import Program, Signs

ROOT = Path(__file__).parents[2]
CONNECTIONS = 9000
WILDCARD = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104
NEAR = "127.0.0.1,::1"
PORTS = "BATONG_PORTS"
"""The pages' port and the sealing frame's, told to the web server."""
NOTHING: Mapping[str, str] = MappingProxyType({})


def web(settings: Settings, host: str, port: int, frame: int) -> Service:
    """Return the web server; it is ready when it answers. `frame` is the sealing frame's port.

    It believes the name it is set to be called by, or the address it is bound to.
    """
    command = [
        sys.executable, "-P", "-m", "gunicorn", "-k", "asgi", "-w", "1",
        "--worker-connections", str(CONNECTIONS), "--no-control-socket", "--graceful-timeout", "5",
        "--keep-alive", "15", "--bind", f"{_bracketed(host)}:{port}",
        "--bind", f"{_bracketed(host)}:{frame}", "--log-level", "warning",
        "-c", "python:webui.serve.door.listening",
        "webui.serve.asgi:application",
    ]  # fmt: skip
    if settings.trusted_proxies:  # believed too that a request came to them over TLS
        told = ",".join([NEAR, *map(str, settings.trusted_proxies)])
        command[-1:-1] = ["--forwarded-allow-ips", told]
    # `wildcard` addresses are bound, never called.
    called = WILDCARD.get(host, host)
    url = f"http://{_bracketed(called)}:{port}"
    named = settings.public_url or ("" if host in WILDCARD else url)
    process = _process(
        "web", command, settings, {"BATONG_PUBLIC_URL": named, PORTS: f"{port} {frame}"}
    )
    return Service(process, lambda: answers(f"{url}/healthz"), patience=10.0)


def sequencer(settings: Settings) -> Service:
    """Return the process that gives every record its place in the log."""
    command = [sys.executable, "-P", "-m", "webui.serve.sequencing"]
    return Service(_process("sequencer", command, settings), lambda: True, patience=10.0)


def worker(settings: Settings, address: str) -> Service:
    """Return the process that does heavy jobs, one at a time; the scheduler starts beside it.

    What it is doing when it is stopped is cut short after two seconds and taken up at the next
    start: nothing of it is half done (webui/serve/work/worker.py). `address` begins links in mail.
    """
    command = [sys.executable, "-P", "-m", "webui.serve.work.worker"]
    links = {"BATONG_PUBLIC_URL": settings.public_url or address}
    process = _process("worker", command, settings, links)
    return Service(process, lambda: True, 2.0)


def scheduler(settings: Settings, signs: Signs) -> Service:
    """Return the process that does what nobody clicks; ready when it and the worker say they are.

    From then on pages say which of the two is away, and what to do.
    """
    command, begun = [sys.executable, "-P", "-m", "webui.serve.scheduling"], SystemClock().now()

    def ready() -> bool:
        return all(signs.seen(name, begun) for name in (Program.WORKER, Program.SCHEDULER))

    return Service(_process("scheduler", command, settings), ready, 5.0)


class Filling:
    """The demo trade being played, once: a child whose end is no failure of the platform.

    Being looked at, it also shows how far it is.
    """

    name = "demo"

    def __init__(self, settings: Settings, show: Callable[[State], None]) -> None:
        command = [sys.executable, "-P", "-m", "webui.serve.filling"]
        self._process = _process(self.name, command, settings)
        self._settings = settings
        self._show = show
        self._ended = False

    def start(self) -> None:
        """Start it."""
        self._process.start()

    def ready(self) -> bool:
        """Tell that nobody waits for it."""
        return True

    def alive(self) -> bool:
        """Tell that there is nothing to start again, and show how far it is."""
        if not self._ended:
            self._ended = not self._process.alive()
            if self._ended:
                break_off(self._settings)  # one that was killed could not say so itself
            self._show(read_progress(self._settings))
        return True

    def stop(self) -> None:
        """Stop it; what was played stays."""
        self._process.stop(5.0)


def answers(url: str) -> bool:
    """Tell whether an address answers with success."""
    try:
        with urllib.request.urlopen(url, timeout=2) as response:  # noqa: S310 - our own address
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _process(
    name: str, command: list[str], settings: Settings, more: Mapping[str, str] = NOTHING
) -> Process:
    return Process(
        name,
        command,
        folder=ROOT,
        log=settings.data / f"{name}.log",
        environment={**_environment(settings, os.environ), **more},
    )


def _environment(settings: Settings, environ: Mapping[str, str]) -> dict[str, str]:
    return {**environ, "BATONG_DATA": str(settings.data), "PYTHONPATH": str(ROOT)}


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
