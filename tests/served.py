"""One served platform a test run, on a copy of the one demo run: started by the first who asks."""

import fcntl
import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from monitor.runtime.folder import hold
from monitor.runtime.settings import Settings, load
from tests.stories.demo.run import ROOT, play_once
from webui.serve.tree import answers

PATIENCE = 240.0
_CHILDREN: dict[int, subprocess.Popen[bytes]] = {}
"""Those that this worker started: one that has ended stays a zombie until its parent looks."""


@dataclass(frozen=True, slots=True)
class Served:
    """Where it is: its address, and its data folder."""

    url: str
    data: Path

    @property
    def settings(self) -> Settings:
        """The settings by which another process joins it."""
        return load({}, data=self.data)


@contextmanager
def served_once(shared: Path) -> Iterator[Served]:
    """Join the served platform of this run; the last one who leaves stops it."""
    state = shared / "served.json"
    with _locked(shared / "served.lock"):
        told = json.loads(state.read_text("utf-8")) if state.exists() else _start(shared)
        told["users"] += 1
        state.write_text(json.dumps(told), "utf-8")
    try:
        yield Served(told["url"], Path(told["data"]))
    finally:
        with _locked(shared / "served.lock"):
            told = json.loads(state.read_text("utf-8"))
            told["users"] -= 1
            state.write_text(json.dumps(told), "utf-8")
            if not told["users"]:
                state.unlink()
                stop(told["pid"], Path(told["data"]))


def serve(data: Path, port: int, *arguments: str, **more: str) -> subprocess.Popen[bytes]:
    """Start `batong serve` over a folder, with these settings; its words go beside it."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("BATONG_")}
    command = [sys.executable, "-P", "-m", "webui.cli", "serve", "--data", str(data)]
    with Path(f"{data}.said").open("wb") as said:
        return subprocess.Popen(
            [*command, "--port", str(port), *arguments],
            cwd=data.parent,
            env={**kept, "PYTHONPATH": str(ROOT), **more},
            stdout=said,
            stderr=said,
            start_new_session=True,
        )


def await_answer(child: subprocess.Popen[bytes], url: str, data: Path) -> None:
    """Wait until an address answers; fails with what the program said."""
    _await(child, data, lambda: answers(url))


def await_words(child: subprocess.Popen[bytes], words: str, data: Path) -> None:
    """Wait until the program says these words; fails with what it said instead."""
    _await(child, data, lambda: words in _said(data))


def _await(child: subprocess.Popen[bytes], data: Path, what: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not what():
        assert child.poll() is None, f"serve ended: {_said(data)}\n{_logs(data)}"
        assert time.monotonic() < deadline, f"serve does not come so far: {_said(data)}"
        time.sleep(0.1)


def _logs(data: Path) -> str:
    """What each program wrote last: one that ends does not say why to the one that started it."""
    return "\n".join(
        f"{log.name}: {log.read_text('utf-8', errors='replace')[-500:]}"
        for log in sorted(data.glob("*.log"))
    )


def _said(data: Path) -> str:
    return Path(f"{data}.said").read_text("utf-8")


@contextmanager
def standing(data: Path) -> Iterator[str]:
    """Serve a folder of one's own and yield its address; ended as Ctrl-C does."""
    port = free_port()
    child, url = serve(data, port), f"http://127.0.0.1:{port}"
    try:
        await_answer(child, f"{url}/readyz", data)
        yield url
    finally:
        stop(child.pid, data)
        child.wait(PATIENCE)


_SHARE = 1_000 * int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:])
_PORTS = itertools.count(10_000 + _SHARE + 2 * (os.getpid() % 250), 2)
"""Below those that a system gives by itself: a port is bound seconds after it was chosen, and until
then any connection that goes out might take one of those. Every second one: the next is the frame's.
"""


def free_port() -> int:
    """Return a port that nobody holds, nor the one after it."""
    return next(port for port in _PORTS if _is_unheld(port) and _is_unheld(port + 1))


def _is_unheld(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def stop(pid: int, data: Path) -> None:
    """End the platform as Ctrl-C does, and wait until it has let go of its folder."""
    os.kill(pid, signal.SIGINT)
    deadline = time.monotonic() + PATIENCE
    while not _is_free(data):
        assert time.monotonic() < deadline, "serve does not stop"
        time.sleep(0.05)
    if child := _CHILDREN.pop(pid, None):
        child.wait(PATIENCE)


def _is_free(data: Path) -> bool:
    with hold(data) as free:
        return free


def _start(shared: Path) -> dict[str, Any]:
    run = play_once(shared)
    assert run.status == 0, run.errors
    folder = shared / f"served-{time.monotonic_ns()}"
    folder.mkdir()
    # `cp -a`: the database's files belong to another account where we are root.
    subprocess.run(["cp", "-a", run.out / "platform", folder / "platform"], check=True)
    data, port = folder / "platform" / "data", free_port()
    child = serve(data, port)
    url = f"http://127.0.0.1:{port}"
    await_answer(child, f"{url}/readyz", data)
    await_words(child, "就绪 / ready", data)
    _CHILDREN[child.pid] = child
    return {"pid": child.pid, "url": url, "data": str(data), "users": 0}


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
