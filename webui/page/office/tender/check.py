"""What a tenderer makes sure of before it seals: each check with its rule and how it stands.

Price, files and space are checked where they are, on the tenderer's own machine; of them the server
knows nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from bidding.hall.bidder import GUARANTEE, OwnDeposit
from trading.money import format_yuan
from webui.page.office.tender.stand import Stand
from webui.page.show import moment


class State(StrEnum):
    """How a check stands; `here` is made on the tenderer's own machine."""

    OK = "ok"
    WARN = "warn"
    STOP = "stop"
    HERE = "here"


READ, DEPOSIT = "招标投标法 23", "招标投标法实施条例 26"
ON_ONES_OWN = (
    ("price", "评标委员会和评标方法暂行规定 19"),
    ("files", "招标投标法 27"),
    ("size", "batong-bid/1"),
    ("certificate", "电子签名法 21"),
)


@dataclass(frozen=True, slots=True)
class Check:
    """One check; `say` names its words, `values` fill them."""

    name: str
    state: State
    say: str
    rule: str
    values: dict[str, Any] = field(default_factory=dict)


def checks(stand: Stand, read: datetime | None) -> list[Check]:
    """Return the checks in their order; nothing before the documents are out and joined."""
    if stand.terms is None or stand.own is None or not stand.own.joined:
        return []
    own = [Check(name, State.HERE, name, rule) for name, rule in ON_ONES_OWN]
    return [_documents(stand), _read(stand, read), *_deposit(stand), *own]


def _documents(stand: Stand) -> Check:
    if stand.own is None or stand.own.obtained is None:
        return Check("documents", State.STOP, "documents_none", READ)
    if stand.missing_addenda:
        missing = {"count": stand.missing_addenda}
        return Check("documents", State.STOP, "documents_old", READ, missing)
    count = {"count": stand.own.obtained}
    return Check("documents", State.OK, "documents_ok", READ, count)


def _read(stand: Stand, read: datetime | None) -> Check:
    told = {"notice": stand.terms.notice[:16] if stand.terms else ""}
    if read is None:
        return Check("read", State.WARN, "read_not", READ, told)
    return Check("read", State.OK, "read_ok", READ, {**told, "at": moment(read)})


def _deposit(stand: Stand) -> Iterator[Check]:
    due, found = stand.section.deposit_fen, stand.own.deposit if stand.own else None
    if not due or stand.terms is None:
        return
    say, state = "deposit_none", State.WARN
    if found is not None:
        say, state = security(found, due, stand.terms.valid_until)
    values = {"due": format_yuan(due), "until": moment(stand.terms.valid_until)}
    yield Check("deposit", state, say, DEPOSIT, values)


def security(found: OwnDeposit, due: int, until: datetime) -> tuple[str, State]:
    """Return how a deposit or guarantee stands; `due` in fen, `until` when the bid ends to bind."""
    if found.kind == GUARANTEE and found.at is not None and found.at < until:
        return "deposit_ends", State.STOP
    if not found.counts:
        return "deposit_waits", State.WARN
    if (found.amount_fen or 0) < due:
        return "deposit_short", State.WARN
    return ("guarantee_ok" if found.kind == GUARANTEE else "deposit_ok"), State.OK
