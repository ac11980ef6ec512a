"""The book of deeds, a file or a folder a service; the `DEEDS` of each is read."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from webui.deed.deed import Deed


@cache
def deeds() -> dict[str, Deed]:
    """Return every deed by its action's name; raises ValueError for two of one action."""
    found: dict[str, Deed] = {}
    for each in pkgutil.iter_modules(__path__, f"{__name__}."):
        for deed in importlib.import_module(each.name).DEEDS:
            if found.setdefault(deed.name, deed) is not deed:
                raise ValueError(f"{deed.name}: two deeds of one action")
    return found
