"""One program started by us: own session, ends with its parent, output to a log file."""

import ctypes
import os
import platform
import signal
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from monitor.runtime.account import Account, current, reach

_LINUX = platform.system() == "Linux"
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None)  # loaded here: nothing may be loaded between fork and exec


FOLDER = "{folder}"  # in a command: a name of the folder that the account can open


class ProcessError(Exception):
    """A program did not start, or ended when it should not."""


class Stopping(ABC):
    """What is stopped where its `with` ends, whatever happened in it."""

    @abstractmethod
    def stop(self) -> None:
        """Stops it in good order."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


class Process:
    """A child program that receives `farewell` when it shall stop or when its parent dies.

    On Linux the kernel ties it to the thread that starts it, so start from one that lasts.
    Its own session keeps Ctrl-C from reaching it before the supervisor has decided.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        folder: Path,
        log: Path,
        farewell: signal.Signals = signal.SIGTERM,
        account: Account | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.name = name
        self.log = log
        self._command = [str(part) for part in command]
        self._folder = folder
        self._farewell = farewell
        self._account = account or current()
        self._environment = environment
        self._popen: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The process number while it runs."""
        return self._popen.pid if self._popen and self.alive() else None

    def alive(self) -> bool:
        """Tells whether it was started and has not ended."""
        return self._popen is not None and self._popen.poll() is None

    def start(self) -> None:
        """Starts it; says nothing about readiness. Raises ProcessError."""
        if self.alive():  # this also takes leave of one that has ended: no zombie keeps its number
            raise ProcessError(f"{self.name} 已在运行 / runs already")
        output = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            self._popen = self._open(output)
        except OSError as error:
            raise ProcessError(f"{self.name}: {error.strerror}") from None
        finally:
            os.close(output)

    def _open(self, output: int) -> subprocess.Popen[bytes]:
        own = self._account == current()
        with reach(self._folder, self._account) as (name, descriptors):
            return subprocess.Popen(
                [part.replace(FOLDER, name) for part in self._command],
                cwd=self._folder if own else "/",
                pass_fds=descriptors,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                umask=0o077,
                preexec_fn=_tie_to_parent(self._farewell),  # noqa: PLW1509 - only prctl
                **self._account.identity(),
            )

    def stop(self, patience: float = 30.0) -> None:
        """Asks it to stop, waits `patience` seconds, then kills its whole session."""
        if self._popen is None:
            return
        if self.alive():
            self._popen.send_signal(self._farewell)
        try:
            self._popen.wait(patience)
        except subprocess.TimeoutExpired:
            os.killpg(self._popen.pid, signal.SIGKILL)
            self._popen.wait()
        self._popen = None

    def wait_until(self, ready: Callable[[], bool], patience: float) -> bool:
        """Waits until `ready` or it ended; False when ended. Raises ProcessError when too late."""
        deadline = time.monotonic() + patience
        while self.alive():
            if ready():
                return True
            if time.monotonic() > deadline:
                raise ProcessError(
                    f"{self.name} 在 {patience:.0f} 秒内未就绪 / not ready in {patience:.0f} s: "
                    f"{self.last_line()}"
                )
            time.sleep(0.02)
        return False

    def last_line(self) -> str:
        """Returns the last fatal line of its log, else the last, for a message to a person."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        fatal = [line for line in lines if "FATAL" in line]
        return (fatal or lines or ["无日志 / no log"])[-1]


def exists(pid: int) -> bool:
    """Tells whether a process has the number `pid`."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def works_in(pid: int, folder: Path) -> bool:
    """Tells whether process `pid` runs and has `folder` as its working folder."""
    try:
        if _LINUX:
            return os.path.samefile(f"/proc/{pid}/cwd", folder)
        command = ["lsof", "-a", "-p", str(pid), "-d", "cwd", "-Fn"]
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        return f"n{folder.resolve()}" in run.stdout.splitlines()
    except OSError:
        return False


def _tie_to_parent(farewell: signal.Signals) -> Callable[[], None] | None:
    if not _LINUX:
        return None
    parent = os.getpid()

    def tie() -> None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, int(farewell))
        if os.getppid() != parent:  # it died between fork and prctl
            os._exit(1)

    return tie
