"""What every server run by us has in common: one process, started on entry, stopped on exit."""

from abc import abstractmethod
from typing import Self

from monitor.runtime.process import Process, Stopping


class EmbeddedServer(Stopping):
    """A server in a process of its own, given `patience` seconds to stop in good order."""

    patience: float
    _process: Process

    @abstractmethod
    def start(self) -> None:
        """Starts the server and waits until it serves. Raises ProcessError."""

    @property
    def pid(self) -> int | None:
        """The process number while it runs."""
        return self._process.pid

    def alive(self) -> bool:
        """Tells whether the process runs."""
        return self._process.alive()

    def stop(self) -> None:
        """Stops in good order: what was committed or written is kept."""
        self._process.stop(self.patience)

    def __enter__(self) -> Self:
        self.start()
        return self
