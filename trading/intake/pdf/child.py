"""One child process for one file: started bare, fed, listened to up to a size, ended by a clock."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trading.intake.pdf.limit import Limits
from trading.intake.pdf.trouble import CannotRead, Trouble, named

ROOT = Path(__file__).parents[3]
START = (
    "import sys; sys.path.append(sys.argv[1]); "
    "from trading.intake.pdf.inside import run; run.main()"
)
AT_ONCE = 2
_TURN = threading.BoundedSemaphore(AT_ONCE)
_BY_SIGNAL = {
    signal.SIGXCPU: Trouble.TOOK_TOO_LONG,
    signal.SIGABRT: Trouble.UNPACKS_TOO_LARGE,  # how pdfium answers memory that it is not given
    signal.SIGTRAP: Trouble.UNPACKS_TOO_LARGE,
    signal.SIGKILL: Trouble.UNPACKS_TOO_LARGE,  # not by our clock: by the machine, for memory
}


@dataclass(frozen=True, slots=True)
class Told:
    """How a child ended: what it wrote, its return code, whether the clock ended it."""

    said: bytes
    code: int
    late: bool


def ask(task: str, file: bytes, limits: Limits, **wish: Any) -> Any:
    """Return what a child says of a file, decoded from JSON; raises CannotRead.

    At most AT_ONCE children run in this process; whoever waits for longer than one may take is
    told BUSY.
    """
    with _turn(limits):
        told = _run({"task": task, "limits": limits.told(), **wish}, file, limits)
    trouble = _trouble(told, limits)
    if trouble is not None:
        raise CannotRead(trouble, limits)
    return _decoded(told.said, limits)


@contextmanager
def _turn(limits: Limits) -> Iterator[None]:
    if not _TURN.acquire(timeout=limits.wall):
        raise CannotRead(Trouble.BUSY, limits)
    try:
        yield
    finally:
        _TURN.release()


def _run(wish: dict[str, Any], file: bytes, limits: Limits) -> Told:
    late = threading.Event()
    with _started(wish) as child:
        clock = threading.Timer(limits.wall, _end_late, (child, late))
        feeder = threading.Thread(target=_feed, args=(child, file), daemon=True)
        clock.start()
        feeder.start()
        try:
            said = _listen(child, limits)
        finally:
            clock.cancel()
    return Told(said, child.returncode, late.is_set())


@contextmanager
def _started(wish: dict[str, Any]) -> Iterator[subprocess.Popen[bytes]]:
    """Start a child in a session of its own; nothing of it is left afterwards.

    Its environment is empty, so that no secret of ours is in it; it closes what it inherits.
    """
    child = subprocess.Popen(
        [sys.executable, "-I", "-c", START, str(ROOT), json.dumps(wish)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={},
        cwd="/",
        start_new_session=True,
    )
    try:
        yield child
    finally:
        _end(child)
        child.wait()
        for pipe in (child.stdin, child.stdout):
            with contextlib.suppress(OSError):
                pipe.close()  # type: ignore[union-attr]


def _feed(child: subprocess.Popen[bytes], file: bytes) -> None:
    with contextlib.suppress(OSError, ValueError):
        child.stdin.write(file)  # type: ignore[union-attr]
        child.stdin.close()  # type: ignore[union-attr]


def _listen(child: subprocess.Popen[bytes], limits: Limits) -> bytes:
    """Read no more than the child may say; what says more is ended at once."""
    said: bytes = child.stdout.read(limits.said + 1)  # type: ignore[union-attr]
    if len(said) > limits.said:
        _end(child)
    child.wait()
    return said


def _end_late(child: subprocess.Popen[bytes], late: threading.Event) -> None:
    late.set()
    _end(child)


def _end(child: subprocess.Popen[bytes]) -> None:
    """End the child's whole session, also what it may have started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)


def _trouble(told: Told, limits: Limits) -> Trouble | None:
    if told.late:
        return Trouble.TOOK_TOO_LONG
    if len(told.said) > limits.said:
        return Trouble.SAYS_TOO_MUCH
    if told.code < 0:
        return _BY_SIGNAL.get(signal.Signals(-told.code), Trouble.CRASHED)
    return Trouble.CRASHED if told.code else None


def _decoded(said: bytes, limits: Limits) -> Any:
    try:
        told = json.loads(said)
        trouble = told.get("trouble")
    except (ValueError, RecursionError, AttributeError) as fault:
        raise CannotRead(Trouble.CRASHED, limits) from fault
    if trouble is not None:
        raise CannotRead(named(trouble), limits)
    return told
