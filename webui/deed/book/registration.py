"""Deeds of registration 交易受理登记."""

from __future__ import annotations

from trading.registration.intake import accept
from webui.deed.deed import Deed

DEEDS = (Deed(accept),)
