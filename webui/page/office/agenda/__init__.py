"""What waits and what was told: one's tasks and messages, and the platform's own work."""

from __future__ import annotations

from flask import Blueprint

from webui.page.office.agenda import message, task, work

pages = Blueprint("agenda", __name__)
for each in (task.pages, message.pages, work.pages):
    pages.register_blueprint(each)
