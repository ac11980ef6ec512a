"""What every answer carries: a policy under which nothing inline and nothing foreign runs."""

from __future__ import annotations

from flask import Flask, Response, request

from webui.page.wearer import bearer

CONTENT = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": CONTENT,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
KEPT = "immutable"
PRIVATE = "private, no-store"
"""Of what somebody signed in was sent, neither browser nor proxy keeps a copy."""


def install(app: Flask) -> None:
    """Put the headers on every answer, error pages included."""

    @app.after_request
    def guard(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        kept = response.headers.setdefault("Cache-Control", "no-cache")
        if bearer() and KEPT not in kept:
            response.headers["Cache-Control"] = PRIVATE
        if response.mimetype == "text/html":
            response.vary.update(("Cookie",))
        if request.is_secure:
            response.headers["Strict-Transport-Security"] = "max-age=31536000"
        return response
