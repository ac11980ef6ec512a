"""`/tasks`, 我的待办: what waits for whoever is signed in."""

from __future__ import annotations

from flask import Blueprint, render_template

from webui.page.view import source
from webui.page.wearer import require

pages = Blueprint("task", __name__)


@pages.get("/tasks")
def tasks() -> str:
    """Show what waits for me."""
    require()
    return render_template("office/tasks.html", now=source().now)
