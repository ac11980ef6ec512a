"""What somebody finds who dumps the memory of running processes, or steals a backup."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

from monitor.runtime.database import libpq
from monitor.runtime.program import postgres_folder

MOST = 1 << 26
"""Bytes read at once."""


def processes(data: Path, beside: Path) -> dict[int, str]:
    """The processes of the platform of a data folder: its own and its servers, none beside it."""
    found = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            told = (entry / "cmdline").read_bytes() + b"\0" + (entry / "environ").read_bytes()
            where = os.readlink(entry / "cwd")
        except OSError:
            continue
        own = str(data).encode() in told or where.startswith(str(data))
        if own and str(beside).encode() not in told.split(b"\0\0")[0]:
            found[int(entry.name)] = told.split(b"\0\0")[0].replace(b"\0", b" ").decode("latin-1")
    return found


def in_memory(pid: int, words: Iterable[str], looked: set[str]) -> set[str]:
    """The words that stand in what a process may write to: heap, stacks, shared memory.

    As bytes, and as Python keeps a text in Chinese. `looked` is the shared memory that was looked
    at with an earlier process; what this one shares is added.
    """
    try:
        return _in_memory(pid, words, looked)
    except (FileNotFoundError, ProcessLookupError):
        return set()  # a server's helper that has ended since it was listed


def backed_up(url: str, out: Path) -> Path:
    """A backup of the whole database, as PostgreSQL's own program writes it."""
    command = [str(postgres_folder() / "pg_dump"), "--dbname", libpq(url), "--file", str(out)]
    subprocess.run(command, check=True, capture_output=True)
    return out


def _in_memory(pid: int, words: Iterable[str], looked: set[str]) -> set[str]:
    sought = {word: (word.encode(), word.encode("utf-16-le")) for word in words}
    found, longest = set[str](), 4 * max(map(len, words))
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for start, end in _writable(pid, looked):
            for at in range(start, end, MOST):
                try:
                    memory.seek(at)
                    data = memory.read(min(MOST + longest, end - at))
                except (OSError, ValueError):
                    continue  # a guard page, or a stretch that has gone meanwhile
                found |= {word for word, raw in sought.items() if any(one in data for one in raw)}
    return found


def _writable(pid: int, looked: set[str]) -> Iterator[tuple[int, int]]:
    for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
        span, rights, *what = line.split()
        shared = " ".join([span, *what])  # servers that share memory have it at one place
        if not rights.startswith("rw") or (rights.endswith("s") and shared in looked):
            continue
        if rights.endswith("s"):
            looked.add(shared)
        start, _, end = span.partition("-")
        yield int(start, 16), int(end, 16)
