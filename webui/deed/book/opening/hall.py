"""Deeds of the opening 开标: the deadline written down, UNLOCK, REVEAL, and what stays shut."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from bidding.hall.close import close, fail
from bidding.hall.failure.damage import ask
from bidding.hall.failure.undecrypted import Fault, confirm_cause
from bidding.hall.question import LONGEST, reply
from bidding.hall.reveal import reveal
from bidding.hall.sitting import end, extend, pause, resume
from bidding.hall.unlock import unlock
from webui.deed.choice import Choice
from webui.deed.deed import Case, Deed
from webui.deed.field import Long, Text, Whole
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
REASON = Long("reason", words="原因 / reason")
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
    Deed(pause, (SECTION, REASON), after=_sheet),
    Deed(resume, (SECTION, REASON), after=_sheet),
    Deed(
        extend,
        (SECTION, Whole("minutes", words="延长分钟数 / minutes more"), REASON),
        after=_sheet,
    ),
    Deed(ask, (SECTION,), hall.damaged, after=_sheet),
    Deed(
        reply,
        (
            SECTION,
            Choice("question", options=hall.questions_open, kind=UUID, words="提问 / question"),
            Long("text", words="答复 / answer", most=LONGEST),
        ),
        after=_sheet,
    ),
    Deed(end, (SECTION,), after=_sheet),
    Deed(reveal, (SECTION,), hall.results, after=_sheet),
    Deed(
        confirm_cause,
        (
            SECTION,
            Choice("bid", options=hall.shut, hint="hint.cause"),
            Choice("code", options=hall.faults, kind=Fault, words="原因归属 / whose fault"),
        ),
        after=_sheet,
    ),
)
