"""Fields of what supervision sends to somebody: to whom, and by when they answer."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time

from monitor.law.workday import SHANGHAI, load, local_date
from monitor.refusal import Invalid
from monitor.role import Role
from trading.supervision.addressee import addressees
from webui.deed.choice import Choice
from webui.deed.deed import Case, Values
from webui.deed.field import Ident, Moment
from webui.page.language import text

DAYS, ENDS = 3, time(17)
"""Working days, and the hour, that an answer is first proposed to be due in."""


def answer_due(now: datetime) -> datetime:
    """Return when an answer is first proposed to be due."""
    counted = load().add_working_days(local_date(now), DAYS)
    return datetime.combine(counted.day, ENDS, SHANGHAI)


def addressed(_case: Case, values: Values) -> Values:
    """Return the values with the addressee and its role instead of what was chosen."""
    org, _, role = str(values.pop("to")).partition(":")
    try:
        told = Role(role)
    except ValueError:
        raise Invalid("to", "请从列表中选择 / choose from the list") from None
    return {**values, "addressee": Ident("to").value(org), "role": told}


def _addressees(case: Case) -> Iterable[tuple[str, str]]:
    with case.source.platform.read() as session:
        found = addressees(session, case.id)
    return [
        (f"{org}:{role.value}", name + text("part.brackets", words=text(f"role.{role.value}")))
        for org, name, role in found
    ]


ADDRESSEE = Choice("to", options=_addressees, words="被督办单位 / Addressee")
LIMIT = Moment("limit", start=lambda case: answer_due(case.now), words="答复期限 / Answer due")
