"""The ground a command stands on: given servers, servers that another process runs, or our own."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from monitor.runtime.database import Addresses, addresses, passwords
from monitor.runtime.folder import claim, hold, remove_socket_folder, socket_folder
from monitor.runtime.postgres import EmbeddedPostgres, answers
from monitor.runtime.process import ProcessError
from monitor.runtime.settings import Settings
from monitor.runtime.supervisor import Supervisor
from monitor.runtime.valkey import EmbeddedValkey, valkey_answers, valkey_url

_PATIENCE = 120.0


@dataclass(frozen=True, slots=True)
class Ground:
    """Addresses to use, and the supervisor to which further children may be given.

    `borrowed`: another process runs the servers of this data folder and will stop them.
    """

    database: Addresses
    redis_url: str = field(repr=False)
    supervisor: Supervisor
    borrowed: bool


@contextmanager
def embedded(
    settings: Settings, say: Callable[[str], None] = lambda _line: None
) -> Iterator[Ground]:
    """Yields the ground for `settings`; what it started it stops at the end.

    Raises FolderError, ProcessError, ProgramError, AccountError.
    """
    claim(settings.data, settings.wanted_kind)
    deadline = time.monotonic() + _PATIENCE
    with ExitStack() as stack:
        while not stack.enter_context(hold(settings.data)):
            stack.close()
            found = _servers(settings)
            if answers(found.database.app_url) and valkey_answers(found.redis_url):
                yield found
                return
            _wait(deadline, settings)
        stack.callback(remove_socket_folder, settings.data)
        supervisor = stack.enter_context(Supervisor(say))
        yield _start(settings, supervisor)


def _wait(deadline: float, settings: Settings) -> None:
    if time.monotonic() > deadline:
        raise ProcessError(
            f"{settings.data} 被另一进程占用且无响应 / is held by a process that does not answer"
        )
    time.sleep(0.1)


def _servers(settings: Settings) -> Ground:
    sockets = socket_folder(settings.data)
    database = settings.database or addresses(str(sockets), passwords(settings.data))
    redis_url = settings.redis_url or valkey_url(settings.data, sockets)
    return Ground(database, redis_url, Supervisor(), borrowed=True)


def _start(settings: Settings, supervisor: Supervisor) -> Ground:
    found = _servers(settings)
    sockets = socket_folder(settings.data)
    if settings.database is None:
        supervisor.start(EmbeddedPostgres(settings.data, sockets))
    if settings.redis_url is None:
        supervisor.start(EmbeddedValkey(settings.data, sockets))
    return Ground(found.database, found.redis_url, supervisor, borrowed=False)
