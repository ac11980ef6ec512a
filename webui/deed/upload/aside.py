"""An upload that is being handed in lies aside: out of its sender's reach, whole as it was.

Were it in reach, bytes could still come, or change, after the arrival was stamped. What lies aside
when a process dies is put back, so that nobody has to send it again.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from monitor.refusal import Conflict

ASIDE = ".in"


class Taken(Conflict):
    """Somebody is writing to this very object, or handing it in, at this moment."""

    def __init__(self) -> None:
        super().__init__("正在写入，请稍后继续 / being written: go on in a moment")


@contextmanager
def aside(folder: Path) -> Iterator[Path]:
    """Lend an upload's folder under another name, no writer in it; it is gone afterwards.

    It is put back where the work with it fails. Raises Taken while anybody writes to a file of it
    or hands it in already.
    """
    put_back(folder)
    with ExitStack() as held:
        try:
            held.enter_context(_alone(folder))
        except FileNotFoundError:
            yield folder  # nothing was sent ahead
            return
        lent = _lent(folder)
        folder.rename(lent)
        try:
            for path in lent.iterdir():
                held.enter_context(_alone(path))
            yield lent
        except BaseException:
            lent.rename(folder)
            raise
        shutil.rmtree(lent, ignore_errors=True)


def put_back(folder: Path) -> None:
    """Put an upload back that somebody died with; raises Taken while it is handed in."""
    lent = _lent(folder)
    try:
        with _alone(lent):
            lent.rename(folder)
    except FileNotFoundError:
        return


def hold(file: int) -> None:
    """Keep every other holder from a file or folder until it is closed; raises Taken."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise Taken from None


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    there = os.open(path, os.O_RDONLY)
    try:
        hold(there)
        yield
    finally:
        os.close(there)


def _lent(folder: Path) -> Path:
    return folder.with_name(folder.name + ASIDE)
