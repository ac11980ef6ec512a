"""The sealing frame: a page of an origin of its own, that honours no session and reaches nobody.

It is served at a second port. What its policy forbids: every connection, image, form and frame, and
being framed by any page but the platform's. The page around it forbids it to go elsewhere. What is
left is this very origin's own scripts: see the README on what a page can promise.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import Flask, Response, render_template, request
from jinja2 import StrictUndefined

from webui.build import CORE
from webui.page import language, show
from webui.page.answer import asset

SANDBOX = "allow-scripts allow-same-origin allow-downloads"


@dataclass(frozen=True, slots=True)
class Place:
    """Where the frame is served: its own port, and that of the pages; `url` where it is named."""

    port: int
    pages: int
    url: str = ""

    def origin(self, host: str, scheme: str) -> str:
        """Return the frame's origin as a reader of that host (with or without port) reaches it."""
        return self.url or f"{scheme}://{_bare(host)}:{self.port}"


def _bare(host: str) -> str:
    name = urlsplit(f"//{host}").hostname or ""
    return f"[{name}]" if ":" in name else name


def policy(parent: str) -> str:
    """Return what the frame and its worker may do; `parent` is the origin that may show it."""
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "worker-src 'self'",
            "style-src 'self'",
            "connect-src 'none'",
            "img-src 'none'",
            "frame-src 'none'",
            "form-action 'none'",
            "base-uri 'none'",
            f"frame-ancestors {parent}",
            f"sandbox {SANDBOX}",
            "webrtc 'block'",  # CSP3; a browser that knows it not yet says so in its console
            "require-trusted-types-for 'script'",
            "trusted-types seal",
        )
    )


def create_frame(place: Place, public_url: str) -> Flask:
    """Return the application of the second port; it opens no database and reads no session."""
    app = Flask(__name__, static_folder=None, template_folder="template")
    app.config["MAX_CONTENT_LENGTH"] = 0
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    language.install(app)
    asset.install(app)
    show.install(app)

    def parent() -> str:
        return public_url or f"{request.scheme}://{_bare(request.host)}:{place.pages}"

    @app.get("/")
    def frame() -> str:
        return render_template("seal/frame.html", parent=parent(), scripts=CORE)

    @app.after_request
    def guard(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = policy(parent())
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()"
        response.headers["X-DNS-Prefetch-Control"] = "off"
        response.headers.setdefault("Cache-Control", "no-cache")
        return response

    return app
