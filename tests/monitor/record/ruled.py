"""What disclosure.toml lets somebody see, judged body by body over all that a chain holds."""

import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.record.disclosure import Viewer, may_see
from monitor.record.moment import Reached
from monitor.record.table import Opening, Record


@dataclass(frozen=True)
class Chain:
    """All records of a chain, hidden ones too, in order of time; and the moments they brought."""

    bodies: list[dict[str, Any]]
    reached: Reached

    def shown_to(self, viewer: Viewer) -> list[UUID]:
        """The records that the rule lets this viewer see."""
        at = self.reached.at
        return [UUID(body["id"]) for body in self.bodies if may_see(body, viewer, at(body))]


def whole(session: Session, chain: UUID) -> Chain:
    """Read a chain as its table of bodies has it, and by no selection."""
    query = (
        select(Opening.body)
        .join(Record, Record.id == Opening.record_id)
        .where(Record.chain == chain)
        .order_by(Record.id)
    )
    bodies = [json.loads(body) for body in session.scalars(query)]
    return Chain(bodies, Reached.of(bodies))
