"""Compression: what a page without secrets weighs on the wire; static files once, when first asked.

A page that carries a form's key and repeats what a stranger may have put into its address is never
compressed: its length would tell the key (BREACH, CVE-2013-3587). So nobody signed in gets any.
"""

from __future__ import annotations

import gzip

from flask import Flask, Response, request

from webui.page.wearer import bearer

LEAST = 1024  # bytes: below, the header costs as much as it saves
LEVEL = 5
KINDS = ("text/", "application/json", "application/atom+xml", "image/svg+xml")
KEYS = (b'name="csrf"', b'name="once"')


def accepted() -> bool:
    """Tell whether this reader takes gzip."""
    return request.accept_encodings.quality("gzip") > 0


def packed(data: bytes, level: int = LEVEL) -> bytes:
    """Return gzip without a time in it, so that the same bytes give the same bytes."""
    return gzip.compress(data, level, mtime=0)


def install(app: Flask) -> None:
    """Compress what may be, after everything else has been said about an answer."""

    @app.after_request
    def compress(response: Response) -> Response:
        if not (response.mimetype or "").startswith(KINDS):
            return response
        response.vary.add("Accept-Encoding")
        if accepted() and _worth(response):
            response.set_data(packed(response.get_data()))
            response.headers["Content-Encoding"] = "gzip"
        return response


def _worth(response: Response) -> bool:
    if response.is_streamed or "Content-Encoding" in response.headers:
        return False
    if "Set-Cookie" in response.headers or bearer() or request.method != "GET":
        return False
    data = response.get_data()
    return len(data) >= LEAST and not any(key in data for key in KEYS)
