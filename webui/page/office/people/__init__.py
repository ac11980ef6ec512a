"""Organisations and people, for the administrator: who is who, and how somebody comes in."""

from __future__ import annotations

from flask import Blueprint

from webui.page.office.people import colleague, invitation, listing

pages = Blueprint("people", __name__)
for each in (listing.pages, invitation.pages, colleague.pages):
    pages.register_blueprint(each)
