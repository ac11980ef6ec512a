"""Tells which files under a folder a Python process opens: loaded by it before anything else.

A test puts `PYTHONWARNINGS=ignore::tests.spy.Spied` into the environment of what it starts: to
know the category, the interpreter imports this module. The platform itself holds nothing of it.
"""

import os
import sys
from typing import Any

FOLDER, REPORT = "SPY_FOLDER", "SPY_REPORT"
EVENTS = {"open", "os.listdir", "os.scandir", "os.rename", "os.remove", "os.link", "os.chmod"}


class Spied(Warning):
    """Never warned of."""


def environment(folder: str, report: str) -> dict[str, str]:
    """What a process has to find in its environment."""
    return {"PYTHONWARNINGS": f"ignore::{__name__}.Spied", FOLDER: folder, REPORT: report}


def _watch(folder: str, report: str) -> None:
    descriptor = os.open(report, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def tell(word: str, path: str) -> None:
        os.write(descriptor, f"{word}\t{path}\t{' '.join(sys.orig_argv)}\n".encode())

    def hook(event: str, words: tuple[Any, ...]) -> None:
        if event in EVENTS and words and isinstance(words[0], str | bytes):
            path = os.path.realpath(os.fsdecode(words[0]))
            if path == folder or path.startswith(folder + os.sep):
                tell("opened", path)

    tell("watched", "")
    sys.addaudithook(hook)


if FOLDER in os.environ and REPORT in os.environ:
    _watch(os.path.realpath(os.environ[FOLDER]), os.environ[REPORT])
