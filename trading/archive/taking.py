"""Taking the archive's bag in custody out: on record before it is handed over.

It holds what no page shows: names that stayed secret, keys of bids, what the public bag leaves out.
"""

from __future__ import annotations

from uuid import UUID

from monitor.record.act import Act
from monitor.record.action import Visibility, action
from monitor.refusal import NotFound
from monitor.role import Role
from trading.paper.keeping import BAG, Paper
from trading.registration.project import found_project

CUSTODY = "archive"
"""What the name of a bag in custody begins with."""


def is_custody(paper: Paper) -> bool:
    """Tell whether a kept paper is a bag in custody."""
    return paper.kind == BAG and paper.name.startswith(CUSTODY)


@action("archive.take", by=(Role.CENTRE,), visibility=Visibility.SECRET)
def take(act: Act, *, paper: UUID) -> UUID:
    """Take a bag in custody out, to be handed over; return its id. Raises NotFound."""
    project = found_project(act.session, act.project).id
    row = act.session.get(Paper, paper)
    if row is None or row.project != project or not is_custody(row):
        raise NotFound("没有此归档包 / no such bag", field="paper")
    act.note(subject=str(row.id), name=row.name, sha256=row.digest.hex())
    return row.id
