"""Holders of a trade's keys 密钥持有人: the bodies of its set as what they are, and their heirs.

A roster's kinds are the word of whoever drew it up: here they are held against what the bodies are.
A successor in one trade knows the key of its seat in every trade with the same set.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Mapped, Session, mapped_column

from monitor.record.standing import Appointment, Standing
from monitor.record.table import Recorded
from monitor.refusal import Invalid
from monitor.role import Role
from trading.notice.dealt_key import ALONE
from trading.notice.quorum import COALITION, RULE, Quorum, check_holders
from trading.registration.party import Organisation

Holder = tuple[int, str, str]
"""Seat, kind, body: as `check_holders` takes them."""
_CENTRES = (Role.CENTRE.value, Role.FINANCE.value, Role.ADMINISTRATOR.value)


class KeyHeir(Recorded):
    """A body that was confirmed to follow in a seat of a set, in whatever trade, and stays so."""

    __tablename__ = "key_heir"
    roster: Mapped[str] = mapped_column(index=True)
    seat: Mapped[int]
    kind: Mapped[str]
    authority: Mapped[str]


def insiders(session: Session, project: UUID) -> dict[str, str]:
    """Return the bodies that may not meet a quorum together, by code: each with what it is."""
    stands = select(Standing.org).where(Standing.project == project)
    bodies = {
        "centre": select(Appointment.org).where(Appointment.role.in_(_CENTRES)),
        "agency": stands.where(Standing.role == Role.AGENCY.value),
        "tenderee": stands.where(Standing.role == Role.TENDEREE.value),
    }
    return {
        uscc: kind
        for kind, found in bodies.items()
        for uscc in session.scalars(select(Organisation.uscc).where(Organisation.id.in_(found)))
    }


def holders(session: Session, project: UUID, roster: str, seats: Iterable[Holder]) -> list[Holder]:
    """Return whoever ever could know a key of a set, as this trade sees it.

    roster: the set's digest; seats: as it names them. A set's keys are the same in all its trades,
    so two of them may not be asked at the same time.
    """
    session.execute(ALONE)
    inside = insiders(session, project)
    heirs = session.scalars(select(KeyHeir).where(KeyHeir.roster == roster))
    later = ((row.seat, inside.get(row.authority, row.kind), row.authority) for row in heirs)
    return [*seats, *later]


def require_quorum(session: Session, project: UUID, quorum: Quorum) -> None:
    """Refuse a set by which one body or the insiders could open bids; raises Invalid.

    So too where one of them is named for what it is not, or followed in a seat in another trade.
    """
    inside = insiders(session, project)
    for number, kind, body in quorum.holders:
        if body in inside and kind not in COALITION:
            raise Invalid(
                "trustees",
                f"第{number}席是本项目的招标人、代理机构或中心，须以其本来身份列入 / "
                f"seat {number} is tenderee, agency or centre here: it must be named as that",
                rule=RULE,
            )
    check_holders(quorum.threshold, holders(session, project, quorum.digest, quorum.holders))
