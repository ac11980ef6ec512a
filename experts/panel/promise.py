"""Promises: each member declares to have no tie with a bidder and to keep secret what is judged.

The declaration (回避与保密承诺) is signed by the seat's secret, once the bidders are known and
before the first sheet. Who cannot make it steps back instead.
"""

from __future__ import annotations

import hashlib
import tomllib
from datetime import datetime
from functools import cache
from pathlib import Path
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from experts.panel.attendance import own_seat
from monitor.record.act import Act
from monitor.record.action import Visibility, action
from monitor.record.identity import secret_id
from monitor.record.table import Recorded
from monitor.refusal import Conflict, Invalid, WrongStage
from monitor.role import Role
from trading.notice.moment import required_project

BASIS = "招标投标法 37、44"


class Promise(Recorded):
    """A seat's promise: the SHA-256 of the words, and when."""

    __tablename__ = "promise"
    __table_args__ = (
        UniqueConstraint("section", "mask"),
        CheckConstraint("octet_length(statement) = 32", name="statement"),
    )
    project: Mapped[UUID] = mapped_column(ForeignKey("project.id"), index=True)
    section: Mapped[UUID]
    mask: Mapped[str]
    statement: Mapped[bytes]
    promised_at: Mapped[datetime]


@action("panel.promise", by=(Role.EXPERT, Role.TENDEREE), visibility=Visibility.SECRET)
def promise(act: Act, *, section: UUID, statement: bytes, secret: bytes) -> UUID:
    """Promise in the words whose digest is given, as the member of one's own seat; return the id.

    Raises NotAllowed for another's seat, Invalid for other words, Conflict the second time.
    """
    seat = own_seat(act, section, secret)
    act.require(
        statement == statement_digest(),
        Invalid("statement", "承诺书文本有变，请重新阅读 / other words: read them again"),
    )
    act.on_conflict("promise_section_mask_key", lambda _: Conflict("已签署 / promised already"))
    made = Promise(
        id=secret_id(), project=required_project(act.project), section=section, mask=seat.mask,
        statement=statement, promised_at=act.now,
    )  # fmt: skip
    act.session.add(made)
    act.note(subject=seat.mask, section=str(section), statement=statement.hex())
    return made.id


@cache
def statement() -> dict[str, str]:
    """Return the words to promise, by language; the Chinese ones bind."""
    path = Path(__file__).with_name("statement.toml")
    return {lang: text.strip() for lang, text in tomllib.loads(path.read_text("utf-8")).items()}


def statement_digest() -> bytes:
    """Return the SHA-256 of the words that bind."""
    return hashlib.sha256(statement()["zh"].encode()).digest()


def promised(session: Session, section: UUID, mask: str) -> bool:
    """Tell whether the seat's member has promised."""
    query = select(Promise.id).where(Promise.section == section, Promise.mask == mask)
    return session.scalar(query) is not None


def require_promised(act: Act, section: UUID, mask: str) -> None:
    """Refuse to let anybody judge who has not promised; raises WrongStage."""
    act.require(
        promised(act.session, section, mask),
        WrongStage(
            "请先签署回避与保密承诺 / promise avoidance and secrecy first",
            rule=BASIS, field="statement",
        ),
    )  # fmt: skip
