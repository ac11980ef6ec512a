"""Deeds of an opening 开标: what the hall does, and what trustees answer."""

from __future__ import annotations

from webui.deed.book.opening import hall, succession, trustee

DEEDS = (*hall.DEEDS, *trustee.DEEDS, *succession.DEEDS)
