"""Who asks: one address, as the trusted proxies tell it; a network's /64 where it is IPv6.

A line of IPv6 has as many addresses as it likes (RFC 6177): they count as one.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from monitor.runtime.settings import Network
from webui.page.answer.forwarded import reader
from webui.serve.door.message import Message, header

LINE = 64  # bits


def address(scope: Message, proxies: Sequence[Network]) -> str:
    """Return who asks, to be counted by; empty where the server does not know the peer."""
    peer = (scope.get("client") or ("",))[0]
    found = reader(peer, header(scope, b"x-forwarded-for"), proxies) if proxies else peer
    try:
        told = ipaddress.ip_address(found)
    except ValueError:
        return str(found)
    if isinstance(told, ipaddress.IPv4Address):
        return str(told)
    return str(told.ipv4_mapped or ipaddress.ip_network((told, LINE), strict=False))
