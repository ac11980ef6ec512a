"""An artefact by its address: fetched to a file, then checked like any other."""

import shutil
import socket
import urllib.request
from pathlib import Path
from typing import IO
from urllib.error import HTTPError, URLError
from urllib.parse import unquote, urlsplit

SECONDS = 60
MOST = 4 << 30  # bytes; a canonical zip is no longer


class TooLong(OSError):
    """What lies at the address is longer than any artefact."""


def is_address(text: str) -> bool:
    """Tell an http(s) address from a path."""
    return text.startswith(("http://", "https://"))


def fetch(address: str, folder: Path) -> Path:
    """Fetch the file at an http(s) address into a folder; raises OSError.

    Its bytes are judged by keys alone; nothing is believed for where it came from.
    """
    name = unquote(urlsplit(address).path).rsplit("/", 1)[-1] or "artefact"
    target = folder / Path(name.replace("\0", "")).name
    request = urllib.request.Request(address)  # noqa: S310 - is_address lets http(s) through alone
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310
            _keep(answer, target)
    except HTTPError as refused:
        refused.close()
        raise OSError(2, f"HTTP {refused.code}", address) from None
    except URLError as fault:
        raise OSError(2, _reason(fault, address), address) from None
    return target


def _reason(fault: URLError, address: str) -> str:
    if isinstance(fault.reason, socket.gaierror):
        host = urlsplit(address).hostname
        return f"主机无法解析 / the host does not resolve: {host}"
    return str(getattr(fault.reason, "strerror", "") or fault.reason)


def _keep(answer: IO[bytes], target: Path) -> None:
    with target.open("wb") as out:
        shutil.copyfileobj(_Capped(answer), out)


class _Capped:
    """A reader that stops a sender who never ends."""

    def __init__(self, source: IO[bytes]) -> None:
        self._source, self._left = source, MOST

    def read(self, size: int = 1 << 16, /) -> bytes:
        """Return the next bytes; raises TooLong."""
        data = self._source.read(size)
        self._left -= len(data)
        if self._left < 0:
            raise TooLong(27, "过长 / too long")
        return data
