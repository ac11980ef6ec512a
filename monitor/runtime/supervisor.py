"""Our supervisor: children start in order, are started again when they end, stop in order."""

import signal
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import FrameType
from typing import Protocol

from monitor.runtime.process import Process, ProcessError, Stopping

_PATIENCE = 120.0  # seconds for a child to become ready; a loaded machine is slow, not broken
_LOOK = 0.2  # seconds between two looks at the children
_FIRST_PAUSE = 0.5  # seconds before a child is started again; doubles with each early end
_LONGEST_PAUSE = 30.0
_HEALTHY = 60.0  # seconds of life after which an end counts as the first one


class Child(Protocol):
    """What the supervisor starts, watches and stops."""

    @property
    def name(self) -> str:
        """A short name for messages."""

    def start(self) -> None:
        """Starts it."""

    def ready(self) -> bool:
        """Tells whether the next child may start."""

    def alive(self) -> bool:
        """Tells whether it runs."""

    def stop(self) -> None:
        """Stops it and waits for its end."""


class Service:
    """A process of our own (web, worker, sequencer) with a test of readiness, as a child."""

    def __init__(self, process: Process, ready: Callable[[], bool], patience: float = 30.0) -> None:
        self._process = process
        self._patience = patience
        self.name = process.name
        self.ready = ready
        self.start = process.start
        self.alive = process.alive

    def stop(self) -> None:
        """Stops it, by force after `patience` seconds."""
        self._process.stop(self._patience)


@dataclass(slots=True)
class Watched:
    """A child with the moment of its last start and of its next, in seconds of one clock."""

    child: Child
    started: float
    pause: float = _FIRST_PAUSE
    due: float | None = None

    def look(self, now: float) -> str | None:
        """Starts the child again when its pause is over; returns what there is to say."""
        if self.child.alive():
            return None
        if self.due is None:
            self._plan(now)
            return f"{self.child.name} 意外退出，将重启 / ended, will be started again"
        if now < self.due:
            return None
        self.due = None
        self.started = now
        try:
            self.child.start()
        except ProcessError as error:
            return str(error)
        return f"{self.child.name} 已重启 / started again"

    def _plan(self, now: float) -> None:
        if now - self.started > _HEALTHY:
            self.pause = _FIRST_PAUSE
        self.due = now + self.pause
        self.pause = min(self.pause * 2, _LONGEST_PAUSE)


class Supervisor(Stopping):
    """Runs children; `say` gets one line of text for a person at each event.

    Use from one thread that lasts: on Linux a child ends with the thread that started it.
    """

    def __init__(self, say: Callable[[str], None] = lambda _line: None) -> None:
        self._say = say
        self._watched: list[Watched] = []
        self._ending = threading.Event()

    @property
    def names(self) -> Sequence[str]:
        """The children in the order of their start."""
        return [one.child.name for one in self._watched]

    def start(self, child: Child) -> None:
        """Starts `child` after all before it and waits until it is ready. Raises ProcessError."""
        begun = time.monotonic()
        # Known before it runs: whatever happens while it starts, it will be stopped.
        self._watched.append(Watched(child, begun))
        child.start()
        while not child.ready():
            told = f"{child.name}.log"
            if not child.alive():
                raise ProcessError(
                    f"{child.name} 启动时退出，见 {told} / ended while it started, see {told}"
                )
            if time.monotonic() - begun > _PATIENCE:
                raise ProcessError(
                    f"{child.name} 在 {_PATIENCE:.0f} 秒内未就绪，见 {told} / "
                    f"not ready in {_PATIENCE:.0f} s, see {told}"
                )
            time.sleep(0.05)

    def tend(self) -> None:
        """Looks at each child once and starts again what has ended."""
        for one in self._watched:
            said = one.look(time.monotonic())
            if said:
                self._say(said)

    def run(self) -> None:
        """Tends the children until SIGINT (Ctrl-C) or SIGTERM; call it in the main thread."""
        previous = {
            number: signal.signal(number, self._end) for number in (signal.SIGINT, signal.SIGTERM)
        }
        try:
            while not self._ending.wait(_LOOK):
                self.tend()
            self.stop()  # under our handlers: a second Ctrl-C does not cut the stop short
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)

    def stop(self) -> None:
        """Stops the children, the last started first."""
        while self._watched:
            child = self._watched[-1].child
            child.stop()
            self._watched.pop()

    def _end(self, _number: int, _frame: FrameType | None) -> None:
        self._ending.set()
