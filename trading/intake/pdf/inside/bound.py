"""The child binds itself before it reads a byte: memory, time, files, network, rights."""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
from collections.abc import Iterable, Mapping

NEW_NETWORK, NEW_USER = 0x40000000, 0x10000000
NOBODY = 65534


def bind(limits: Mapping[str, int]) -> None:
    """Take away what reading does not need; a limit that this machine does not know is left out."""
    _cut_network()
    cpu = limits["cpu"]
    for name, soft, hard in (
        ("RLIMIT_AS", limits["memory"], limits["memory"]),
        ("RLIMIT_CPU", cpu, cpu + 1),
        ("RLIMIT_NOFILE", limits["files"], limits["files"]),
        ("RLIMIT_FSIZE", 0, 0),
        ("RLIMIT_CORE", 0, 0),
        ("RLIMIT_NPROC", 0, 0),
    ):
        with contextlib.suppress(AttributeError, ValueError, OSError):
            resource.setrlimit(getattr(resource, name), (soft, hard))


def _cut_network() -> None:
    """Move into a network of its own, without any device, where the machine allows it."""
    with contextlib.suppress(AttributeError, OSError):
        unshare = ctypes.CDLL(None, use_errno=True).unshare
        if unshare(NEW_NETWORK) != 0:
            unshare(NEW_USER | NEW_NETWORK)


def step_down(needed: Iterable[str]) -> None:
    """Give up root for good if it is held, unless then the libraries could not be read.

    They may stand under a folder of root's own; the other limits hold there as well.
    """
    if os.geteuid() != 0:
        return
    os.setegid(NOBODY)
    os.seteuid(NOBODY)
    reachable = all(os.access(path, os.R_OK, effective_ids=True) for path in needed)
    os.seteuid(0)
    os.setegid(0)
    if reachable:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
