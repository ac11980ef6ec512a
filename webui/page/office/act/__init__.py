"""`/act/<action>`: every deed by one form."""

from webui.page.office.act.act import pages

__all__ = ["pages"]
