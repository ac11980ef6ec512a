"""Applications: whoever wants to serve asks for it, and one person of the centre decides.

What tells who it is comes sealed to those who keep the names (`pool.name_keepers`); whoever asked
has a number, and by that alone learns how it stands.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, select, text
from sqlalchemy.orm import Mapped, Session

from experts.pool.candidacy import Candidacy, fault_of
from experts.pool.expert import Expert, proposed
from monitor.record.act import Act
from monitor.record.action import Visibility, action
from monitor.record.identity import new_id
from monitor.record.table import Recorded
from monitor.refusal import Conflict, Invalid, NotFound
from monitor.role import NOBODY, Role

SIGNS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
MOST_WAITING = 2_000
"""Applications that wait at once: more is nobody's to read, and a flood."""
_NUMBER = re.compile(f"S[{SIGNS}]{{11}}")
_RECIPIENT = re.compile(r"age1[02-9ac-hj-np-z]{58}")


class PoolKeeper(Recorded):
    """To whom the names of the pool are sealed; `until` is None while it holds."""

    __tablename__ = "pool_keeper"
    __table_args__ = (
        CheckConstraint("until >= since", name="until"),
        Index("pool_keeper_now_key", "until", unique=True, postgresql_nulls_not_distinct=True,
              postgresql_where=text("until IS NULL")),
    )  # fmt: skip
    recipient: Mapped[str]
    since: Mapped[datetime]
    until: Mapped[datetime | None]


@dataclass(frozen=True, slots=True)
class Standing:
    """How an application stands: proposed, active or declined, and why it was declined."""

    uid: str
    state: str
    reason: str


@action("pool.name_keepers", by=(Role.ADMINISTRATOR,), standing=False)
def name_keepers(act: Act, *, recipient: str) -> UUID:
    """Name the public key (age) of those who keep the pool's names; the one before it ends.

    Raises Invalid for what is no such key.
    """
    act.require(
        _RECIPIENT.fullmatch(recipient),
        Invalid("recipient", "应为 age1 开头的公钥 / a public key as age1…", rule="age"),
    )
    before = act.session.scalar(select(PoolKeeper).where(PoolKeeper.until.is_(None)))
    if before is not None:
        before.until = act.now
        act.session.flush()
    made = PoolKeeper(id=new_id(act.now), recipient=recipient, since=act.now, until=None)
    act.session.add(made)
    act.note(subject=str(made.id), recipient=recipient)
    return made.id


def keepers(session: Session) -> str:
    """Return to whom names are sealed; raises NotFound where nobody was named."""
    found = session.scalar(select(PoolKeeper.recipient).where(PoolKeeper.until.is_(None)))
    if found is None:
        raise NotFound(
            "尚未登记姓名保管人公钥 / nobody keeps the names yet", rule="pool.name_keepers"
        )
    return found


@action("expert.apply", by=(Role.SYSTEM,), visibility=Visibility.SECRET)
def apply(act: Act, *, candidacy: Candidacy) -> str:
    """Write down that somebody asks to be taken into the pool; return the number to ask by.

    Raises Invalid naming the field, Conflict while too many wait.
    """
    asked = replace(candidacy, uid="S" + "".join(secrets.choice(SIGNS) for _ in range(11)))
    fault = fault_of(asked, act.now.year)
    if fault is not None:
        raise fault
    waiting = act.session.scalars(
        select(Expert.id).where(Expert.state == "proposed").limit(MOST_WAITING)
    )
    act.require(
        len(waiting.all()) < MOST_WAITING,
        Conflict("待审申请过多，请稍后再试 / too many wait, come again later"),
    )
    row = proposed(act, asked)
    act.session.add(row)
    act.note(subject=str(row.id), main_specialty=row.main_specialty)
    return row.uid


def standing_of(session: Session, uid: str) -> Standing | None:
    """Return how an application stands; None for a number that nobody was given by applying."""
    if not _NUMBER.fullmatch(uid):
        return None
    row = session.scalar(select(Expert).where(Expert.uid == uid, Expert.proposed_by == NOBODY))
    return None if row is None else Standing(row.uid, row.state, row.refusal or "")
