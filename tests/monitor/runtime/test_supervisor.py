"""The supervisor with real processes: order, readiness, back-off, an end on Ctrl-C."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from monitor.runtime.process import Process, ProcessError, exists, works_in
from monitor.runtime.supervisor import Service, Supervisor, Watched

SLEEP = "import time; time.sleep(600)"
ROOT = Path(__file__).parents[3]


def service(folder: Path, name: str, code: str, ready: Callable[[], bool]) -> Service:
    process = Process(name, [sys.executable, "-c", code], folder=folder, log=folder / f"{name}.log")
    return Service(process, ready, patience=0.5)


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.02)


def say_when(folder: Path, name: str) -> str:
    """A program that writes its start and its end into `order`."""
    return (
        "import signal, sys, time\n"
        f"def write(word): open({str(folder / 'order')!r}, 'a').write(word + ' {name}\\n')\n"
        "def end(*_): write('end'); sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, end)\n"
        "time.sleep(0.1); write('start'); time.sleep(600)\n"
    )


def test_children_start_when_the_one_before_is_ready_and_stop_backwards(tmp_path: Path) -> None:
    order = tmp_path / "order"

    def lines() -> list[str]:
        return order.read_text().splitlines() if order.exists() else []

    def child(name: str) -> Service:
        code = say_when(tmp_path, name)
        return service(tmp_path, name, code, lambda: f"start {name}" in lines())

    with Supervisor() as supervisor:
        for name in ("first", "second", "third"):
            supervisor.start(child(name))
    assert lines() == [
        "start first", "start second", "start third", "end third", "end second", "end first",
    ]  # fmt: skip


def test_a_child_that_ends_before_it_is_ready_fails_the_start(tmp_path: Path) -> None:
    with (
        Supervisor() as supervisor,
        pytest.raises(ProcessError, match=r"broken.*ended.*broken.log"),
    ):
        supervisor.start(service(tmp_path, "broken", "raise SystemExit(3)", lambda: False))


def test_a_child_that_does_not_become_ready_in_time_fails_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitor.runtime.supervisor._PATIENCE", 0.2)
    with (
        Supervisor() as supervisor,
        pytest.raises(ProcessError, match=r"slow.*not ready.*slow.log"),
    ):
        supervisor.start(service(tmp_path, "slow", "import time; time.sleep(60)", lambda: False))


def test_a_program_that_does_not_exist_fails_the_start(tmp_path: Path) -> None:
    process = Process("gone", [tmp_path / "gone"], folder=tmp_path, log=tmp_path / "log")
    with pytest.raises(ProcessError, match="gone"):
        process.start()


def test_a_child_that_ends_is_started_again_after_a_pause_that_doubles(tmp_path: Path) -> None:
    process = Process("short", [sys.executable, "-c", ""], folder=tmp_path, log=tmp_path / "log")
    process.start()
    watched = Watched(Service(process, lambda: True), started=0.0)
    moment, pauses = 0.0, []
    for _ in range(8):
        until(lambda: not process.alive())
        assert "ended" in str(watched.look(moment))
        assert watched.due is not None
        pauses.append(watched.due - moment)
        assert watched.look(watched.due - 0.01) is None
        moment = watched.due
        assert "started again" in str(watched.look(moment))
    assert pauses == [0.5, 1, 2, 4, 8, 16, 30, 30]
    until(lambda: not process.alive())
    watched.look(moment + 3600)
    assert watched.due == moment + 3600 + 0.5


def test_a_child_that_is_killed_is_running_again(tmp_path: Path) -> None:
    with Supervisor() as supervisor:
        process = Process("s", [sys.executable, "-c", SLEEP], folder=tmp_path, log=tmp_path / "log")
        supervisor.start(Service(process, lambda: True))
        first = process.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)

        def again() -> bool:
            supervisor.tend()
            return process.pid not in {None, first}

        until(again)


def test_a_child_that_does_not_listen_is_killed_with_its_session(tmp_path: Path) -> None:
    code = (
        "import signal, subprocess, sys, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        f"child = subprocess.Popen([sys.executable, '-c', {SLEEP!r}])\n"
        f"open({str(tmp_path / 'pid')!r}, 'w').write(f'{{child.pid}}\\n')\n"
        "time.sleep(600)\n"
    )
    with Supervisor() as supervisor:
        pid_file = tmp_path / "pid"
        supervisor.start(
            service(
                tmp_path, "deaf", code, lambda: pid_file.exists() and bool(pid_file.stat().st_size)
            )
        )
    grandchild = int(pid_file.read_text())
    until(lambda: not running(grandchild))
    assert not running(grandchild)


def test_ctrl_c_reaches_the_supervisor_alone_and_stops_all_in_order(tmp_path: Path) -> None:
    code = f"""
import sys
from pathlib import Path
from monitor.runtime.process import Process
from monitor.runtime.supervisor import Service, Supervisor
folder = Path({str(tmp_path)!r})
process = Process('child', [sys.executable, '-c', {say_when(tmp_path, "child")!r}],
                  folder=folder, log=folder / 'log')
class Told(Supervisor):
    def tend(self):
        if not (folder / 'tended').exists():
            (folder / 'tended').touch()
            print('ready', flush=True)
        super().tend()
with Told() as supervisor:
    supervisor.start(Service(process, lambda: (folder / 'order').exists()))
    supervisor.run()
print('stopped', flush=True)
"""
    program = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert program.stdout
    with program.stdout as output:
        assert output.readline() == "ready\n"
        os.killpg(program.pid, signal.SIGINT)  # as a terminal does
        assert output.read() == "stopped\n"
    assert program.wait() == 0
    assert (tmp_path / "order").read_text().splitlines() == ["start child", "end child"]


def test_a_process_is_known_by_its_folder(tmp_path: Path) -> None:
    process = Process("s", [sys.executable, "-c", SLEEP], folder=tmp_path, log=tmp_path / "log")
    process.start()
    pid = process.pid
    assert pid is not None
    until(lambda: works_in(pid, tmp_path))
    assert exists(pid)
    with pytest.raises(ProcessError, match="runs already"):
        process.start()
    assert process.pid == pid
    assert not works_in(pid, ROOT)
    process.stop()
    assert not exists(pid)
    assert not works_in(pid, tmp_path)


def running(pid: int) -> bool:
    """Tells whether `pid` runs; a zombie that nobody has waited for does not."""
    run = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return bool(run.stdout.strip()) and not run.stdout.startswith("Z")
