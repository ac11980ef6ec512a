"""The tiles of a log somewhere else, over HTTP, fetched as they are asked for.

Nothing is believed for where it came from: what is read is checked against a signed root.
"""

from __future__ import annotations

import urllib.request
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError

from monitor.log.tile import CHECKPOINT, Address, MissingTile, TileStore, make_folder, write_durably

SECONDS = 30
MOST = 32 << 20  # bytes: a bundle of 256 entries is half of it at most


class Mirror(TileStore):
    """A log at an http(s) address, such as https://example.gov.cn/log; `folder` keeps its tiles."""

    def __init__(self, address: str, folder: Path) -> None:
        super().__init__(folder)
        self.address = address.rstrip("/")

    def read(self, address: Address) -> list[bytes]:
        """Return the values of a tile; raises OSError, MissingTile, BadTile."""
        try:
            return super().read(address)
        except MissingTile:
            self._bring(address)
        return super().read(address)

    def read_checkpoint(self) -> bytes:
        """Return the checkpoint as it is now, unverified; raises OSError, MissingTile."""
        data = self._fetched(CHECKPOINT)
        if data is None:
            raise MissingTile(CHECKPOINT)
        return data

    def _bring(self, address: Address) -> None:
        for each in dict.fromkeys((address, address.full())):
            data = self._fetched(each.path())
            if data is not None:
                path = self.folder / each.path()
                make_folder(path.parent)
                write_durably(path, data)
                return

    def _fetched(self, name: str) -> bytes | None:
        request = urllib.request.Request(f"{self.address}/{name}")  # noqa: S310 - a log's address
        try:
            with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310
                return bytes(answer.read(MOST))
        except HTTPError as refused:
            refused.close()
            if refused.code == 404:
                return None
            raise OSError(2, f"HTTP {refused.code}", f"{self.address}/{name}") from None
        except HTTPException as broken:
            raise OSError(5, type(broken).__name__, f"{self.address}/{name}") from None


def log_at(place: str, folder: Path) -> TileStore:
    """Return the log in a folder, or at an http(s) address; `folder` keeps what is fetched."""
    if place.startswith(("http://", "https://")):
        return Mirror(place, folder)
    return TileStore(Path(place))
