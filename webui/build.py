"""Digests of the programs that seal bids, made so that plain `sha256sum` makes them again.

The frame's is over the scripts that a browser gets from it, in their order; the offline tool's over
every file of a checkout. Whoever compares them with the record needs nothing of ours for it.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
STATIC = ROOT / "webui" / "page" / "static"
CORE = ("sharing.js", "age.js", "measure.js", "bid.js")
PROGRAM = (*CORE, "frame.js", "worker.js", "typage.js")
PACKAGES = ("bidding", "experts", "monitor", "trading", "webui")
BESIDE = ("batong", "requirements.lock")
OFFLINE = (
    f"find {' '.join((*BESIDE, *PACKAGES))} -type f ! -path '*/__pycache__/*' "
    "| LC_ALL=C sort | xargs sha256sum | sha256sum"
)
"""Prints the digest of the offline tool, in the folder of a checkout."""


def digest_of(lines: list[tuple[bytes, str]]) -> str:
    """Return what `sha256sum` says of its own lines for these contents and names."""
    told = "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for data, name in lines)
    return hashlib.sha256(told.encode()).hexdigest()


@cache
def frame() -> str:
    """Return the digest of the sealing frame's scripts."""
    files = {path.name: path for path in STATIC.rglob("*.js")}
    return digest_of([(files[name].read_bytes(), "-") for name in PROGRAM])


def fetched(addresses: list[str]) -> str:
    """Return the command that prints the frame's digest from what a server sends right now."""
    each = " ".join(f"'{address}'" for address in addresses)
    return f'for f in {each}; do curl -fsS "$f" | sha256sum; done | sha256sum'


@cache
def offline() -> str:
    """Return the digest of this checkout as an offline tool."""
    return digest_of([((ROOT / name).read_bytes(), name) for name in sorted(_files())])


def _files() -> list[str]:
    folders = [path for name in PACKAGES for path in (ROOT / name).rglob("*")]
    return [
        str(path.relative_to(ROOT))
        for path in (*(ROOT / name for name in BESIDE), *folders)
        if path.is_file() and "__pycache__" not in path.parts
    ]
