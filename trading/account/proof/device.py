"""Where an attempt comes from: an address, and a token of a device that has signed in before.

A device token is a server's signature that this browser once signed in to that account. It is no
credential: it only buys tries of its own, so that whoever hammers an account from elsewhere keeps
nobody out (OWASP, "device cookies"). Nothing of it is kept on the server.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import ipaddress
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from trading.account.proof.vault import Vault

_NONCE, _TIME, _MAC = 16, 8, 16
KEPT = 5
"""Accounts that one browser remembers: several people may share a desk."""
LASTING = timedelta(days=180)


@dataclass(frozen=True, slots=True)
class Source:
    """Where an attempt comes from. `device` is the device cookie's value, empty for none."""

    address: str = field(repr=False)
    device: str = field(default="", repr=False)


def normal_address(text: str) -> str:
    """Return an address's one form; an IPv6 host counts by its /64, as it has all of that."""
    try:
        found = ipaddress.ip_address(text.strip().split("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((int(found), 64), strict=False).network_address) + "/64"
    return str(found)


@dataclass(frozen=True, slots=True)
class Devices:
    """Makes and reads device cookies."""

    vault: Vault

    def known(self, cookie: str, account: UUID, now: datetime) -> bytes | None:
        """Return the device's own 16 bytes if the cookie holds a good token for this account."""
        for token in cookie.split(".")[:KEPT]:
            nonce = self._nonce(token, account, now)
            if nonce is not None:
                return nonce
        return None

    def renewed(self, cookie: str, account: UUID, now: datetime) -> str:
        """Return the cookie with a fresh token for this account in front."""
        nonce = self.known(cookie, account, now) or secrets.token_bytes(_NONCE)
        issued = int(now.timestamp()).to_bytes(_TIME, "big")
        token = _text(nonce + issued + self._mac(account, nonce, issued))
        others = [
            other
            for other in cookie.split(".")[:KEPT]
            if _bytes(other) is not None and self._nonce(other, account, now) is None
        ]
        return ".".join([token, *others][:KEPT])

    def _nonce(self, token: str, account: UUID, now: datetime) -> bytes | None:
        raw = _bytes(token)
        if raw is None:
            return None
        nonce, issued, mac = raw[:_NONCE], raw[_NONCE:-_MAC], raw[-_MAC:]
        if not hmac.compare_digest(mac, self._mac(account, nonce, issued)):
            return None
        age = now.timestamp() - int.from_bytes(issued, "big")
        return nonce if age <= LASTING.total_seconds() else None

    def _mac(self, account: UUID, nonce: bytes, issued: bytes) -> bytes:
        return self.vault.mac("device", account.bytes, nonce, issued)[:_MAC]


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _bytes(token: str) -> bytes | None:
    try:
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except (ValueError, binascii.Error):
        return None
    return raw if len(raw) == _NONCE + _TIME + _MAC and _text(raw) == token else None
