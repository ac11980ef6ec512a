"""`/act/<action>`: every deed by one form."""

from __future__ import annotations

from flask import Blueprint

from webui.page.office.act import act, kept

pages = Blueprint("form", __name__)
for each in (act.pages, kept.pages):
    pages.register_blueprint(each)
