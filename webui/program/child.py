"""The stand-in machines of a demo as children of `serve`: their own folders, HTTP, nothing else.

They are not told where the data lies, and their logs lie beside their keys.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from monitor.runtime.process import Process
from monitor.runtime.settings import Settings
from monitor.runtime.supervisor import Service
from webui.house import WITNESS, log_key, stand_in_folder
from webui.serve.tree import answers

ROOT = Path(__file__).parents[2]
MACHINES = {
    "draw-service": ("draw", "run", "--stand-in"),
    "inspector-agent": ("agent", "run"),
    "owner-machine": ("owner", "run"),
}
"""The folder, which is the account's name too, and how each is started."""
CROWDS = {
    "trustees": (("trustee", "run", "--stand-in"), tuple(f"trustee-{n}" for n in range(1, 6))),
    "rivals": (("rival", "run"), tuple(f"rival-{n}" for n in range(1, 4))),
    "experts": (("expert", "run"), ("experts",)),
}
"""Stand-ins of a kind in one process, each with a folder of its own, named as its account."""
KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "SSL_CERT_FILE")


def machines(settings: Settings, url: str) -> list[Service]:
    """Return the machines of draws, trustees and rivals; each waits until it has a password."""
    stand_ins = stand_in_folder(settings)
    stand_ins.mkdir(mode=0o700, parents=True, exist_ok=True)
    crowds = [_crowd(name, stand_ins, url) for name in CROWDS]
    return [_machine(name, stand_ins, url) for name in MACHINES] + crowds


def witness(settings: Settings, port: int) -> Service:
    """Return the stand-in witness; it is ready when it tells its key."""
    stand_ins, where = stand_in_folder(settings), f"127.0.0.1:{port}"
    stand_ins.mkdir(mode=0o700, parents=True, exist_ok=True)
    words = [
        "witness", "run", "--listen", where, "--keys", str(stand_ins / "witness"),
        "--name", WITNESS, "--log", str(log_key(settings).verifier),
    ]  # fmt: skip
    return _program("witness", stand_ins, words, lambda: answers(f"http://{where}/"))


def address(host: str, port: int) -> str:
    """Return the address by which a program of this machine calls the platform."""
    called = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - never called
    return f"http://[{called}]:{port}" if ":" in called else f"http://{called}:{port}"


def _machine(name: str, stand_ins: Path, url: str) -> Service:
    command = [*MACHINES[name], "--url", url, "--keys", str(stand_ins / name), "--account", name]
    return _program(name, stand_ins, command)


def _crowd(name: str, stand_ins: Path, url: str) -> Service:
    words, folders = CROWDS[name]
    keys = [word for each in folders for word in ("--keys", str(stand_ins / each))]
    return _program(name, stand_ins, [*words, "--url", url, *keys])


def _program(
    name: str, stand_ins: Path, words: list[str], ready: Callable[[], bool] = lambda: True
) -> Service:
    command = [sys.executable, "-P", "-m", "webui.cli", *words]
    log = stand_ins / f"{name}.log"
    child = Process(name, command, folder=ROOT, log=log, environment=_environment(os.environ))
    return Service(child, ready, patience=5.0)


def _environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return what a program needs, and nothing that tells of the platform's folders."""
    return {name: environ[name] for name in KEPT if name in environ} | {"PYTHONPATH": str(ROOT)}
