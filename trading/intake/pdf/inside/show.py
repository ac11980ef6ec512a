"""Draw places of a page, each with what stands around it and a frame around the place itself."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from typing import Any

import pypdfium2
from PIL import Image, ImageDraw

WIDEST, TALLEST, SCALE = 1200, 480, 2.0
BESIDE, ABOVE = 110.0, 26.0
FRAME = (192, 57, 43)
LARGEST = 300_000


def show(document: pypdfium2.PdfDocument, places: Sequence[Sequence[float]]) -> list[str]:
    """Return each place as a PNG in base64; "" for one that is not on the page or does not fit."""
    return [_shown(document, int(number), box) for number, *box in places]


def _shown(document: pypdfium2.PdfDocument, number: int, box: Sequence[float]) -> str:
    try:
        page = document[number - 1]
    except (pypdfium2.PdfiumError, IndexError):
        return ""
    try:
        return _drawn(page, box)
    finally:
        page.close()


def _drawn(page: Any, box: Sequence[float]) -> str:
    width, height = page.get_size()
    left, top = max(0.0, box[0] - BESIDE), max(0.0, box[1] - ABOVE)
    right, bottom = min(width, box[2] + BESIDE), min(height, box[3] + ABOVE)
    if not (left < right and top < bottom):
        return ""
    scale = min(SCALE, WIDEST / (right - left), TALLEST / (bottom - top))
    crop = (left, height - bottom, width - right, top)
    image = page.render(scale=scale, crop=crop).to_pil().convert("RGB")
    _frame(image, [(box[0] - left) * scale, (box[1] - top) * scale,
                   (box[2] - left) * scale, (box[3] - top) * scale])  # fmt: skip
    return _encoded(image)


def _frame(image: Image.Image, corners: list[float]) -> None:
    left, top, right, bottom = corners
    drawn = (left - 3, top - 3, max(left, right) + 3, max(top, bottom) + 3)
    ImageDraw.Draw(image).rectangle(drawn, outline=FRAME, width=2)


def _encoded(image: Image.Image) -> str:
    out = io.BytesIO()
    image.quantize(16).save(out, "PNG", optimize=True)
    return base64.b64encode(out.getvalue()).decode() if out.tell() <= LARGEST else ""
