"""Who stands behind a proxy: its word on that counts where the settings name it, nobody else's.

Without such a setting all that come by one proxy share one counter of attempts, and whoever names
an address of their own is not believed: else each attempt would come from a new one.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from monitor.runtime.settings import Network

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class Forwarded:
    """Lets an application see the address of the reader, not that of a trusted proxy."""

    def __init__(self, app: WSGIApplication, proxies: Sequence[Network]) -> None:
        self._app, self._proxies = app, proxies

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        peer, told = environ.get("REMOTE_ADDR", ""), environ.get("HTTP_X_FORWARDED_FOR", "")
        environ["REMOTE_ADDR"] = reader(peer, told, self._proxies)
        return self._app(environ, start_response)


def reader(peer: str, told: str, proxies: Sequence[Network]) -> str:
    """Return the nearest address that is no trusted proxy's; `told` is X-Forwarded-For as it came.

    Each proxy adds whom it saw at the right end: what stands left of the first stranger is only
    that stranger's own word.
    """
    found = peer
    for each in reversed(told.split(",")):
        if not _trusted(found, proxies) or not _is_address(each):
            return found
        found = each.strip()
    return found


def _trusted(address: str, proxies: Sequence[Network]) -> bool:
    if not _is_address(address):
        return False
    told = ipaddress.ip_address(address.strip())
    plain = getattr(told, "ipv4_mapped", None) or told
    return any(plain in network for network in proxies)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text.strip())
    except ValueError:
        return False
    return True
