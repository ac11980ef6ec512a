"""`/api/v1/…`: what an office's pages show, as JSON: the same readings by the same rights."""

from __future__ import annotations

from webui.api.office import money, own, watch

PAGES = (own.pages, money.pages, watch.pages)
