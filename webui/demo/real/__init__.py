"""A plan from real input: a published notice, real bidders and prices, and every gap reported."""

from webui.demo.real.file import RealInputInvalid, plan_from_files
from webui.demo.real.subject import NotTender, plan_from

__all__ = ["NotTender", "RealInputInvalid", "plan_from", "plan_from_files"]
