"""The trade desk 工作台: whose trades they are, one trade's steps, its opening, the guide."""

from __future__ import annotations

from flask import Blueprint

from webui.page.office.desk import attached, guide, hall, listing, paper

pages = Blueprint("desk", __name__)
for each in (listing.pages, hall.pages, paper.pages, attached.pages, guide.pages):
    pages.register_blueprint(each)
