"""Job `payment`: have the bank pay a refund, once an instruction, and write down that it did."""

from __future__ import annotations

from uuid import UUID

from monitor.role import SYSTEM
from monitor.work.due import Job
from trading.fee.refund import confirm_refund, instructed
from webui.serve.work.job.bench import Bench
from webui.serve.work.job.name import trade


class NoBank(LookupError):
    """There is no bank to pay by."""


def pay(bench: Bench, job: Job) -> None:
    """Have a refund paid back where its transfer came from; raises NoBank, BankKeyReused."""
    refund = UUID(job.key)
    with bench.platform.read() as session:
        order = instructed(session, refund)
    if order is None:
        return
    if bench.bank is None:
        raise NoBank
    reference = bench.bank.send_back(order.key, order.origin, order.fen)
    bench.platform.perform(confirm_refund, SYSTEM, trade(job), refund=refund, reference=reference)
