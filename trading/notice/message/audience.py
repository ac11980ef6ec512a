"""Audiences: the people behind each word of event.toml, for one act of one project."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from monitor.record.standing import Appointment, Standing
from monitor.role import Role
from trading.award.objection import Objection
from trading.fee.deposit import Deposit
from trading.fee.refund import Refund
from trading.notice.message.address import Address
from trading.notice.participation import Participant
from trading.registration.party import Organisation

OWNERS = (Role.TENDEREE, Role.AGENCY)
DEBTORS = {
    "owner": ("owner",),
    "agency": ("owner",),
    "centre": ("centre",),
    "supervisor": ("department",),
}


class Audience:
    """Who the words stand for in one project at one moment; each is asked for once."""

    def __init__(self, session: Session, project: UUID, now: datetime) -> None:
        self._session, self._project, self._now = session, project, now
        self._known: dict[str, frozenset[UUID]] = {}

    def of(self, words: Iterable[str], facts: dict[str, Any]) -> frozenset[UUID]:
        """Return the persons whom an act with these facts tells."""
        return frozenset[UUID]().union(*(self._persons(word, facts) for word in words))

    def _persons(self, word: str, facts: dict[str, Any]) -> frozenset[UUID]:
        if word in OF_FACTS:
            return OF_FACTS[word](self, facts)
        if word not in self._known:
            self._known[word] = OF_PROJECT[word](self)
        return self._known[word]

    def _appointed(self, roles: tuple[Role, ...], *where: ColumnElement[bool]) -> frozenset[UUID]:
        query = (
            select(Appointment.person)
            .where(Appointment.role.in_([role.value for role in roles]), *where)
            .where(Appointment.since <= self._now)
            .where((Appointment.until.is_(None)) | (Appointment.until > self._now))
        )
        return frozenset(self._session.scalars(query))

    def _standing(self, *roles: Role) -> frozenset[UUID]:
        orgs = select(Standing.org).where(
            Standing.project == self._project, Standing.role.in_([role.value for role in roles])
        )
        return self._appointed(roles, Appointment.org.in_(orgs))

    def _board(self) -> frozenset[UUID]:
        return frozenset(self._session.scalars(select(Address.person).where(Address.board)))

    def _bidders(self, *where: ColumnElement[bool]) -> frozenset[UUID]:
        codes = select(Participant.uscc).where(Participant.project == self._project, *where)
        orgs = select(Organisation.id).where(Organisation.uscc.in_(codes))
        return self._appointed((Role.TENDERER,), Appointment.org.in_(orgs))

    def _winner(self, facts: dict[str, Any]) -> frozenset[UUID]:
        return self._bidders(Participant.uscc == str(facts.get("uscc", "")))

    def _author(self, facts: dict[str, Any]) -> frozenset[UUID]:
        named = _uuid(facts.get("objection"))
        org = self._session.scalar(select(Objection.org).where(Objection.id == named))
        return self._appointed((Role.TENDERER,), Appointment.org == org) if org else frozenset()

    def _depositor(self, facts: dict[str, Any]) -> frozenset[UUID]:
        masks: Select[str] = (
            select(Deposit.mask)
            .join(Refund, Refund.deposit == Deposit.id)
            .where(Deposit.id == _uuid(facts.get("deposit")), ~Refund.early)
        )
        return self._bidders(Participant.mask.in_(masks))

    def _addressee(self, facts: dict[str, Any]) -> frozenset[UUID]:
        org, role = _uuid(facts.get("addressee")), facts.get("addressee_role")
        if org is None or role not in {each.value for each in Role}:
            return frozenset()
        return self._appointed((Role(role),), Appointment.org == org)

    def _debtor(self, facts: dict[str, Any]) -> frozenset[UUID]:
        words = DEBTORS.get(str(facts.get("who")), ())
        if str(facts.get("owed", "")).startswith("deposit:"):
            words = (*words, "finance")
        return self.of(words, facts)


OF_PROJECT: dict[str, Callable[[Audience], frozenset[UUID]]] = {
    "owner": lambda here: here._standing(*OWNERS),
    "centre": lambda here: here._appointed((Role.CENTRE,)),
    "finance": lambda here: here._appointed((Role.FINANCE,)),
    "department": lambda here: here._standing(Role.DEPARTMENT),
    "discipline": lambda here: here._appointed((Role.DISCIPLINE,)),
    "trustees": lambda here: here._standing(Role.TRUSTEE),
    "board": lambda here: here._board(),
    "bidders": lambda here: here._bidders(),
}
OF_FACTS: dict[str, Callable[[Audience, dict[str, Any]], frozenset[UUID]]] = {
    "winner": Audience._winner,
    "author": Audience._author,
    "depositor": Audience._depositor,
    "debtor": Audience._debtor,
    "addressee": Audience._addressee,
}


def _uuid(text: object) -> UUID | None:
    try:
        return UUID(str(text))
    except ValueError:
        return None
