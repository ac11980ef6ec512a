"""The unprivileged account under which servers run when we are root."""

import os
import pwd
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict


class AccountError(Exception):
    """No account fit to run a server: run as an ordinary user instead."""


class Identity(TypedDict):
    """The arguments by which `subprocess` changes the account; all None to keep it."""

    user: int | None
    group: int | None
    extra_groups: list[int] | None


@dataclass(frozen=True, slots=True)
class Account:
    """A user and group by number."""

    uid: int
    gid: int

    def own(self, path: Path) -> None:
        """Gives `path` itself, not what is in it, to the account."""
        os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def identity(self) -> Identity:
        """Returns what `subprocess` needs to run a program under the account."""
        if self == current():
            return Identity(user=None, group=None, extra_groups=None)
        return Identity(user=self.uid, group=self.gid, extra_groups=[])


@contextmanager
def reach(folder: Path, account: Account) -> Iterator[tuple[str, Sequence[int]]]:
    """Yields a name of `folder` for a program of `account`, and the descriptors to pass to it.

    Another account may not pass the folders above (DATA is 0700 and holds secrets; a checkout may
    be below /root), but a descriptor that we have opened needs no passing.
    """
    if account == current():
        yield str(folder), ()
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{descriptor}", (descriptor,)
    finally:
        os.close(descriptor)


def current() -> Account:
    """Returns the account of this process."""
    return Account(os.geteuid(), os.getegid())


def for_server(data: Path) -> Account:
    """Returns who runs the servers of `data`: ourselves; when we are root its owner, or `nobody`.

    Raises AccountError.
    """
    if os.geteuid() != 0:
        return current()
    owner = data.stat()
    if owner.st_uid != 0:
        return Account(owner.st_uid, owner.st_gid)
    if not sys.platform.startswith("linux"):
        raise AccountError(
            "请用普通用户运行，不要用 root / as root this works on Linux only: use an ordinary user"
        )
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        raise AccountError(
            "系统没有 nobody 账户，请用普通用户运行 / no account `nobody`: use an ordinary user"
        ) from None
    return Account(entry.pw_uid, entry.pw_gid)
