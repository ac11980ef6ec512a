"""Options that several commands take alike."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

Option = Callable[..., Any]
_FOLDER = click.Path(file_okay=False, path_type=Path)

at_url: Option = click.option("--url", required=True, help="平台地址 / the platform's address")
"""Where the platform answers that a program talks to."""


def own_folder(told: str) -> Option:
    """Return `--keys`: the program's own folder, made by it where there is none yet."""
    return click.option("--keys", required=True, type=_FOLDER, help=told)


def own_folders(told: str) -> Option:
    """Return `--keys`, once for each of several: `folders`."""
    return click.option("--keys", "folders", required=True, multiple=True, type=_FOLDER, help=told)
