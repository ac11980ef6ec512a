"""One run of `batong demo` for the whole test run, by the real command line."""

import fcntl
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from monitor.runtime.folder import socket_folder

ROOT = Path(__file__).parents[3]
GLANCE = 0.2  # seconds between two looks at the process table


@dataclass(frozen=True, slots=True)
class Played:
    """What the run left: its folder, what it printed, and every command line it was seen with."""

    out: Path
    status: int
    printed: str
    errors: str
    commands: tuple[str, ...]

    @property
    def data(self) -> Path:
        """The platform's data folder."""
        return self.out / "platform" / "data"


def play_once(shared: Path) -> Played:
    """Play the demo in `shared`, or wait for the worker that plays it and take its run."""
    told = shared / "demo.json"
    with _locked(shared / "demo.lock"):
        if not told.exists():
            told.write_text(json.dumps(_play(shared / "demo")), "utf-8")
    value = json.loads(told.read_text("utf-8"))
    return Played(
        Path(value["out"]),
        value["status"],
        value["printed"],
        value["errors"],
        tuple(value["commands"]),
    )


def batong(*arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run the command line from another folder than the project's."""
    return subprocess.run(
        _command(arguments),
        cwd=cwd,
        env=_environment(),
        capture_output=True,
        text=True,
        check=False,
    )


def _command(arguments: tuple[object, ...]) -> list[str]:
    return [sys.executable, "-P", "-m", "webui.cli", *map(str, arguments)]


def _environment() -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("BATONG_")}
    return {**kept, "PYTHONPATH": str(ROOT)}


def _play(folder: Path) -> dict[str, object]:
    elsewhere, out = folder / "elsewhere", folder / "out"
    elsewhere.mkdir(parents=True)
    said, wrong = folder / "stdout", folder / "stderr"
    with said.open("wb") as one, wrong.open("wb") as two:
        child = subprocess.Popen(
            _command(("demo", "--second", "--out", out)),
            cwd=elsewhere,
            env=_environment(),
            stdout=one,
            stderr=two,
        )
        commands = _watch(child)
    shutil.rmtree(socket_folder(out / "platform" / "data"), ignore_errors=True)
    return {
        "out": str(out),
        "status": child.returncode,
        "printed": said.read_text("utf-8"),
        "errors": wrong.read_text("utf-8"),
        "commands": sorted(commands),
    }


def _watch(child: subprocess.Popen[bytes]) -> set[str]:
    """Look at the process table until the child ends, as any user of the machine could."""
    seen: set[str] = set()
    while child.poll() is None:
        seen |= set(_family(child.pid))
        time.sleep(GLANCE)
    return seen


def _family(root: int) -> Iterator[str]:
    """The command lines of a process and of all that descend from it (Linux; elsewhere none)."""
    parents, lines = {}, {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(entry.name)] = int(
                (entry / "stat").read_text().rsplit(")", 1)[1].split()[1]
            )
            lines[int(entry.name)] = (entry / "cmdline").read_bytes()
        except (OSError, ValueError):
            continue  # it ended while we looked
    for pid, line in lines.items():
        above = pid
        while above not in (0, root):
            above = parents.get(above, 0)
        if above == root:
            yield line.replace(b"\0", b" ").decode(errors="replace").strip()


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
