"""The data folder: real or demo for ever, held by one process; and its folder of sockets."""

import fcntl
import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import StrEnum
from pathlib import Path

from monitor.runtime.account import Account, for_server
from monitor.runtime.secret import write_once


class FolderError(Exception):
    """A folder is not what it must be."""


class Kind(StrEnum):
    """Whether a data folder lives by the real clock or by the demo's."""

    REAL = "real"
    DEMO = "demo"


def kind(data: Path, wanted: Kind | None = None) -> Kind:
    """Returns the kind of `data`, for a new folder `wanted` or real. Raises FolderError.

    A folder keeps its kind: a moved clock would make every time in a real record worthless, and
    a demo's record must never pass for a real one.
    """
    if data.exists() and not os.access(data, os.R_OK | os.W_OK | os.X_OK):
        raise FolderError(f"{data} 无权访问 / belongs to another user")
    marker = data / "kind"
    if not marker.exists():
        if (data / "postgres").exists():
            raise FolderError(
                f"{data} 有数据却没有 kind 标记 / holds data but no `kind` marker: refused"
            )
        return wanted or Kind.REAL
    text = marker.read_text(encoding="utf-8").strip()
    if text not in set(Kind):
        raise FolderError(f"{marker} 无法识别 / is neither `real` nor `demo`")
    found = Kind(text)
    if wanted not in {None, found}:
        raise FolderError(_MISMATCH[found].format(data))
    return found


_MISMATCH = {
    Kind.REAL: "{} 是真实数据，不接受演示时钟 / holds real data and refuses the demo clock",
    Kind.DEMO: "{} 是演示数据，不能转为真实 / is a demo and never returns to the real clock",
}


def claim(data: Path, wanted: Kind | None = None) -> Kind:
    """Makes `data` (mode 0700) where missing and marks its kind for ever. Raises FolderError."""
    decided = kind(data, wanted)
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_once(data / "kind", decided)
    return kind(data, wanted)


@contextmanager
def hold(data: Path) -> Iterator[bool]:
    """Yields whether we are the one process that runs the servers of `data`, while it lasts."""
    with (data / "lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def socket_folder(data: Path) -> Path:
    """Returns the folder for the sockets of `data`, the same for every process of a user.

    Under /tmp and short, because a socket's path may have 104 bytes only (macOS `sun_path`).
    """
    digest = hashlib.sha256(os.fsencode(data.resolve())).hexdigest()
    folder = Path("/tmp", f"batong-{os.geteuid()}-{digest[:12]}")  # noqa: S108 - own_folder checks
    own_folder(folder, for_server(data))
    return folder


def remove_socket_folder(data: Path) -> None:
    """Removes the folder for the sockets of `data` once its servers have stopped; one in use stays.

    Called under the lock of `data`: whoever comes next makes it anew.
    """
    with suppress(OSError):
        socket_folder(data).rmdir()


def own_folder(folder: Path, account: Account) -> None:
    """Makes `folder` with mode 0700 for `account`. Raises FolderError when it is another's.

    Names under /tmp can be guessed: whoever made the folder first could put a false server there.
    """
    try:
        folder.mkdir(mode=0o700)
        account.own(folder)
    except FileExistsError:
        pass
    found = folder.lstat()
    private = stat.S_ISDIR(found.st_mode) and stat.S_IMODE(found.st_mode) == 0o700
    if not private or found.st_uid not in {account.uid, os.geteuid()}:
        raise FolderError(f"{folder} 不是本程序的私有文件夹 / is not our private folder")
    account.own(folder)
