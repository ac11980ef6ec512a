"""Pages of people who are signed in, a noun each; whatever here has `pages` is served."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from flask import Blueprint


@cache
def blueprints() -> tuple[Blueprint, ...]:
    """Return the blueprints of all files and folders here."""
    modules = [
        importlib.import_module(each.name)
        for each in pkgutil.iter_modules(__path__, f"{__name__}.")
    ]
    return tuple(module.pages for module in modules if hasattr(module, "pages"))
