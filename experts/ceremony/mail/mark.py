"""Marks: by which a machine tells that what it was told of a draw still stands."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from experts.ceremony.mail.request import DrawRequest
from experts.panel.invitation import answers_to
from experts.pool.expert import stamp
from monitor.record.table import Record


def marks(session: Session, requests: Sequence[DrawRequest], now: datetime) -> dict[UUID, str]:
    """Return for each request a short text that changes when it is to be read anew (hex).

    Whatever happens in a trade leaves a record in its chain; answers of experts, who are not told
    the trade, leave theirs outside. Time alone counts once a minute.
    """
    chains = {each.project for each in requests}
    newest = session.execute(
        select(Record.chain, Record.id)
        .where(Record.chain.in_(chains))
        .ext(distinct_on(Record.chain))
        .order_by(Record.chain, Record.id.desc())
    )
    last = {row.chain: str(row.id) for row in newest}
    minute = stamp(now) // 60
    return {
        each.id: _mark(
            each.id, last.get(each.project, ""), len(answers_to(session, each.id)), minute
        )
        for each in requests
    }


def _mark(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]
