"""The pages that anybody may read, a noun each."""

from __future__ import annotations

from flask import current_app

from webui.page.source import Source


def source() -> Source:
    """Return what the pages of this application read from."""
    found: Source = current_app.extensions["batong"]
    return found
