"""A backup of a data folder: its database as PostgreSQL copies itself, its files, log and keys.

The database is copied by pages and its write-ahead log: numbers of transactions go on where they
were, which the fences of the record rest on (a dump would begin them anew). The checkpoint store is
never part of it: a database that goes back to an earlier day must find that it is behind.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from sqlalchemy.engine import make_url

from monitor.runtime.account import for_server
from monitor.runtime.program import postgres_folder, postgres_version

FORM = "batong-backup/1"
MANIFEST = "backup.json"
DATABASE, DATA = "database", "data"
BASE, WAL = f"{DATABASE}/base.tar.gz", f"{DATABASE}/pg_wal.tar.gz"
OF_THE_MOMENT = frozenset(
    {"postgres", "postgres.new", "valkey", "lock", "incoming", "witness.json", "supervisor.json"}
)
"""What is made anew by the next start, or is a copy of nothing: uploads on their way among them."""
Say = Callable[[str], None]


class BackupError(Exception):
    """A backup cannot be taken, or is not whole."""


def take(data: Path, superuser_url: str, out: Path, facts: dict[str, Any], say: Say) -> None:
    """Write a backup of `data`, whose server runs, into the new folder `out`; all of it or nothing.

    `facts` are told in its manifest. Raises FileExistsError, BackupError.
    """
    if out.exists():
        raise FileExistsError(17, "exists", str(out))
    draft = out.with_name(f"{out.name}.part")
    shutil.rmtree(draft, ignore_errors=True)  # left by one that was cut off
    draft.mkdir(mode=0o700, parents=True)
    say("文件与日志 / files and log")
    copy_missing(data, draft / DATA)
    say("数据库 / database")
    _base_backup(superuser_url, draft / DATABASE)
    say("此间新增的文件 / files that came meanwhile")
    copy_missing(data / "files", draft / DATA / "files")
    told = {
        "v": FORM, **facts, "postgres": postgres_version(postgres_folder()),
        "files": {name: _measured(draft / name) for name in _names(draft)},
    }  # fmt: skip
    _write(draft / MANIFEST, json.dumps(told, ensure_ascii=False, indent=1).encode() + b"\n")
    draft.rename(out)


def read_manifest(source: Path, say: Say) -> dict[str, Any]:
    """Return the manifest of a backup, every file of which was compared with it.

    Raises BackupError for a file that is missing, added or changed.
    """
    try:
        told = json.loads((source / MANIFEST).read_bytes())
        files, form = dict(told["files"]), told["v"]
    except (OSError, ValueError, KeyError, TypeError) as fault:
        raise BackupError(f"{source}: 不是备份 / is no backup: {MANIFEST}") from fault
    if form != FORM:
        raise BackupError(f"{source}: {form!r} 不是 {FORM} / is not of that form")
    say("核对备份 / comparing the backup with its manifest")
    here = set(_names(source)) - {MANIFEST}
    for name in sorted(here ^ set(files)):
        raise BackupError(f"{name}: 缺少或多出 / is missing or too many")
    for name in sorted(files):
        if _measured(source / name) != files[name]:
            raise BackupError(f"{name}: 已被改动或损坏 / is not what was backed up")
    return dict(told)


def put_back(source: Path, data: Path, told: dict[str, Any], say: Say) -> None:
    """Make `data` of a compared backup, all of it or nothing; its server does not run yet.

    Raises FileExistsError where anything lies there, BackupError for another PostgreSQL.
    """
    here = postgres_version(postgres_folder())
    if told.get("postgres") != here:
        raise BackupError(
            f"备份来自 PostgreSQL {told.get('postgres')}，本机为 {here} / "
            f"of PostgreSQL {told.get('postgres')}, and here is {here}"
        )
    if data.exists() and any(data.iterdir()):
        raise FileExistsError(17, "exists", str(data))
    draft = data.with_name(f"{data.name}.part")
    shutil.rmtree(draft, ignore_errors=True)
    say("文件与日志 / files and log")
    shutil.copytree(source / DATA, draft)
    draft.chmod(0o700)
    say("数据库 / database")
    cluster = draft / "postgres"
    _unpack(source / BASE, cluster)
    _unpack(source / WAL, cluster / "pg_wal")
    account = for_server(draft)
    for path in (cluster, *cluster.rglob("*")):
        account.own(path)
    if data.exists():
        data.rmdir()
    draft.rename(data)


def copy_missing(source: Path, target: Path) -> None:
    """Copy what is not there yet; a file that goes meanwhile was of the moment."""
    target.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in _names(source):
        path = target / name
        if path.exists() or Path(name).parts[0] in OF_THE_MOMENT or name.endswith(".log"):
            continue
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            shutil.copy2(source / name, path)
        except FileNotFoundError:
            continue


def _base_backup(superuser_url: str, folder: Path) -> None:
    url = make_url(superuser_url)
    told = {
        "PATH": os.defpath, "LC_ALL": "C", "PGUSER": url.username or "",
        "PGPASSWORD": url.password or "", "PGHOST": str(url.query.get("host") or url.host or ""),
    }  # fmt: skip
    run = subprocess.run(
        [
            postgres_folder() / "pg_basebackup", "-D", folder, "-F", "tar", "-z", "-X", "stream",
            "-c", "fast", "--no-password",
        ],
        env=told, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if run.returncode != 0:
        raise BackupError(f"pg_basebackup: {run.stderr.strip() or run.returncode}")


def _unpack(archive: Path, folder: Path) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")


def _names(folder: Path) -> Iterator[str]:
    """Return every file below a folder, by its path from there, in order."""
    for place, _, names in sorted(os.walk(folder)):
        for name in sorted(names):
            path = Path(place) / name
            if path.is_file() and not path.is_symlink():
                yield path.relative_to(folder).as_posix()


def _measured(path: Path) -> list[Any]:
    """Return length and SHA-256 of a file."""
    with path.open("rb") as source:
        return [path.stat().st_size, hashlib.file_digest(source, "sha256").hexdigest()]


def _write(path: Path, data: bytes) -> None:
    with path.open("xb") as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())
