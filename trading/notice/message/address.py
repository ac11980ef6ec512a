"""Where mail goes: a person's own address, language, and whether they want the whole board.

Who wants mail about one tender would be known as its bidder; so one may want all notices or none.
"""

from __future__ import annotations

import re
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from monitor.record.act import Act
from monitor.record.action import Visibility, action
from monitor.record.identity import new_id
from monitor.record.table import Recorded
from monitor.refusal import Invalid
from monitor.role import Role

LANGUAGES = ("zh", "en")
FORM = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,187}[A-Za-z0-9])?"
)
"""RFC 5322 dot-atom, as browsers take it: no quotes, no blanks, so nothing of a header fits in."""
PEOPLE = tuple(role for role in Role if role not in {Role.SYSTEM, Role.ADMINISTRATOR})
"""Whoever has a part in trades: an administrator keeps accounts and is told of none."""


class Address(Recorded):
    """A person's address for mail."""

    __tablename__ = "address"
    __table_args__ = (
        UniqueConstraint("person"),
        CheckConstraint("length(email) BETWEEN 3 AND 254", name="email"),
        CheckConstraint("lang IN ('zh', 'en')", name="lang"),
    )
    person: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    email: Mapped[str]
    lang: Mapped[str]
    board: Mapped[bool]


@action("message.set_address", by=PEOPLE, visibility=Visibility.SECRET, standing=False)
def set_address(act: Act, *, email: str, lang: str = "zh", board: bool = False) -> None:
    """Set where one's own mail goes; an empty address ends it. Raises Invalid."""
    found = address_of(act.session, act.actor.person)
    if not email.strip():
        if found is not None:
            act.session.delete(found)
        return
    act.require(
        FORM.fullmatch(email.strip()),
        Invalid("email", "邮箱地址有误 / not a mail address", rule="RFC 5322"),
    )
    act.require(lang in LANGUAGES, Invalid("lang", "语言应为 zh 或 en / zh or en"))
    if found is None:
        found = Address(id=new_id(act.now), person=act.actor.person)
        act.session.add(found)
    found.email, found.lang, found.board = email.strip(), lang, board
    act.note(subject=str(found.id), board=board)


def address_of(session: Session, person: UUID) -> Address | None:
    """Return where a person's mail goes, if anywhere."""
    return session.scalar(select(Address).where(Address.person == person))
