"""The book of jobs: which kind is done by what, and which kinds this platform can do."""

from __future__ import annotations

from collections.abc import Callable

from bidding.hall.due import IDENTIFY, SHEET
from monitor.runtime.folder import Kind
from monitor.runtime.settings import Settings
from monitor.work.due import Job
from trading.archive.filing import BAGS
from trading.award.letter import LETTERS
from trading.fee.due import PAYMENT
from trading.notice.message.message import MAIL
from webui.serve.job import archive, letter, mail, name, payment, sheet
from webui.serve.job.bench import Bench

JOBS: dict[str, Callable[[Bench, Job], None]] = {
    IDENTIFY: name.identify,
    SHEET: sheet.make,
    LETTERS: letter.make,
    BAGS: archive.make,
    PAYMENT: payment.pay,
    MAIL: mail.send,
}
STAND_INS = frozenset({LETTERS, PAYMENT})
"""Done by the platform where seal and bank are a demo's stand-ins; else by people."""


def kinds(settings: Settings) -> frozenset[str]:
    """Return the kinds of jobs that this platform can do."""
    if settings.kind is Kind.DEMO:
        return frozenset(JOBS)
    without = STAND_INS if settings.smtp_url else STAND_INS | {MAIL}
    return frozenset(JOBS) - without
