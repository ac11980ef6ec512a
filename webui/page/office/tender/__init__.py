"""Pages of a tenderer: its bids, one trade from the bid key to the refund, its receipts."""

from __future__ import annotations

from flask import Blueprint

from webui.page.office.tender import bid, listing, paper, receipt

pages = Blueprint("tender", __name__)
for each in (listing.pages, bid.pages, paper.pages, receipt.pages):
    pages.register_blueprint(each)
