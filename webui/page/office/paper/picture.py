"""Pictures of places on a paper: drawn by a child process, carried by the page's own form.

The file is kept nowhere, so the form brings its pictures back when something is to be mended.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from trading.intake.paper.shown import box_of
from trading.intake.pdf.reader import PNG, pictures

PREFIX, PRICES = "picture.", "price_table"
LARGEST = 300_000
SCALE = 2
"""Dots of a picture for one of the page: sharp on fine screens."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A PNG; `width` and `height` are those it is shown at."""

    data: bytes = field(repr=False)

    @property
    def text(self) -> str:
        """Return it in base64."""
        return base64.b64encode(self.data).decode()

    @property
    def address(self) -> str:
        """Return it as an address of its own."""
        return f"data:image/png;base64,{self.text}"

    @property
    def width(self) -> int:
        """Return how wide it is shown (ISO 15948 §11.2.2)."""
        return int.from_bytes(self.data[16:20], "big") // SCALE

    @property
    def height(self) -> int:
        """Return how high it is shown."""
        return int.from_bytes(self.data[20:24], "big") // SCALE


def drawn(file: bytes, proposed: Mapping[str, Any]) -> dict[str, Picture]:
    """Return a picture of each field's place, and of the price table's, where there is one."""
    places = proposed["fields"] | {PRICES: proposed["prices"]}
    boxes = {name: box for name, one in places.items() if (box := box_of(one))}
    found = zip(boxes, pictures(file, list(boxes.values())), strict=True)
    return {name: Picture(data) for name, data in found if data}


def carried(form: Mapping[str, str]) -> dict[str, Picture]:
    """Return the pictures that a form brings back; what is no PNG of ours is left out."""
    found = {
        name.removeprefix(PREFIX): _decoded(told)
        for name, told in form.items()
        if name.startswith(PREFIX)
    }
    return {name: Picture(data) for name, data in found.items() if data.startswith(PNG)}


def _decoded(told: str) -> bytes:
    if len(told) > LARGEST * 2:
        return b""
    try:
        return base64.b64decode(told, validate=True)
    except (ValueError, binascii.Error):
        return b""
