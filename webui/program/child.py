"""The stand-in machines of a demo as children of `serve`: their own folders, HTTP, nothing else.

They are not told where the data lies, and their logs lie beside their keys.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from monitor.runtime.process import Process
from monitor.runtime.settings import Settings
from monitor.runtime.supervisor import Service
from webui.house import stand_in_folder

ROOT = Path(__file__).parents[2]
MACHINES = {
    "draw-service": ("draw", "run", "--stand-in"),
    "inspector-agent": ("agent", "run"),
    "owner-machine": ("owner", "run"),
}
"""The folder, which is the account's name too, and how each is started."""
KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "SSL_CERT_FILE")


def machines(settings: Settings, url: str) -> list[Service]:
    """Return the machines of draws; each waits by itself until it has a password."""
    stand_ins = stand_in_folder(settings)
    stand_ins.mkdir(mode=0o700, parents=True, exist_ok=True)
    return [_machine(name, stand_ins, url) for name in MACHINES]


def address(host: str, port: int) -> str:
    """Return the address by which a program of this machine calls the platform."""
    called = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - never called
    return f"http://[{called}]:{port}" if ":" in called else f"http://{called}:{port}"


def _machine(name: str, stand_ins: Path, url: str) -> Service:
    keys = stand_ins / name
    command = [
        sys.executable, "-P", "-m", "webui.cli", *MACHINES[name],
        "--url", url, "--keys", str(keys), "--account", name,
    ]  # fmt: skip
    log = stand_ins / f"{name}.log"
    child = Process(name, command, folder=ROOT, log=log, environment=_environment(os.environ))
    return Service(child, lambda: True, patience=5.0)


def _environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return what a program needs, and nothing that tells of the platform's folders."""
    return {name: environ[name] for name in KEPT if name in environ} | {"PYTHONPATH": str(ROOT)}
