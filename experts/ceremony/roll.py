"""The roll of a draw from a list: what its request brought, fixed before anything was drawn."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session

from monitor.record.table import Recorded


class DrawList(Recorded):
    """The lines of a list and the root that a header must name; `draw` is the name of its draw."""

    __tablename__ = "draw_list"
    __table_args__ = (
        UniqueConstraint("project", "draw"),
        CheckConstraint("octet_length(root) = 32", name="root"),
    )
    project: Mapped[UUID]
    draw: Mapped[str]
    entries: Mapped[list[Any]]
    strata: Mapped[list[Any]]
    """Name and seats of each stratum, which are numbered from 1."""
    root: Mapped[bytes]

    @property
    def stated(self) -> dict[str, Any]:
        """Return the register that the header must state."""
        return {"n": len(self.entries), "root": self.root.hex(), "snapshot": "list"}


def list_named(session: Session, project: UUID, draw: str) -> DrawList | None:
    """Return the list behind a draw by the name that its header gives it, or None."""
    here = (DrawList.project == project, DrawList.draw == draw)
    return session.scalar(select(DrawList).where(*here))
