"""Cookies of signed-in people. Over TLS they bear the prefix that binds them to this very host.

Without TLS only this machine itself may sign in: nobody else's password crosses a wire unhidden.
"""

from __future__ import annotations

import ipaddress
import secrets
from uuid import UUID

from flask import Response, request

DEVICE_DAYS = 180
DAY = 24 * 3600


def secure() -> bool:
    """Tell whether this request came over TLS."""
    return bool(request.is_secure)


def may_sign_in() -> bool:
    """Tell whether a password may be typed into this page: over TLS, or on this machine alone."""
    return secure() or on_this_machine()


def on_this_machine() -> bool:
    """Tell whether this machine itself asks, and no proxy on it for somebody elsewhere."""
    if request.headers.get("X-Forwarded-For") or request.headers.get("Forwarded"):
        return False
    try:
        return ipaddress.ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False


def read(name: str) -> str:
    """Return a cookie's value, or nothing; nothing where two came by that name.

    We give each once, for every path: a second one was put there by another port of this host name,
    to be taken for ours. Over TLS the prefix keeps it from being made at all.
    """
    found = request.cookies.getlist(_named(name))
    return found[0] if len(found) == 1 else ""


def write(response: Response, name: str, value: str, days: int | None = None) -> None:
    """Set a cookie that scripts cannot read; for the browser's session unless days are given."""
    response.set_cookie(
        _named(name), value, max_age=days * DAY if days else None,
        secure=secure(), httponly=True, samesite="Lax", path="/",
    )  # fmt: skip


def forget(response: Response, name: str) -> None:
    """Take a cookie away."""
    response.delete_cookie(_named(name), secure=secure(), httponly=True, samesite="Lax", path="/")


def ticket_name(project: UUID) -> str:
    """Return the name of the cookie that holds a project's mask ticket."""
    return f"ticket-{project.hex}"


def random() -> str:
    """Return 256 random bits as text."""
    return secrets.token_urlsafe(32)


def _named(name: str) -> str:
    return f"__Host-{name}" if secure() else name
