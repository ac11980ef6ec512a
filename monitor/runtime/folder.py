"""Folders of a running platform: short private ones for sockets."""

import hashlib
import os
import stat
from pathlib import Path

from monitor.runtime.account import Account, for_server


class FolderError(Exception):
    """A folder that must be ours alone is not."""


def socket_folder(data: Path) -> Path:
    """Returns the folder for the sockets of `data`, the same for every process.

    Under /tmp and short, because a socket's path may have 104 bytes only (macOS `sun_path`).
    """
    digest = hashlib.sha256(os.fsencode(data.resolve())).hexdigest()
    folder = Path("/tmp", f"batong-{os.geteuid()}-{digest[:12]}")  # noqa: S108 - own_folder checks it
    own_folder(folder, for_server())
    return folder


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
    if not private or found.st_uid not in (account.uid, os.geteuid()):
        raise FolderError(f"{folder} 不是本程序的私有文件夹 / is not our private folder")
    account.own(folder)
