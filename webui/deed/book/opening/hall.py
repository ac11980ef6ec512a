"""Deeds of the opening 开标: the deadline written down, UNLOCK, REVEAL, and what stays shut."""

from __future__ import annotations

from typing import Any

from bidding.hall.close import close, fail
from bidding.hall.reveal import confirm_cause, reveal
from bidding.hall.unlock import unlock
from webui.deed.choice import Choice
from webui.deed.deed import Case, Deed
from webui.deed.field import Text
from webui.deed.fill import hall
from webui.deed.fill.choice import SECTION
from webui.deed.rows import Rows


def _sheet(case: Case, _: Any) -> str:
    """Go on to the run sheet of the opening."""
    return f"/desk/{case.project}/opening"


SHUT = (
    Text("bid", most=40, words="投标 / bid"),
    Text("why", required=False, most=300, words="原因 / why it stays shut"),
)
DEEDS = (
    Deed(close, (SECTION,), after=_sheet),
    Deed(fail, (SECTION,), after=_sheet),
    Deed(
        unlock,
        (
            SECTION,
            Rows(
                "shut",
                required=False,
                columns=SHUT,
                shown=0,
                start=hall.lacking,
                hint="hint.shut",
            ),
        ),
        hall.reasons,
        after=_sheet,
        brief=hall.told,
    ),
    Deed(reveal, (SECTION,), hall.results, after=_sheet),
    Deed(
        confirm_cause,
        (SECTION, Choice("bid", options=hall.shut, hint="hint.cause")),
        after=_sheet,
    ),
)
