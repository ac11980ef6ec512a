"""`/paper` 纸质公告: drop a PDF, compare each proposed field with its place, go on to a form."""

from webui.page.office.paper.desk import pages

__all__ = ["pages"]
