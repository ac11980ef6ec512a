"""Downloads: whoever wants the documents has them, and nobody knows who that was."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from monitor.record.act import Act
from monitor.record.action import Visibility, action
from monitor.record.identity import secret_id
from monitor.record.table import Recorded
from monitor.refusal import TooLate
from monitor.role import Role
from trading.notice.addendum import addenda
from trading.notice.document import issued_document
from trading.notice.participation import masked


class Download(Recorded):
    """Some pseudonym took the documents with so many addenda."""

    __tablename__ = "download"
    document: Mapped[UUID] = mapped_column(ForeignKey("tender_document.id"), index=True)
    mask: Mapped[str]
    addenda: Mapped[int]
    at: Mapped[datetime]


@action("document.download", by=(Role.TENDERER,), visibility=Visibility.SECRET)
def download(act: Act) -> list[bytes]:
    """Take the documents: return the digests of the file and of every addendum, in order.

    Registration on the platform is the only condition (电子招标投标办法 20).
    Raises NotFound, NotAllowed without a pseudonym, TooLate.
    """
    document, mask = issued_document(act), masked(act)
    if act.now > document.supply_until:
        raise TooLate("获取时间已过 / the time to obtain them is over", field="supply_until")
    added = addenda(act.session, document.project)
    row = Download(id=secret_id(), document=document.id, mask=mask, addenda=len(added), at=act.now)
    act.session.add(row)
    act.note(subject=str(row.id), addenda=len(added))
    return [document.digest, *(addendum.digest for addendum in added)]
