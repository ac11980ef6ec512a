"""Static files: their hash stands in the address, so that a browser may keep them for ever."""

from __future__ import annotations

import hashlib
import json
import mimetypes
import re
from functools import cache
from pathlib import Path

from flask import Flask, Response, abort

from webui.page.answer.compression import KINDS, accepted, packed
from webui.page.language import LANGUAGES, catalogue

FOLDER = Path(__file__).parents[1] / "static"
FOR_EVER = "public, max-age=31536000, immutable"
_NAME = re.compile(r"(?P<stem>[a-z0-9-]+)\.(?P<hash>[0-9a-f]{16})\.(?P<ending>[a-z0-9]+)")
STYLE = ("base.css", "part.css", "page.css")
"""What style.css is made of, in this order."""
SCRIPT_TEXTS = ("action.", "role.", "script.")
"""What of the catalogue scripts say: the words of rows that arrive after the page."""


def words(lang: str) -> bytes:
    """Return the texts that scripts need in a language, as JSON."""
    chosen = {
        key: entry[lang] for key, entry in catalogue().items() if key.startswith(SCRIPT_TEXTS)
    }
    return json.dumps(chosen, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


@cache
def assets() -> dict[str, bytes]:
    """Return every static file by its plain name, whatever folder it lies in."""
    files = {path.name: path.read_bytes() for path in sorted(FOLDER.rglob("*.*"))}
    files["style.css"] = b"".join(files.pop(name) for name in STYLE)
    return files | {f"words-{lang}.json": words(lang) for lang in LANGUAGES}


@cache
def address(name: str) -> str:
    """Return the address of a static file; raises KeyError for one that is not there."""
    stem, ending = name.rsplit(".", 1)
    return f"/static/{stem}.{hashlib.sha256(assets()[name]).hexdigest()[:16]}.{ending}"


@cache
def small(name: str) -> bytes:
    """Return a static file compressed as far as it goes, once."""
    return packed(assets()[name], 9)


def install(app: Flask) -> None:
    """Serve the files under their hashed names, and nothing under any other."""

    @app.get("/static/<name>")
    def static_file(name: str) -> Response:
        match = _NAME.fullmatch(name)
        plain = f"{match['stem']}.{match['ending']}" if match else ""
        if plain not in assets() or address(plain) != f"/static/{name}":
            abort(404)
        kind = mimetypes.guess_type(plain)[0] or "application/octet-stream"
        squeezed = accepted() and kind.startswith(KINDS)
        response = Response(small(plain) if squeezed else assets()[plain], mimetype=kind)
        if squeezed:
            response.headers["Content-Encoding"] = "gzip"
        response.headers["Cache-Control"] = FOR_EVER
        return response

    app.jinja_env.globals["asset"] = address
