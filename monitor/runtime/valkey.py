"""Valkey run by us: unix socket only, password, append-only file; never the only copy of a fact."""

import os
from pathlib import Path
from urllib.parse import quote

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from monitor.runtime.account import for_server
from monitor.runtime.folder import own_folder
from monitor.runtime.process import FOLDER, Process, ProcessError
from monitor.runtime.program import reachable, valkey_program
from monitor.runtime.secret import secret, write_private
from monitor.runtime.server import EmbeddedServer

_PATIENCE = 60.0
_SHORT = 3.0
"""Longer than the two seconds for which Valkey itself may wait for a disk that is slow to sync."""
_SOCKET = "valkey.sock"
_CONFIGURATION = """\
port 0
unixsocket {socket}
unixsocketperm 700
requirepass {password}
appendonly yes
appendfsync everysec
save ""
maxmemory-policy noeviction
daemonize no
"""


class EmbeddedValkey(EmbeddedServer):
    """A Valkey server in `data_folder`/valkey whose socket is in `socket_folder`."""

    name = "valkey"
    patience = _PATIENCE

    def __init__(self, data_folder: Path, socket_folder: Path) -> None:
        account = for_server(data_folder)
        own_folder(socket_folder, account)
        self.data = data_folder
        self._folder = data_folder / "valkey"
        self._folder.mkdir(mode=0o700, exist_ok=True)
        account.own(self._folder)
        self._account = account
        self._socket = socket_folder / _SOCKET
        self._password = valkey_password(data_folder)
        self.url = valkey_url(data_folder, socket_folder)
        self._process = Process(
            self.name,
            [reachable(valkey_program(), account), f"{FOLDER}/valkey.conf", "--dir", FOLDER],
            folder=self._folder,
            log=data_folder / "valkey.log",
            account=account,
            environment={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
        )

    def start(self) -> None:
        """Starts the server and waits until it has read its data. Raises ProcessError."""
        self._end_leftover()
        self._write_configuration()
        self._process.start()
        if not self._process.wait_until(self.ready, _PATIENCE):
            raise ProcessError(
                f"Valkey 无法启动 / Valkey does not start: {self._process.last_line()}"
            )

    def ready(self) -> bool:
        """Tells whether the server answers."""
        return valkey_answers(self.url)

    def _write_configuration(self) -> None:
        path = self._folder / "valkey.conf"
        path.unlink(missing_ok=True)
        write_private(path, _CONFIGURATION.format(socket=self._socket, password=self._password))
        self._account.own(path)

    def _end_leftover(self) -> None:
        # Where the kernel ties no child to its parent (macOS), a killed supervisor leaves one.
        if not self.ready():
            return
        with redis.Redis.from_url(self.url) as client:
            client.shutdown()


def valkey_password(data: Path) -> str:
    """Returns the password of the Valkey of `data`, made on first use."""
    return secret(data / "secrets", "valkey.password")


def valkey_url(data: Path, sockets: Path) -> str:
    """Returns the address of the Valkey of `data` as redis-py reads it."""
    return f"unix://:{valkey_password(data)}@{quote(str(sockets / _SOCKET))}"


def valkey_answers(url: str) -> bool:
    """Tells whether a Valkey or Redis answers at `url`."""
    with redis.Redis.from_url(url, socket_timeout=5) as client:
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False


def connect(url: str) -> redis.Redis:
    """Return a client that gives up in seconds: nobody may hang because Valkey is away."""
    return redis.Redis.from_url(
        url,
        socket_timeout=_SHORT,
        socket_connect_timeout=_SHORT,
        retry=Retry(NoBackoff(), 0),
    )
