"""The book of jobs: which kind is done by what, and which kinds this platform can do.

What does a kind is imported when the first of it comes: what makes PDF is large.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from bidding.attachment import ATTACH
from bidding.hall.due import IDENTIFY, SHEET
from bidding.hall.failure.due import LOOK
from bidding.hall.unattended import SHOW
from monitor.runtime.folder import Kind
from monitor.runtime.settings import Settings
from trading.archive.filing import BAGS
from trading.award.letter import LETTERS
from trading.fee.due import PAYMENT
from trading.notice.message.message import MAIL
from trading.supervision.card.dossier import DOSSIER

if TYPE_CHECKING:
    from monitor.work.due import Job
    from webui.serve.work.job.bench import Bench

BOOK = {
    IDENTIFY: "name.identify",
    LOOK: "look.look",
    SHOW: "show.show",
    SHEET: "sheet.make",
    ATTACH: "attach.attach",
    LETTERS: "letter.make",
    BAGS: "archive.make",
    PAYMENT: "payment.pay",
    MAIL: "mail.send",
    DOSSIER: "dossier.make",
}
STAND_INS = frozenset({LETTERS, PAYMENT})
"""Done by the platform where seal and bank are a demo's stand-ins; else by people."""


def kinds(settings: Settings) -> frozenset[str]:
    """Return the kinds of jobs that this platform can do."""
    if settings.kind is Kind.DEMO:
        return frozenset(BOOK)
    without = STAND_INS if settings.smtp_url else STAND_INS | {MAIL}
    return frozenset(BOOK) - without


def sends_mail(settings: Settings) -> bool:
    """Tell whether mail leaves here: into a folder in a demo, else only by a server that is set."""
    return MAIL in kinds(settings)


def doer(kind: str) -> Callable[[Bench, Job], None]:
    """Return what does jobs of a kind; raises KeyError for one that the book does not hold."""
    module, _, name = BOOK[kind].partition(".")
    found = getattr(importlib.import_module(f"webui.serve.work.job.{module}"), name)
    return cast("Callable[[Bench, Job], None]", found)
