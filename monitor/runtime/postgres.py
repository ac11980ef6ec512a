"""PostgreSQL run by us: unix socket only, scram passwords, checksums, never root."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import psycopg

from monitor.runtime.account import for_server, reach
from monitor.runtime.database import (
    NAME,
    Addresses,
    Login,
    addresses,
    create_database,
    create_extensions,
    create_logins,
    libpq,
    passwords,
)
from monitor.runtime.folder import own_folder
from monitor.runtime.process import FOLDER, Process, ProcessError, exists, works_in
from monitor.runtime.program import postgres_folder, postgres_version, reachable
from monitor.runtime.secret import write_private
from monitor.runtime.server import EmbeddedServer

NO_OPTIONS: Mapping[str, str] = MappingProxyType({})
_BUILTIN_LOCALE = 17  # the first version with a locale that no system library can change
_PATIENCE = 120.0  # seconds; recovery after a crash replays the log since the last checkpoint
_ATTEMPTS = 40
_STILL_HELD = "shared memory block"  # in the message of PostgreSQL
_ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


class EmbeddedPostgres(EmbeddedServer):
    """A PostgreSQL server in `data_folder`/postgres whose socket is in `socket_folder`.

    `options` are server settings (tests pass fsync=off); `programs` is a bin folder to use.
    """

    name = "postgres"
    patience = _PATIENCE

    def __init__(
        self,
        data_folder: Path,
        socket_folder: Path,
        *,
        options: Mapping[str, str] = NO_OPTIONS,
        programs: Path | None = None,
    ) -> None:
        self.data = data_folder
        self._sockets = socket_folder
        self._cluster = data_folder / "postgres"
        self._account = for_server(data_folder)
        own_folder(socket_folder, self._account)
        self._words = passwords(data_folder)
        postgres = reachable((programs or postgres_folder()) / "postgres", self._account)
        self._programs = postgres.parent
        self._process = self._make_process(postgres, options)

    def addresses(self, name: str = NAME) -> Addresses:
        """Returns the addresses of database `name` on this server."""
        return addresses(str(self._sockets), self._words, name)

    def start(self) -> None:
        """Starts the server, waits out a recovery, completes logins and database.

        Raises ProcessError.
        """
        if not self._cluster.exists():
            self._initialize()
        if not self.alive():
            self._end_leftover()
        self._start_until_ready()
        maintenance = self.addresses("postgres").superuser_url
        create_logins(maintenance, self._words)
        create_database(maintenance)
        create_extensions(self.addresses().superuser_url)

    def ready(self) -> bool:
        """Tells whether the server takes a login."""
        return answers(self.addresses("postgres").superuser_url)

    def _make_process(self, postgres: Path, options: Mapping[str, str]) -> Process:
        fixed = {
            "listen_addresses": "",
            "unix_socket_directories": str(self._sockets),
            "password_encryption": "scram-sha-256",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "log_error_verbosity": "terse",  # no DETAIL line: it would hold the refused row
        }
        settings = [f"--{key}={value}" for key, value in {**fixed, **options}.items()]
        return Process(
            self.name,
            [postgres, "-D", FOLDER, *settings],
            folder=self._cluster,
            log=self.data / "postgres.log",
            farewell=signal.SIGINT,
            account=self._account,
            environment=_ENVIRONMENT,
        )

    def _end_leftover(self) -> None:
        # A killed supervisor's server: still stopping, or on macOS still running.
        lock = self._cluster / "postmaster.pid"
        pid = int(lock.read_text().split("\n", 1)[0]) if lock.exists() else 0
        if pid == 0:
            return
        if works_in(pid, self._cluster):
            os.kill(pid, signal.SIGINT)
            self._wait_for_end(pid)
        # A server that ended well took its files along. A number that is another program's now
        # (they begin anew in a restarted container) would keep PostgreSQL from starting.
        elif exists(pid):
            lock.unlink()
            (self._sockets / ".s.PGSQL.5432.lock").unlink(missing_ok=True)

    def _wait_for_end(self, pid: int) -> None:
        deadline = time.monotonic() + _PATIENCE
        while works_in(pid, self._cluster):
            if time.monotonic() > deadline:
                raise ProcessError(f"旧的 PostgreSQL 未退出 / the old one ({pid}) does not end")
            time.sleep(0.1)

    def _initialize(self) -> None:
        draft = self.data / "postgres.new"
        shutil.rmtree(draft, ignore_errors=True)  # left by a start that was cut off
        draft.mkdir(mode=0o700)
        word = self._sockets / ".initdb"
        word.unlink(missing_ok=True)
        write_private(word, self._words[Login.SUPERUSER])
        for path in (draft, word):
            self._account.own(path)
        try:
            self._run_initdb(draft, word)
        finally:
            word.unlink()
        draft.rename(self._cluster)

    def _run_initdb(self, folder: Path, word: Path) -> None:
        with reach(folder, self._account) as (name, descriptors):
            run = subprocess.run(
                [
                    self._programs / "initdb", "-D", name, "-U", Login.SUPERUSER, "-E", "UTF8",
                    "--auth=scram-sha-256", f"--pwfile={word}", "--data-checksums",
                    *self._locale(),
                ],
                cwd="/",
                pass_fds=descriptors,
                env=_ENVIRONMENT,
                capture_output=True,
                text=True,
                check=False,
                **self._account.identity(),
            )  # fmt: skip
        if run.returncode != 0:
            raise ProcessError(f"initdb: {' '.join(run.stderr.split())}")

    def _locale(self) -> list[str]:
        if postgres_version(self._programs) < _BUILTIN_LOCALE:
            return ["--locale=C"]
        return ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]

    def _start_until_ready(self) -> None:
        # After a kill -9 the old backends may hold the shared memory for a moment: try again.
        for _ in range(_ATTEMPTS):
            self._process.start()
            if self._process.wait_until(self.ready, _PATIENCE):
                return
            if _STILL_HELD not in self._process.last_line():
                break
            time.sleep(0.25)
        raise ProcessError(
            f"PostgreSQL 无法启动 / PostgreSQL does not start: {self._process.last_line()}"
        )


def answers(url: str) -> bool:
    """Tells whether a server takes a login at `url` (a SQLAlchemy URL)."""
    try:
        psycopg.connect(libpq(url), connect_timeout=5).close()
    except psycopg.OperationalError:
        return False
    return True
